import { ArgumentError } from '../../runtime/errors.js';
import { Pauses } from '../../runtime/pauses.js';
import { requireInteger, requireKnownKeys, requireNumber } from '../../runtime/validate.js';
import { findAttitude } from './attitude.js';
import type { StarPair } from './attitude.js';
import { Camera, isPossible } from './camera.js';
import type { CameraOptions } from './camera.js';
import { requireVector, scale, transform } from '../../math/linear.js';
import type { Vector } from '../../math/linear.js';
import { choleskyInverse } from '../../math/cholesky.js';
import type { Place } from './place.js';

/** A star seen at a pixel, and where it is in the sky. */
export interface StarSight extends Place {
  /** Direction in the catalogue's frame, of any length above 0. */
  readonly reference: Vector;
}

/** What {@link calibrateCamera} fits. */
export interface CalibrationOptions {
  /** Terms of the radial distortion, 0 to 4; 2. */
  readonly terms?: number;
  readonly signal?: AbortSignal;
}

/** A camera fitted to stars. */
export interface Calibration {
  /** The camera with focal length, principal point and distortion as fitted. */
  readonly camera: Camera;
  /** Root mean square of the angles between stars as seen and as known before; each frame with its own attitude. */
  readonly beforeRad: number;
  /** The same after. */
  readonly afterRad: number;
  /** Stars used, and those left out as no match: farther than 4 robust standard deviations. */
  readonly stars: number;
  readonly excluded: number;
  /** Frames used, and those left out: fewer than three of their stars can be used. */
  readonly frames: number;
  readonly excludedFrames: number;
}

/**
 * Steps of the numerical derivatives, of the order of what the numbers change a pixel by: relative focal length,
 * pixels, distortion at the frame's corner.
 */
const STEP = 1e-4;
const MOST_STEPS = 40;
const LEAST_DROP = 1e-9;
const OUTLIER = 4;
/** Rounds in which the stars that are left out settle. */
const MOST_ROUNDS = 6;
/** Stars of a frame: two numbers of each, against three of its attitude, and more. */
export const LEAST_FIELD = 3;

/** The stars of each frame. */
type Frames = readonly (readonly StarSight[])[];

/**
 * What is fitted: relative change of the focal length, shift of the principal point in focal lengths, distortion at the
 * corner.
 */
type Numbers = readonly number[];

/**
 * Fits focal length, principal point and radial distortion to stars whose directions are known, such as the matches of
 * a solver, in one or several frames of unknown attitudes. Each attitude follows from the rest by its least squares
 * (variable projection). Frames that have fewer than three stars when the fit has left out what is no match are left
 * out too. Rejects with ArgumentError for fewer stars than unknowns, and with the signal's reason.
 * @param start what is known of the camera; its own distortion is where the fit starts
 * @param frames stars of each frame, three or more
 */
export async function calibrateCamera(
  start: Camera,
  frames: Frames,
  options: CalibrationOptions = {},
): Promise<Calibration> {
  requireKnownKeys('options', options, ['terms', 'signal']);
  const terms = requireInteger('terms', options.terms ?? 2, 0, 4);
  if (!(start instanceof Camera)) throw new ArgumentError('Expected a Camera to start from');
  const pauses = new Pauses(options.signal);
  let all = checkFrames(frames);
  const given = all.flat().length;
  requireEnough(all, terms);
  const first = [0, 0, 0, ...Array.from({ length: terms }, (_, term) => cornerDistortion(start, term))];
  let fitted: Numbers = await minimise(start, all, first, pauses);
  let kept = all;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    // Of all stars again: what looked wrong beside a false match may be right without it.
    const next = await withoutOutliers(cameraOf(start, fitted), all, kept, pauses);
    if (areSame(next, kept)) break;
    const tellsAttitude = (_: unknown, frame: number): boolean => next[frame]!.length >= LEAST_FIELD;
    [all, kept] = [all.filter(tellsAttitude), next.filter(tellsAttitude)];
    requireEnough(kept, terms);
    fitted = await minimise(start, kept, fitted, pauses);
  }
  const camera = cameraOf(start, fitted);
  const stars = kept.flat().length;
  const rms = async (one: Camera): Promise<number> =>
    Math.sqrt(sumOfSquares(await requireResiduals(one, kept, pauses)) / stars);
  return {
    camera,
    beforeRad: await rms(start),
    afterRad: await rms(camera),
    stars,
    excluded: given - stars,
    frames: kept.length,
    excludedFrames: frames.length - kept.length,
  };
}

