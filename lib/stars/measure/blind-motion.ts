import type { TrailFit, TrailRequest } from '../../runtime/native/binding.js';
import { detectStars } from './detect.js';
import type { Detection } from './detect.js';
import { fitStars } from './fit.js';
import { callNative } from './native.js';
import type { NativeOptions } from './native.js';
import type { StarPlane } from './plane.js';
import { StreakProfile } from './profile.js';
import type { StreakShape } from './streak.js';

/** Shorter trails cannot be told from the width of the stars. */
export const SHORTEST_TRAIL = 3;
/** A worse fit than this is of something else than trails. */
const WORST_MISFIT = 0.35;
/** Stars that the fit uses, and how bright they must be. */
const MOST_STARS = 16;
const THRESHOLD = 6.5;
/** Width of the filter that finds stars of any look. */
export const SEARCH_SIGMA = 1.5;
const FIRST_SIDE = 64;
const EVERYTHING = { length: 0, angle: 0, margin: Infinity };
/** Stars are this far from the model, in parts of their brightness, where nothing better is known. */
export const MISFIT = 0.05;

/** The trail of all stars of a frame, from the frame alone. */
export interface BlindMotion {
  /** Pixels; degrees, anticlockwise, from -90 to 90: the direction along the trail is not observable. */
  readonly length: number;
  readonly angle: number;
  /** Of the stars across the trail, in pixels. */
  readonly sigma: number;
  readonly lengthSigma: number;
  readonly angleSigma: number;
  /** Root mean square misfit of the model, in parts of the autocorrelation; smaller is surer. */
  readonly misfit: number;
  /** Stars used. */
  readonly stars: number;
  /** Why length and angle must not be used; null where they may. */
  readonly declined: string | null;
}

/**
 * Length and angle of trails by the autocorrelation of windows around stars (kernel-estimation 5), so that pairs of stars do not disturb it;
 * then once more with everything but the trails masked;
 * then by the likelihood of the stars together.
 */
export async function estimateMotion(plane: StarPlane, options: NativeOptions): Promise<BlindMotion> {
  const shortest = Math.min(plane.width, plane.height);
  const search = await detectStars(plane, new StreakProfile({ length: 0, angle: 0, sigma: SEARCH_SIGMA }), {
    threshold: THRESHOLD,
    most: 400,
    ...options,
  });
  if (search.length === 0) return decline('no star stands out of the noise');
  let fit: TrailFit | null = null;
  for (let side = Math.min(FIRST_SIDE, shortest & ~1); ; side = Math.min(2 * side, shortest & ~1)) {
    fit = await fitTrail(plane, apart(search, side / 2), side, EVERYTHING, side / 2, options);
    if (fit.length < 0.4 * side || side >= (shortest & ~1)) break;
  }
  if (fit.length > shortest / 2)
    return decline(`the trail of ${fit.length.toFixed(0)} pixels is longer than half the frame`);
  if (!(fit.misfit < Infinity)) return decline('no trail fits the stars');
  const stars = await selectStars(plane, fit, options);
  if (stars.length > 0) {
    const { length, angle, sigma } = fit;
    const side = 2 * Math.ceil(length / 2 + 4 * sigma + 6);
    fit = await fitTrail(plane, stars, side, { length, angle, margin: 4 * sigma + 3 }, 1.3 * length + 4, options);
  }
  return judge(stars.length > 0 ? await refine(plane, stars, fit, options) : fit, stars.length);
}

/** The trail that the mean autocorrelation of square windows shows. */
function fitTrail(
  { data, invalid, width, height }: StarPlane,
  places: readonly Detection[],
  side: number,
  mask: TrailRequest['mask'],
  longest: number,
  options: NativeOptions,
): Promise<TrailFit> {
  const centres = Float64Array.from(places.flatMap(({ x, y }) => [x, y]));
  return callNative(options, (binding, threads, isa) =>
    binding.fitTrail({ data, invalid, width, height, centres, side, mask, longest, threads }, isa),
  );
}

