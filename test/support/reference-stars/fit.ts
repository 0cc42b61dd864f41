import { setImmediate } from 'node:timers/promises';
import type { Detection } from '../../../lib/stars/measure/detect.js';
import type { JointFit as NativeJointFit, PixelNoise, StarFit } from '../../../lib/stars/measure/fit.js';
import type { StarPlane } from '../../../lib/stars/measure/plane.js';
import type { StarProfile } from './profile.js';
import { choleskyInverse } from '../../../lib/math/cholesky.js';

/** Stars of one shape, fitted together, as the package gives them. */
type JointFit = Omit<NativeJointFit, 'profile'> & { readonly profile: StarProfile };

/** x, y, flux, background. */
const PLACE = 4;
/** Pixels beyond the profile that tell the background. */
const RIM = 3;
const MOST_STEPS = 40;
/**
 * A step of less than this in pixels that gains less than this of a chi^2 per star is the last: a hundredth of any
 * error.
 */
const SMALLEST_STEP = 1e-3;
const SMALLEST_GAIN = 1e-3;

interface State {
  readonly detection: Detection;
  readonly pixels: Int32Array;
  readonly values: readonly [number, number, number, number];
  readonly saturated: boolean;
}

/** Normal equations of one star: with itself, with the shape, and their right side. */
interface Normal {
  readonly own: Float64Array;
  readonly mixed: Float64Array;
  readonly right: Float64Array;
}

/**
 * Maximum-likelihood fit of all stars with one shape (star-sensor C.4), by Levenberg and Marquardt's method on normal
 * equations with an arrow's pattern. Stars whose fit leaves their window or finds no flux are dropped.
 * @param isFree whether the shape is fitted too
 */
export async function fitStars(
  plane: StarPlane,
  detections: readonly Detection[],
  start: StarProfile,
  noise: PixelNoise,
  isFree: boolean,
): Promise<JointFit> {
  const states = detections
    .map((detection) => startOf(plane, detection, detections, start))
    .filter(({ pixels }) => pixels.length > 2 * PLACE);
  if (isFree) return minimise(plane, states, start, noise, true);
  // Nothing in common: each star has its own damping and its own end.
  const stars: StarFit[] = [];
  for (const state of states) stars.push(...(await minimise(plane, [state], start, noise, false)).stars);
  return { stars, profile: start, shapeCovariance: null };
}

/** Lets other work of the process in after every step. */
async function minimise(
  plane: StarPlane,
  start: readonly State[],
  startProfile: StarProfile,
  noise: PixelNoise,
  isFree: boolean,
): Promise<JointFit> {
  let [states, profile] = [start, startProfile];
  let [damping, cost] = [1e-3, costOf(plane, states, profile, noise)];
  for (let step = 0; step < MOST_STEPS && states.length > 0; step += 1) {
    await setImmediate();
    const system = assemble(plane, states, profile, noise, isFree);
    const moved = advance(states, profile, system, damping, isFree);
    const found = moved === null ? Infinity : costOf(plane, moved.states, moved.profile, noise);
    // Not worse but for rounding: the variances follow the model, so that the sum may rise by little near the end.
    if (moved === null || !(found <= cost * (1 + 1e-6))) {
      damping *= 10;
      if (damping > 1e6) break;
      continue;
    }
    const isFlat = cost - found < SMALLEST_GAIN * states.length;
    [states, profile, cost, damping] = [moved.states, moved.profile, found, damping / 10];
    if (isFlat && moved.largest < SMALLEST_STEP) break;
  }
  return finish(plane, states, profile, noise, isFree);
}

function startOf(
  { width, height, invalid }: StarPlane,
  detection: Detection,
  all: readonly Detection[],
  { reach }: StarProfile,
): State {
  const far = reach + RIM;
  const pixels: number[] = [];
  const near = all.filter(
    (other) => other !== detection && Math.hypot(other.x - detection.x, other.y - detection.y) < 2 * far,
  );
  let saturated = false;
  for (let y = Math.max(0, Math.ceil(detection.y - far)); y <= Math.min(height - 1, detection.y + far); y += 1) {
    for (let x = Math.max(0, Math.ceil(detection.x - far)); x <= Math.min(width - 1, detection.x + far); x += 1) {
      const distance = Math.hypot(x - detection.x, y - detection.y);
      if (distance > far || near.some((other) => Math.hypot(x - other.x, y - other.y) < distance)) continue;
      if (invalid[y * width + x] === 1) saturated = true;
      else pixels.push(y * width + x);
    }
  }
  return {
    detection,
    pixels: Int32Array.from(pixels),
    values: [detection.x, detection.y, detection.flux, 0],
    saturated,
  };
}

function varianceOf({ sky, perFlux, misfit }: PixelNoise, signal: number): number {
  const light = Math.max(0, signal);
  return sky * sky + perFlux * light + (misfit * light) ** 2;
}