const areSame = (a: Frames, b: Frames): boolean =>
  a.every((stars, frame) => {
    const others = b[frame]!;
    return stars.length === others.length && stars.every((star, index) => star === others[index]);
  });

function checkFrames(frames: Frames): Frames {
  if (!Array.isArray(frames)) throw new ArgumentError('Expected an array of frames, each an array of stars');
  return frames.map((stars: unknown, frame) => {
    if (!Array.isArray(stars)) throw new ArgumentError(`Expected an array of stars for frames[${frame}]`);
    const sights = (stars as StarSight[]).map((star, index) => {
      const name = `frames[${frame}][${index}]`;
      const size = Math.hypot(...requireVector(`${name}.reference`, star.reference));
      if (!(size > 0)) throw new ArgumentError(`Expected a direction for ${name}.reference but it is 0`);
      return {
        x: requireNumber(`${name}.x`, star.x, -1e6, 1e6),
        y: requireNumber(`${name}.y`, star.y, -1e6, 1e6),
        reference: scale(star.reference, 1 / size),
      };
    });
    if (sights.length < LEAST_FIELD)
      throw new ArgumentError(
        `frames[${frame}] has ${sights.length} stars: at least ${LEAST_FIELD} are needed to tell its attitude and more`,
      );
    return sights;
  });
}

function requireEnough(frames: Frames, terms: number): void {
  const [seen, unknown] = [2 * frames.flat().length, 3 * frames.length + 3 + terms];
  if (seen < unknown)
    throw new ArgumentError(
      `${seen / 2} stars tell ${seen} numbers, ${unknown} are unknown: give more stars or frames, or fewer terms`,
    );
}

/** From the middle to a corner, in focal lengths. */
const cornerOf = ({ width, height, focalPx }: Camera): number => Math.hypot(width, height) / 2 / focalPx;

/** What a term of the distortion does at the corner. */
const cornerDistortion = (camera: Camera, term: number): number =>
  (camera.distortion[term] ?? 0) * cornerOf(camera) ** (2 * (term + 1));

function optionsOf(start: Camera, [focal, x, y, ...distortion]: Numbers): CameraOptions {
  const { width, height, focalPx, principalPoint, axes } = start;
  const corner = cornerOf(start);
  return {
    width,
    height,
    axes,
    focalPx: focalPx * (1 + focal!),
    principalPoint: [principalPoint[0] + focalPx * x!, principalPoint[1] + focalPx * y!],
    distortion: distortion.map((term, index) => term / corner ** (2 * (index + 1))),
  };
}

const cameraOf = (start: Camera, numbers: Numbers): Camera => new Camera(optionsOf(start, numbers));

/** The camera of some numbers; null where no camera has them. */
function cameraIfPossible(start: Camera, numbers: Numbers): Camera | null {
  const options = optionsOf(start, numbers);
  return isPossible(options) ? new Camera(options) : null;
}

/**
 * Differences of directions as seen and as known, three numbers a star, in radians; null where the camera does not see
 * there, or the stars do not tell an attitude. @param deciding stars that decide the attitudes
 */
async function residualsOf(
  camera: Camera,
  frames: Frames,
  pauses: Pauses,
  deciding = frames,
): Promise<number[] | null> {
  const residuals: number[] = [];
  for (const [frame, stars] of frames.entries()) {
    if (pauses.isDue) await pauses.take();
    const [deciders, pairs] = [pairsOf(camera, deciding[frame]!), pairsOf(camera, stars)];
    const matrix = deciders && findAttitude(deciders);
    if (!matrix || pairs === null) return null;
    for (const { sensor, reference } of pairs) {
      const known = transform(matrix, reference);
      residuals.push(sensor[0] - known[0], sensor[1] - known[1], sensor[2] - known[2]);
    }
  }
  return residuals;
}

