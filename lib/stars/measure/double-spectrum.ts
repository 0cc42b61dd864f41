import type { Plane } from '../../image/planes.js';
import type { Scope } from '../../runtime/scope.js';
import { breathe } from './breathe.js';
import { planImage } from './plan-image.js';

/** Width in pixels of the high-pass that takes off the noise's peak (kernel-estimation 3.3). */
const NOISE_WIDTH = 2;
/** Of the brightest lag: what is below is left out. */
const BRIGHT = 0.3;
/** Lags beyond the longest trail that belong to the picture of it. */
const AHEAD = 1.3;
const MARGIN = 8;

/** What the double spectrum says of a trail's direction. */
export interface SpectrumAngle {
  /** Anticlockwise, from -pi/2 to pi/2. */
  readonly angleRad: number;
  /** Shorter over longer axis of the bright lags, 0 to 1: 1 tells no direction. */
  readonly roundness: number;
}

/**
 * Direction of trails by the principal axis of the bright lags in the spectrum of the spectrum's magnitude
 * (kernel-estimation 3, 'paper' mode, lags weighted); null where no lag is bright. @param longestPx trail
 */
export async function measureSpectrumAngle(
  plane: Plane,
  longestPx: number,
  scope: Scope,
): Promise<SpectrumAngle | null> {
  const reach = Math.min(Math.ceil(AHEAD * longestPx + MARGIN), (Math.min(plane.width, plane.height) >> 1) - 1);
  const lags = await brightLags(plane, reach, scope);
  const side = 2 * reach + 1;
  const kept = connectedToCentre(lags, side, BRIGHT * lags.reduce((most, value) => Math.max(most, value), 0));
  let [xx, yy, xy, sum] = [0, 0, 0, 0];
  for (const index of kept) {
    const [dx, dy, weight] = [(index % side) - reach, Math.floor(index / side) - reach, lags[index]!];
    xx += weight * dx * dx;
    yy += weight * dy * dy;
    xy -= weight * dx * dy;
    sum += weight;
  }
  if (!(sum > 0)) return null;
  const spread = Math.hypot(xx - yy, 2 * xy);
  return {
    angleRad: 0.5 * Math.atan2(2 * xy, xx - yy),
    roundness: Math.sqrt(Math.max(0, xx + yy - spread) / (xx + yy + spread)),
  };
}

/** The double spectrum around lag 0, high-passed, in a square of side 2 reach + 1. */
async function brightLags({ width, height, data }: Plane, reach: number, scope: Scope): Promise<Float64Array> {
  using plan = await planImage(scope, height, width);
  const { bins } = plan;
  const { re, im } = await plan.forward(data);
  const magnitude = new Float32Array(width * height);
  let sum = 0;
  for (let row = 0; row < height; row += 1) {
    await breathe(row, width, scope);
    for (let column = 0; column < width; column += 1) {
      // A real plane's spectrum is the same at opposite frequencies.
      const bin = column < bins ? row * bins + column : ((height - row) % height) * bins + width - column;
      const value = Math.hypot(re[bin]!, im[bin]!);
      magnitude[row * width + column] = value;
      sum += value;
    }
  }
  const mean = sum / magnitude.length;
  for (let index = 0; index < magnitude.length; index += 1) magnitude[index]! -= mean;
  const twice = await plan.forward(magnitude, { re, im });
  const side = 2 * reach + 1;
  return Float64Array.from({ length: side * side }, (_, index) => {
    const [dx, dy] = [(index % side) - reach, Math.floor(index / side) - reach];
    const [x, y] = dx < 0 ? [-dx, -dy] : [dx, dy];
    const bin = ((y + height) % height) * bins + x;
    const highPass = 1 - Math.exp(-(dx * dx + dy * dy) / (2 * NOISE_WIDTH ** 2));
    return Math.hypot(twice.re[bin]!, twice.im[bin]!) * highPass;
  });
}

/**
 * Lags above a limit that are connected, by eight neighbours, with the disk of twice the noise's width around lag 0.
 */
function connectedToCentre(lags: Float64Array, side: number, limit: number): number[] {
  const reach = side >> 1;
  const seen = new Uint8Array(lags.length);
  const kept: number[] = [];
  const visit = (x: number, y: number): void => {
    const index = y * side + x;
    if (x < 0 || y < 0 || x >= side || y >= side || seen[index] === 1 || !(lags[index]! > limit)) return;
    seen[index] = 1;
    kept.push(index);
  };
  for (let y = -2 * NOISE_WIDTH; y <= 2 * NOISE_WIDTH; y += 1) {
    for (let x = -2 * NOISE_WIDTH; x <= 2 * NOISE_WIDTH; x += 1)
      if (Math.hypot(x, y) <= 2 * NOISE_WIDTH) visit(reach + x, reach + y);
  }
  for (let next = 0; next < kept.length; next += 1) {
    const [x, y] = [kept[next]! % side, Math.floor(kept[next]! / side)];
    for (let turn = 0; turn < 9; turn += 1) visit(x + (turn % 3) - 1, y + Math.floor(turn / 3) - 1);
  }
  return kept;
}
