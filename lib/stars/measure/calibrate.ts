import { ArgumentError } from '../../runtime/errors.js';
import { requireInteger, requireKnownKeys, requireNumber } from '../../runtime/validate.js';
import { solveAttitude } from '../sky/attitude.js';
import { Camera } from '../sky/camera.js';
import { requireVector, scale, transform } from '../../math/linear.js';
import type { Vector } from '../../math/linear.js';
import { choleskyInverse } from '../../math/cholesky.js';

/** A star seen at a pixel, and where it is in the sky. */
export interface StarSight {
  readonly x: number;
  readonly y: number;
  /** Direction in the catalogue's frame, of any length above 0. */
  readonly reference: Vector;
}

export interface CalibrationOptions {
  /** Terms of the radial distortion, 0 to 4; 2. */
  readonly terms?: number;
}

export interface Calibration {
  /** The camera with focal length, principal point and distortion as fitted. */
  readonly camera: Camera;
  /** Root mean square of the angles between stars as seen and as known in radians, before and after; each frame with its own attitude. */
  readonly before: number;
  readonly after: number;
  /** Stars used, and those left out as no match: farther than 4 robust standard deviations. */
  readonly stars: number;
  readonly excluded: number;
}

/** Steps of the numerical derivatives, of the order of what the numbers change a pixel by: relative focal length, pixels, distortion at the frame's corner. */
const STEP = 1e-4;
const MOST_STEPS = 40;
const LEAST_GAIN = 1e-9;
const OUTLIER = 4;
/** Rounds in which the stars that are left out settle. */
const MOST_ROUNDS = 6;
/** Two numbers of each star, against three of each attitude, focal length, principal point and distortion. */
const LEAST_FIELD = 3;

/** What is fitted: relative change of the focal length, shift of the principal point in focal lengths, distortion at the corner. */
type Numbers = readonly number[];

/**
 * Fits focal length, principal point and radial distortion to stars whose directions are known, such as the matches of a solver, in one or several frames of unknown
 * attitudes. Each attitude follows from the rest by its least squares (variable projection). Throws ArgumentError for fewer stars than unknowns.
 * @param start what is known of the camera; its own distortion is where the fit starts @param frames stars of each frame
 */
export function calibrateCamera(
  start: Camera,
  frames: readonly (readonly StarSight[])[],
  options: CalibrationOptions = {},
): Calibration {
  requireKnownKeys('options', options, ['terms']);
  const terms = requireInteger('terms', options.terms ?? 2, 0, 4);
  if (!(start instanceof Camera)) throw new ArgumentError('Expected a Camera to start from');
  const all = checkFrames(frames);
  requireEnough(all, terms);
  const first = Array.from({ length: 3 + terms }, (_, index) =>
    index < 3 ? 0 : (start.distortion[index - 3] ?? 0) * cornerOf(start) ** (2 * (index - 2)),
  );
  let [fitted, kept]: [Numbers, readonly (readonly StarSight[])[]] = [minimise(start, all, first), all];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    // Of all stars again: what looked wrong beside a false match may be right without it.
    const next = withoutOutliers(cameraOf(start, fitted), all, kept);
    const isSame = next.every(
      (stars, frame) =>
        stars.length === kept[frame]!.length && stars.every((star, index) => star === kept[frame]![index]),
    );
    if (isSame) break;
    kept = next;
    requireEnough(kept, terms);
    fitted = minimise(start, kept, fitted);
  }
  const camera = cameraOf(start, fitted);
  const stars = kept.flat().length;
  const rms = (one: Camera): number => Math.sqrt(sumOfSquares(residualsOf(one, kept)) / stars);
  return { camera, before: rms(start), after: rms(camera), stars, excluded: all.flat().length - stars };
}

function checkFrames(frames: readonly (readonly StarSight[])[]): readonly (readonly StarSight[])[] {
  if (!Array.isArray(frames)) throw new ArgumentError('Expected an array of frames, each an array of stars');
  return frames.map((stars: unknown, frame) => {
    if (!Array.isArray(stars)) throw new ArgumentError(`Expected an array of stars for frames[${frame}]`);
    return (stars as StarSight[]).map((star, index) => {
      const name = `frames[${frame}][${index}]`;
      const size = Math.hypot(...requireVector(`${name}.reference`, star.reference));
      if (!(size > 0)) throw new ArgumentError(`Expected a direction for ${name}.reference but it is 0`);
      return {
        x: requireNumber(`${name}.x`, star.x, -1e6, 1e6),
        y: requireNumber(`${name}.y`, star.y, -1e6, 1e6),
        reference: scale(star.reference, 1 / size),
      };
    });
  });
}