function pairsOf(camera: Camera, stars: readonly StarSight[]): StarPair[] | null {
  const pairs: StarPair[] = [];
  for (const { x, y, reference } of stars) {
    const sensor = camera.directionIfAny(x, y);
    if (sensor === null) return null;
    pairs.push({ sensor, reference });
  }
  return pairs;
}

/** The same of a camera that must have them. Rejects with ArgumentError. */
async function requireResiduals(camera: Camera, frames: Frames, pauses: Pauses, deciding = frames): Promise<number[]> {
  const residuals = await residualsOf(camera, frames, pauses, deciding);
  if (residuals === null)
    throw new ArgumentError('The camera does not tell where the stars are: check its numbers, and that stars differ');
  return residuals;
}

const dotProduct = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, row) => sum + value * b[row]!, 0);

const sumOfSquares = (values: readonly number[]): number => dotProduct(values, values);

/** Levenberg and Marquardt's method; numbers for which no camera exists are steps too far. */
async function minimise(start: Camera, frames: Frames, first: Numbers, pauses: Pauses): Promise<Numbers> {
  const evaluate = async (numbers: Numbers): Promise<number[] | null> => {
    const camera = cameraIfPossible(start, numbers);
    return camera && (await residualsOf(camera, frames, pauses));
  };
  let [numbers, residuals, damping] = [first, await requireResiduals(cameraOf(start, first), frames, pauses), 1e-4];
  for (let step = 0; step < MOST_STEPS && damping < 1e8; step += 1) {
    const slopes = await slopesAt(evaluate, numbers, residuals);
    if (slopes === null) break;
    const moved = moveBy(numbers, slopes, residuals, damping);
    const found = moved && (await evaluate(moved));
    const drop = found ? 1 - sumOfSquares(found) / sumOfSquares(residuals) : -1;
    if (!(drop > 0)) {
      damping *= 10;
      continue;
    }
    [numbers, residuals, damping] = [moved!, found!, damping / 10];
    if (drop < LEAST_DROP) break;
  }
  return numbers;
}

/** Numerical derivatives of the residuals by every number; null beyond what a camera may have. */
async function slopesAt(
  evaluate: (numbers: Numbers) => Promise<number[] | null>,
  numbers: Numbers,
  residuals: readonly number[],
): Promise<number[][] | null> {
  const slopes: number[][] = [];
  for (const index of numbers.keys()) {
    const ahead = await evaluate(numbers.map((value, other) => (other === index ? value + STEP : value)));
    if (ahead === null) return null;
    slopes.push(ahead.map((value, row) => (value - residuals[row]!) / STEP));
  }
  return slopes;
}

/** One damped step; null where the normal equations tell none. */
function moveBy(
  numbers: Numbers,
  slopes: readonly (readonly number[])[],
  residuals: readonly number[],
  damping: number,
): Numbers | null {
  const side = numbers.length;
  const normal = new Float64Array(side * side);
  for (let i = 0; i < side; i += 1)
    for (let j = 0; j < side; j += 1)
      normal[i * side + j] = dotProduct(slopes[i]!, slopes[j]!) * (i === j ? 1 + damping : 1);
  const inverse = choleskyInverse(normal, side);
  if (inverse === null) return null;
  const downhill = slopes.map((slope) => dotProduct(slope, residuals));
  return numbers.map((value, i) => value - downhill.reduce((sum, part, j) => sum + inverse[i * side + j]! * part, 0));
}

async function withoutOutliers(
  camera: Camera,
  frames: Frames,
  deciding: Frames,
  pauses: Pauses,
): Promise<StarSight[][]> {
  const residuals = await requireResiduals(camera, frames, pauses, deciding);
  const sizes = Array.from({ length: residuals.length / 3 }, (_, star) =>
    Math.hypot(residuals[3 * star]!, residuals[3 * star + 1]!, residuals[3 * star + 2]!),
  );
  // The median of a Rayleigh distribution is 1.177 standard deviations of either axis.
  const median = [...sizes].sort((a, b) => a - b)[sizes.length >> 1]!;
  const limit = OUTLIER * (median / 1.177) + Number.EPSILON;
  let index = 0;
  return frames.map((stars) => stars.filter(() => sizes[index++]! <= limit));
}