/** Negative log-likelihood of Gaussian noise with the model's variance, twice, per star. */
function costsOf(
  { width, data }: StarPlane,
  states: readonly State[],
  profile: StarProfile,
  noise: PixelNoise,
): number[] {
  const out = new Float64Array(3 + profile.shape.length);
  return states.map(({ pixels, values: [x, y, flux, background] }) =>
    pixels.reduce((sum, pixel) => {
      profile.sample((pixel % width) - x, Math.floor(pixel / width) - y, out);
      const signal = flux * out[0]!;
      const variance = varianceOf(noise, signal);
      return sum + (data[pixel]! - signal - background) ** 2 / variance + Math.log(variance / noise.sky ** 2);
    }, 0),
  );
}

function costOf(plane: StarPlane, states: readonly State[], profile: StarProfile, noise: PixelNoise): number {
  return costsOf(plane, states, profile, noise).reduce((sum, value) => sum + value, 0);
}

interface System {
  readonly normals: readonly Normal[];
  readonly shape: Float64Array;
  readonly shapeRight: Float64Array;
}

function assemble(
  plane: StarPlane,
  states: readonly State[],
  profile: StarProfile,
  noise: PixelNoise,
  isFree: boolean,
): System {
  const count = isFree ? profile.shape.length : 0;
  const [shape, shapeRight] = [new Float64Array(count * count), new Float64Array(count)];
  const out = new Float64Array(3 + profile.shape.length);
  const slope = new Float64Array(PLACE + count);
  const normals = states.map(({ pixels, values: [x, y, flux, background] }) => {
    const normal = {
      own: new Float64Array(PLACE * PLACE),
      mixed: new Float64Array(PLACE * count),
      right: new Float64Array(PLACE),
    };
    for (const pixel of pixels) {
      profile.sample((pixel % plane.width) - x, Math.floor(pixel / plane.width) - y, out);
      const weight = 1 / varianceOf(noise, flux * out[0]!);
      slope[0] = -flux * out[1]!;
      slope[1] = -flux * out[2]!;
      slope[2] = out[0]!;
      slope[3] = 1;
      for (let k = 0; k < count; k += 1) slope[PLACE + k] = flux * out[3 + k]!;
      const residual = plane.data[pixel]! - flux * out[0]! - background;
      for (let i = 0; i < PLACE + count; i += 1) {
        const scaled = weight * slope[i]!;
        if (i < PLACE) {
          normal.right[i]! += scaled * residual;
          for (let j = 0; j < PLACE; j += 1) normal.own[i * PLACE + j]! += scaled * slope[j]!;
          for (let k = 0; k < count; k += 1) normal.mixed[i * count + k]! += scaled * slope[PLACE + k]!;
        } else {
          shapeRight[i - PLACE]! += scaled * residual;
          for (let k = 0; k < count; k += 1) shape[(i - PLACE) * count + k]! += scaled * slope[PLACE + k]!;
        }
      }
    }
    return normal;
  });
  return { normals, shape, shapeRight };
}

const damped = (matrix: Float64Array, side: number, damping: number): Float64Array =>
  matrix.map((value, index) => (index % (side + 1) === 0 ? value * (1 + damping) : value));

/**
 * The shape's part of the system, the stars eliminated (Schur), with each star's inverse; null where it is singular.
 */
function eliminate(
  { normals, shape, shapeRight }: System,
  damping: number,
): { readonly inverses: Float64Array[]; readonly shapeInverse: Float64Array; readonly change: Float64Array } | null {
  const count = shapeRight.length;
  const reduced = damped(shape, count, damping);
  const right = Float64Array.from(shapeRight);
  const inverses: Float64Array[] = [];
  for (const { own, mixed, right: own2 } of normals) {
    const inverse = choleskyInverse(damped(own, PLACE, damping), PLACE);
    if (inverse === null) return null;
    inverses.push(inverse);
    for (let k = 0; k < count; k += 1) {
      for (let i = 0; i < PLACE; i += 1) {
        let row = 0;
        for (let j = 0; j < PLACE; j += 1) row += mixed[j * count + k]! * inverse[j * PLACE + i]!;
        right[k]! -= row * own2[i]!;
        for (let l = 0; l < count; l += 1) reduced[k * count + l]! -= row * mixed[i * count + l]!;
      }
    }
  }
  const shapeInverse = count === 0 ? new Float64Array(0) : choleskyInverse(reduced, count);
  if (shapeInverse === null) return null;
  const change = right.map((_, k) => right.reduce((sum, value, l) => sum + shapeInverse[k * count + l]! * value, 0));
  return { inverses, shapeInverse, change };
}