function requireEnough(frames: readonly (readonly StarSight[])[], terms: number): void {
  const small = frames.findIndex((stars) => stars.length < LEAST_FIELD);
  if (small !== -1)
    throw new ArgumentError(
      `frames[${small}] has ${frames[small]!.length} stars that can be used: at least ${LEAST_FIELD} are needed to tell its attitude and more`,
    );
  const [seen, unknown] = [2 * frames.flat().length, 3 * frames.length + 3 + terms];
  if (seen < unknown)
    throw new ArgumentError(
      `${seen / 2} stars tell ${seen} numbers, ${unknown} are unknown: give more stars or frames, or fewer terms`,
    );
}

/** From the middle to a corner, in focal lengths. */
const cornerOf = ({ width, height, focalPx }: Camera): number => Math.hypot(width, height) / 2 / focalPx;

function cameraOf(start: Camera, [focal, x, y, ...distortion]: Numbers): Camera {
  const { width, height, focalPx, principalPoint, axes } = start;
  const corner = cornerOf(start);
  return new Camera({
    width,
    height,
    axes,
    focalPx: focalPx * (1 + focal!),
    principalPoint: [principalPoint[0] + focalPx * x!, principalPoint[1] + focalPx * y!],
    distortion: distortion.map((term, index) => term / corner ** (2 * (index + 1))),
  });
}

/** Differences of directions as seen and as known, three numbers a star, in radians. @param deciding stars that decide the attitudes */
function residualsOf(camera: Camera, frames: readonly (readonly StarSight[])[], deciding = frames): number[] {
  const pairsOf = (stars: readonly StarSight[]): { readonly sensor: Vector; readonly reference: Vector }[] =>
    stars.map(({ x, y, reference }) => ({ sensor: camera.direction(x, y), reference }));
  return frames.flatMap((stars, frame) => {
    const { matrix } = solveAttitude(pairsOf(deciding[frame]!));
    return pairsOf(stars).flatMap(({ sensor, reference }) => {
      const known = transform(matrix, reference);
      return [sensor[0] - known[0], sensor[1] - known[1], sensor[2] - known[2]];
    });
  });
}

const sumOfSquares = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0);

/** Levenberg and Marquardt's method; numbers for which no camera exists are steps too far. */
function minimise(start: Camera, frames: readonly (readonly StarSight[])[], first: Numbers): Numbers {
  const evaluate = (numbers: Numbers): number[] | null => {
    try {
      return residualsOf(cameraOf(start, numbers), frames);
    } catch (error) {
      if (error instanceof ArgumentError) return null;
      throw error;
    }
  };
  let [numbers, residuals, damping] = [first, evaluate(first) ?? residualsOf(cameraOf(start, first), frames), 1e-4];
  for (let step = 0; step < MOST_STEPS && damping < 1e8; step += 1) {
    const slopes = numbers.map((_, index) =>
      evaluate(numbers.map((value, other) => (other === index ? value + STEP : value)))?.map(
        (value, row) => (value - residuals[row]!) / STEP,
      ),
    );
    if (slopes.includes(undefined)) break;
    const product = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, value, row) => sum + value * b[row]!, 0);
    const side = numbers.length;
    const normal = Float64Array.from(
      { length: side * side },
      (_, index) =>
        product(slopes[Math.floor(index / side)]!, slopes[index % side]!) *
        (index % (side + 1) === 0 ? 1 + damping : 1),
    );
    const inverse = choleskyInverse(normal, side);
    const moved = numbers.map((value, i) =>
      inverse === null
        ? value
        : value - slopes.reduce((sum, slope, j) => sum + inverse[i * side + j]! * product(slope!, residuals), 0),
    );
    const found = inverse === null ? null : evaluate(moved);
    const gain = found === null ? -1 : 1 - sumOfSquares(found) / sumOfSquares(residuals);
    if (!(gain > 0)) {
      damping *= 10;
      continue;
    }
    [numbers, residuals, damping] = [moved, found!, damping / 10];
    if (gain < LEAST_GAIN) break;
  }
  return numbers;
}

function withoutOutliers(
  camera: Camera,
  frames: readonly (readonly StarSight[])[],
  deciding: readonly (readonly StarSight[])[],
): StarSight[][] {
  const residuals = residualsOf(camera, frames, deciding);
  const sizes = Array.from({ length: residuals.length / 3 }, (_, star) =>
    Math.hypot(residuals[3 * star]!, residuals[3 * star + 1]!, residuals[3 * star + 2]!),
  );
  // The median of a Rayleigh distribution is 1.177 standard deviations of either axis.
  const limit = OUTLIER * ([...sizes].sort((a, b) => a - b)[sizes.length >> 1]! / 1.177) + Number.EPSILON;
  let index = 0;
  return frames.map((stars) => stars.filter(() => sizes[index++]! <= limit));
}
