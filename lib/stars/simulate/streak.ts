import { erf } from '../../math/erf.js';

/**
 * Shorter than this many standard deviations a streak is a Gaussian, and its length has no influence (star-sensor B.1).
 */
const SHORTEST = 1e-3;
const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

/** What a star becomes that moves straight and evenly: a segment seen through a Gaussian. */
export interface StreakShape {
  /** Length of the segment in pixels. */
  readonly lengthPx: number;
  /** Its direction in radians, anticlockwise from the right as one sees it; modulo pi. */
  readonly angleRad: number;
  /** Standard deviation across it in pixels. */
  readonly sigmaPx: number;
}

/** Density of a streak at a point, and its derivatives. */
interface StreakSample {
  value: number;
  byX: number;
  byY: number;
  byLength: number;
  byAngle: number;
  bySigma: number;
}

/**
 * A streak of flux 1, its middle at the origin (star-sensor B.1): writes the density per square pixel at (x, y), y
 * downwards, and its derivatives by x, y and shape to `out`.
 */
export function sampleStreak(shape: StreakShape, x: number, y: number, out: StreakSample): void {
  const { lengthPx: length, angleRad, sigmaPx: sigma } = shape;
  const [cos, sin] = [Math.cos(angleRad), Math.sin(angleRad)];
  const p = x * cos - y * sin;
  const q = x * sin + y * cos;
  const across = Math.exp(-(q * q) / (2 * sigma * sigma)) / (sigma * ROOT_TWO_PI);
  sampleAlong(length, sigma, p, out);
  const { value: along, byX: alongByP, byLength, bySigma } = out;
  const acrossByQ = (-q / (sigma * sigma)) * across;
  out.value = along * across;
  out.byX = alongByP * cos * across + along * acrossByQ * sin;
  out.byY = -alongByP * sin * across + along * acrossByQ * cos;
  out.byLength = byLength * across;
  out.byAngle = -q * alongByP * across + p * along * acrossByQ;
  out.bySigma = bySigma * across + along * across * ((q * q) / sigma ** 3 - 1 / sigma);
}

/** The factor along the motion; `byX` is its derivative by p. */
function sampleAlong(length: number, sigma: number, p: number, out: StreakSample): void {
  if (length < SHORTEST * sigma) {
    out.value = gauss(p, sigma);
    out.byX = (-p / (sigma * sigma)) * out.value;
    out.byLength = 0;
    out.bySigma = out.value * ((p * p) / sigma ** 3 - 1 / sigma);
    return;
  }
  const [ahead, behind] = [p + length / 2, p - length / 2];
  const [gAhead, gBehind] = [gauss(ahead, sigma), gauss(behind, sigma)];
  const scale = 1 / (sigma * Math.SQRT2);
  out.value = (erf(ahead * scale) - erf(behind * scale)) / (2 * length);
  out.byX = (gAhead - gBehind) / length;
  out.byLength = (gAhead + gBehind) / (2 * length) - out.value / length;
  out.bySigma = -(ahead * gAhead - behind * gBehind) / (sigma * length);
}

function gauss(t: number, sigma: number): number {
  return Math.exp(-(t * t) / (2 * sigma * sigma)) / (sigma * ROOT_TWO_PI);
}

/** What {@link sampleStreak} writes to. */
export function createStreakSample(): StreakSample {
  return { value: 0, byX: 0, byY: 0, byLength: 0, byAngle: 0, bySigma: 0 };
}
