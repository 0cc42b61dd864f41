import { fft } from '../../../lib/index.js';
import type { FftOptions } from '../../../lib/index.js';
import { erf } from '../../../lib/math/erf.js';
import { fitLeastSquares } from './least-squares.js';
import type { StarPlane } from '../../../lib/stars/measure/plane.js';
import type { StreakShape } from '../../../lib/stars/simulate/streak.js';

/** Lags across the motion, and beyond its length, that the model is fitted to (kernel-estimation 5). */
const ACROSS = 6;
const AHEAD = 1.3;
const MARGIN = 8;

/** Autocorrelation of stars: the mean over windows, for lags up to half their side. */
export interface Autocorrelation {
  readonly side: number;
  /** Row by row, lag (0, 0) first, negative lags from the end. */
  readonly data: Float32Array;
}

/** Whether a pixel (dx, dy) from the middle of a window counts. */
export type WindowMask = (dx: number, dy: number) => boolean;

/** Sums the autocorrelations of square windows, each normalised so that bright stars do not drown the others. */
export async function correlateWindows(
  plane: StarPlane,
  centres: readonly { readonly x: number; readonly y: number }[],
  side: number,
  mask: WindowMask,
  options: FftOptions,
): Promise<Autocorrelation> {
  using plan = await fft.plan({ rows: 2 * side, columns: 2 * side, ...options });
  const padded = new Float32Array(4 * side * side);
  const power = { re: new Float32Array(2 * side * plan.bins), im: new Float32Array(2 * side * plan.bins) };
  for (const centre of centres) {
    const energy = cutWindow(plane, centre, side, mask, padded);
    if (!(energy > 0)) continue;
    const { re, im } = await plan.forward(padded);
    const weight = 1 / Math.sqrt(energy);
    for (let bin = 0; bin < re.length; bin += 1) power.re[bin]! += weight * (re[bin]! * re[bin]! + im[bin]! * im[bin]!);
  }
  return { side: 2 * side, data: await plan.inverse(power) };
}

/** A window with zeros around it, so that lags do not wrap; returns its energy. */
function cutWindow(
  { width, height, data }: StarPlane,
  centre: { readonly x: number; readonly y: number },
  side: number,
  mask: WindowMask,
  out: Float32Array,
): number {
  out.fill(0);
  const [left, top] = [Math.round(centre.x) - (side >> 1), Math.round(centre.y) - (side >> 1)];
  let energy = 0;
  for (let row = Math.max(0, -top); row < Math.min(side, height - top); row += 1) {
    for (let column = Math.max(0, -left); column < Math.min(side, width - left); column += 1) {
      if (!mask(column + left - centre.x, row + top - centre.y)) continue;
      const value = data[(row + top) * width + column + left]!;
      out[row * 2 * side + column] = value;
      energy += value * value;
    }
  }
  return energy;
}

/** What the autocorrelation says of a trail. */
export interface MotionFit extends StreakShape {
  /** Root mean square misfit over that of the best model without motion; 1: no trail is seen. */
  readonly misfit: number;
  readonly lengthSigma: number;
  readonly angleSigma: number;
}

function lagOf(side: number, data: Float32Array, dx: number, dy: number): number {
  return data[((dy + side) % side) * side + ((dx + side) % side)]!;
}

/** From an angle and a length, for the lags that a trail of this length has. */
export async function fitFrom(
  { side, data }: Autocorrelation,
  angle: number,
  start: number,
  longest: number,
): Promise<MotionFit> {
  const ahead = Math.min(side / 2 - 1, Math.ceil(AHEAD * start + MARGIN));
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const lags: (readonly [number, number, number])[] = [];
  let scale = 0;
  for (let dy = -ahead; dy <= ahead; dy += 1) {
    for (let dx = -ahead; dx <= ahead; dx += 1) {
      if ((dx === 0 && dy === 0) || dy < 0 || (dy === 0 && dx < 0)) continue;
      if (Math.abs(dx * sin + dy * cos) >= ACROSS || Math.abs(dx * cos - dy * sin) >= ahead) continue;
      const value = lagOf(side, data, dx, dy);
      scale = Math.max(scale, Math.abs(value));
      lags.push([dx, dy, value]);
    }
  }
  const target = Float64Array.from(lags, ([, , value]) => value / scale);
  const model = ([theta, length, logVariance, amplitude, level]: Float64Array, out: Float64Array): void => {
    const [c, s, variance] = [Math.cos(theta!), Math.sin(theta!), Math.exp(logVariance!)];
    lags.forEach(([dx, dy], index) => {
      const [p, q] = [dx * c - dy * s, dx * s + dy * c];
      out[index] =
        amplitude! * triangle(p, Math.abs(length!), Math.sqrt(variance)) * Math.exp(-(q * q) / (2 * variance)) +
        level! -
        target[index]!;
    });
  };
  const { values, rms, covariance } = await fitLeastSquares(model, [angle, start, Math.log(3), 1, 0], lags.length);
  const spread = Math.sqrt(target.reduce((sum, value) => sum + value * value, 0) / target.length);
  const [theta, length, logVariance] = values as unknown as [number, number, number];
  const isSane = Math.abs(length) <= 1.5 * longest && rms < Infinity;
  return {
    lengthPx: Math.abs(length),
    angleRad: theta,
    sigmaPx: Math.sqrt(Math.exp(logVariance) / 2),
    misfit: isSane ? rms / spread : Infinity,
    lengthSigma: Math.sqrt(covariance[1] ?? Infinity),
    angleSigma: Math.sqrt(covariance[0] ?? Infinity),
  };
}

/** A triangle of half-width L convolved with a Gaussian, 1 at the top for a long L. */
function triangle(p: number, length: number, sigma: number): number {
  if (length < 1e-2 * sigma) return Math.exp(-(p * p) / (2 * sigma * sigma));
  const rise = (z: number): number =>
    z * 0.5 * (1 + erf(z / Math.SQRT2)) + Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const top = (sigma / length) * (2 * rise(length / sigma) - 2 * rise(0) - length / sigma);
  return ((sigma / length) * (rise((p + length) / sigma) - 2 * rise(p / sigma) + rise((p - length) / sigma))) / top;
}