/** The shape that makes the stars themselves likeliest: where trails cross, lags are disturbed, places are not. */
async function refine(
  plane: StarPlane,
  stars: readonly Detection[],
  fit: TrailFit,
  options: NativeOptions,
): Promise<TrailFit> {
  if (!(fit.misfit <= WORST_MISFIT) || fit.length < SHORTEST_TRAIL) return fit;
  const start = new StreakProfile({
    length: fit.length,
    angle: fit.angle,
    sigma: Math.min(10, Math.max(0.3, fit.sigma)),
  });
  const { profile, shapeCovariance } = await fitStars(
    plane,
    stars,
    start,
    { sky: plane.sigma, perFlux: 0, misfit: MISFIT },
    true,
    options,
  );
  if (shapeCovariance === null) return fit;
  const [length, angle, sigma] = profile.shape as readonly [number, number, number];
  return {
    ...fit,
    length,
    angle,
    sigma,
    lengthSigma: Math.sqrt(shapeCovariance[0]![0]!),
    angleSigma: Math.sqrt(shapeCovariance[1]![1]!),
  };
}

/** Detections that are at least so far from brighter ones, the brightest. */
function apart(detections: readonly Detection[], distance: number): Detection[] {
  const kept: Detection[] = [];
  for (const detection of detections) {
    if (kept.length === MOST_STARS) break;
    if (kept.every(({ x, y }) => Math.max(Math.abs(x - detection.x), Math.abs(y - detection.y)) >= distance))
      kept.push(detection);
  }
  return kept;
}

/** Stars found with the first estimate whose trails no other one touches, and which are not saturated, if there are such. */
async function selectStars(
  plane: StarPlane,
  { length, angle, sigma }: StreakShape,
  options: NativeOptions,
): Promise<Detection[]> {
  const profile = new StreakProfile({ length, angle, sigma: Math.min(10, Math.max(0.3, sigma)) });
  const found = await detectStars(plane, profile, { threshold: THRESHOLD, most: 100, ...options });
  const alone = found.filter((star) =>
    found.every((other) => other === star || Math.hypot(other.x - star.x, other.y - star.y) > 2 * profile.reach + 6),
  );
  const unsaturated = alone.filter(({ x, y }) => !isSaturated(plane, x, y, profile.reach));
  const kept = unsaturated.length > 2 ? unsaturated : alone.length > 0 ? alone : found;
  return kept.slice(0, MOST_STARS);
}

function isSaturated({ width, height, invalid }: StarPlane, x: number, y: number, reach: number): boolean {
  for (let row = Math.max(0, Math.ceil(y - reach)); row <= Math.min(height - 1, y + reach); row += 1) {
    for (let column = Math.max(0, Math.ceil(x - reach)); column <= Math.min(width - 1, x + reach); column += 1)
      if (invalid[row * width + column] === 1) return true;
  }
  return false;
}

function decline(reason: string): BlindMotion {
  return {
    length: 0,
    angle: 0,
    sigma: SEARCH_SIGMA,
    lengthSigma: Infinity,
    angleSigma: Infinity,
    misfit: Infinity,
    stars: 0,
    declined: reason,
  };
}

function judge({ length, angle, sigma, lengthSigma, angleSigma, misfit }: TrailFit, stars: number): BlindMotion {
  const degrees = (angle * 180) / Math.PI;
  const folded = degrees - 180 * Math.round(degrees / 180);
  const declined =
    stars === 0
      ? 'no star has a trail of the shape that the frame as a whole suggests'
      : misfit > WORST_MISFIT
        ? `stars do not look like trails (misfit ${misfit.toFixed(2)})`
        : length < SHORTEST_TRAIL
          ? `not resolved: the trail of ${length.toFixed(1)} pixels is shorter than ${SHORTEST_TRAIL}`
          : null;
  return {
    length,
    angle: folded,
    sigma,
    lengthSigma,
    angleSigma: (angleSigma * 180) / Math.PI,
    misfit,
    stars,
    declined,
  };
}