function advance(
  states: readonly State[],
  profile: StarProfile,
  system: System,
  damping: number,
  isFree: boolean,
): { states: State[]; profile: StarProfile; largest: number } | null {
  const solved = eliminate(system, damping);
  if (solved === null) return null;
  const count = solved.change.length;
  let largest = Math.max(0, ...solved.change.map(Math.abs));
  const moved = states.map((state, index) => {
    const { mixed, right } = system.normals[index]!;
    const rest = right.map(
      (value, i) => value - solved.change.reduce((sum, change, k) => sum + mixed[i * count + k]! * change, 0),
    );
    const change = rest.map((_, i) =>
      rest.reduce((sum, value, j) => sum + solved.inverses[index]![i * PLACE + j]! * value, 0),
    );
    largest = Math.max(largest, Math.abs(change[0]!), Math.abs(change[1]!));
    const values = state.values.map((value, i) => value + change[i]!) as unknown as State['values'];
    return { ...state, values };
  });
  return {
    states: moved,
    profile: isFree ? profile.withShape(profile.shape.map((value, k) => value + solved.change[k]!)) : profile,
    largest,
  };
}

function finish(
  plane: StarPlane,
  states: readonly State[],
  profile: StarProfile,
  noise: PixelNoise,
  isFree: boolean,
): JointFit {
  const system = assemble(plane, states, profile, noise, isFree);
  const solved = eliminate(system, 0);
  if (solved === null) return { stars: [], profile, shapeCovariance: null };
  const count = solved.change.length;
  const costs = costsOf(plane, states, profile, { ...noise });
  const stars = states.flatMap((state, index): StarFit[] => {
    const [x, y, flux, background] = state.values;
    const inverse = solved.inverses[index]!;
    const at = (i: number, j: number): number =>
      inverse[i * PLACE + j]! + throughShape(inverse, system.normals[index]!.mixed, solved.shapeInverse, count, i, j);
    const moved = Math.hypot(x - state.detection.x, y - state.detection.y);
    if (!(flux > 0) || !(moved < profile.reach) || x < 0 || y < 0 || x > plane.width - 1 || y > plane.height - 1)
      return [];
    return [
      {
        x,
        y,
        flux,
        background,
        covariance: { xx: at(0, 0), yy: at(1, 1), xy: at(0, 1) },
        boundPx: Math.sqrt(inverse[0]! + inverse[PLACE + 1]!),
        fluxSigma: Math.sqrt(at(2, 2)),
        chi2: chi2Of(plane, state, profile, noise, costs[index]!),
        misfit: misfitOf(plane, state, profile, noise),
        snr: flux / Math.sqrt(at(2, 2)),
        saturated: state.saturated,
      },
    ];
  });
  const shapeCovariance = isFree
    ? Array.from({ length: count }, (_, k) => [...solved.shapeInverse.subarray(k * count, (k + 1) * count)])
    : null;
  return { stars, profile, shapeCovariance };
}

/** Squares of residuals over those of the star, both weighted with the profile, beyond four deviations of noise. */
function misfitOf(
  { width, data }: StarPlane,
  { pixels, values: [x, y, flux, background] }: State,
  profile: StarProfile,
  { sky, perFlux }: PixelNoise,
): number {
  const out = new Float64Array(3 + profile.shape.length);
  let [residuals, light, expected, chance] = [0, 0, 0, 0];
  for (const pixel of pixels) {
    profile.sample((pixel % width) - x, Math.floor(pixel / width) - y, out);
    const [weight, signal] = [out[0]!, flux * out[0]!];
    const variance = sky * sky + perFlux * signal;
    residuals += weight * (data[pixel]! - signal - background) ** 2;
    light += weight * signal * signal;
    expected += weight * variance;
    chance += 2 * (weight * variance) ** 2;
  }
  return Math.max(0, residuals - expected - 4 * Math.sqrt(chance)) / light;
}

/** What the shape's uncertainty adds to entry (i, j) of a star's covariance. */
function throughShape(
  inverse: Float64Array,
  mixed: Float64Array,
  shapeInverse: Float64Array,
  count: number,
  i: number,
  j: number,
): number {
  const lean = (row: number, k: number): number =>
    [0, 1, 2, 3].reduce((sum, l) => sum + inverse[row * PLACE + l]! * mixed[l * count + k]!, 0);
  let sum = 0;
  for (let k = 0; k < count; k += 1)
    for (let l = 0; l < count; l += 1) sum += lean(i, k) * shapeInverse[k * count + l]! * lean(j, l);
  return sum;
}

function chi2Of(
  { width }: StarPlane,
  { pixels, values: [x, y, flux] }: State,
  profile: StarProfile,
  noise: PixelNoise,
  cost: number,
): number {
  const out = new Float64Array(3 + profile.shape.length);
  const logs = pixels.reduce((sum, pixel) => {
    profile.sample((pixel % width) - x, Math.floor(pixel / width) - y, out);
    return sum + Math.log(varianceOf(noise, flux * out[0]!) / noise.sky ** 2);
  }, 0);
  return (cost - logs) / (pixels.length - PLACE);
}
