import { ArgumentError } from '../../runtime/errors.js';
import { requireKnownKeys, requireNumber, requireOneOf } from '../../runtime/validate.js';
import { cross, invert, requireVector, scale } from '../../math/linear.js';
import type { Matrix3, Vector } from '../../math/linear.js';
import { toRad } from './angles.js';
import { solveDavenport } from './davenport.js';
import type { Quaternion } from './davenport.js';
import { solveQuest } from './quest.js';
import { solveSvd } from './svd.js';

/**
 * Wahba's problem by the singular values of B (Markley 1988), by QUEST (Shuster and Oh 1981), or by Davenport's
 * eigenvectors.
 */
export type AttitudeMethod = 'svd' | 'quest' | 'davenport';

/** One star, seen and known. */
export interface StarPair {
  /** Direction in the sensor's frame; of any length. */
  readonly sensor: Vector;
  /** The same in the catalogue's frame. */
  readonly reference: Vector;
  /** Standard deviation of the direction about either axis across it, 1e-12 to 1; 1 arc second. */
  readonly sigmaRad?: number;
}

const PAIR_KEYS = ['sensor', 'reference', 'sigmaRad'] as const satisfies (keyof StarPair)[];

/** How a sensor is turned. */
export interface Attitude {
  /** Turns catalogue directions into those of the sensor. */
  readonly matrix: Matrix3;
  /** The same as [x, y, z, w], w >= 0. */
  readonly quaternion: Quaternion;
  /** Of the small rotation vector in the sensor's frame that the attitude is wrong by, in radians squared. */
  readonly covarianceRad2: Matrix3;
  /** Root mean square of the angles between the stars as seen and as known. */
  readonly residualRad: number;
}

const SOLVERS: Readonly<Record<AttitudeMethod, (b: Matrix3) => Matrix3>> = {
  svd: solveSvd,
  quest: solveQuest,
  davenport: solveDavenport,
};
const ARC_SECOND_RAD = toRad(1 / 3600);
/** Stars within this angle of one direction, or of its opposite, do not tell the roll. */
const COLLINEAR_RAD = 1e-6;

/**
 * The attitude that brings catalogue directions nearest to those seen (Wahba 1965), each weighted by 1 / sigma^2.
 * Throws ArgumentError for fewer than two stars, or where all lie in one direction.
 * @param method 'svd' by default
 */
export function solveAttitude(pairs: readonly StarPair[], method: AttitudeMethod = 'svd'): Attitude {
  requireOneOf('method', method, ['svd', 'quest', 'davenport'] as const);
  if (!Array.isArray(pairs) || pairs.length < 2)
    throw new ArgumentError(
      `An attitude needs at least two stars, ${Array.isArray(pairs) ? pairs.length : 'none'} given`,
    );
  const stars = pairs.map(checkPair);
  for (const name of ['sensor', 'reference'] as const) requireSpread(name, stars);
  const matrix = rotationBetween(stars, method);
  return {
    matrix,
    quaternion: quaternionOf(matrix),
    covarianceRad2: covarianceOf(stars),
    residualRad: residualOf(matrix, stars),
  };
}

/** The attitude's rotation by directions of length 1 that count alike; null where they do not tell it. */
export function findAttitude(pairs: readonly StarPair[]): Matrix3 | null {
  const stars = pairs.map(({ sensor, reference }) => ({ sensor, reference, weight: ARC_SECOND_RAD ** -2 }));
  if (stars.length < 2 || !isSpread('sensor', stars) || !isSpread('reference', stars)) return null;
  return rotationBetween(stars, 'svd');
}

function rotationBetween(stars: readonly WeightedPair[], method: AttitudeMethod): Matrix3 {
  const total = stars.reduce((sum, { weight }) => sum + weight, 0);
  const entry = (i: number, j: number): number =>
    stars.reduce((sum, { weight, sensor, reference }) => sum + (weight / total) * sensor[i]! * reference[j]!, 0);
  const row = (i: number): Vector => [entry(i, 0), entry(i, 1), entry(i, 2)];
  return SOLVERS[method]([row(0), row(1), row(2)]);
}

interface WeightedPair {
  readonly sensor: Vector;
  readonly reference: Vector;
  readonly weight: number;
}

function checkPair(pair: StarPair, index: number): WeightedPair {
  const name = `pairs[${index}]`;
  requireKnownKeys(name, pair, PAIR_KEYS);
  const sigma = requireNumber(`${name}.sigmaRad`, pair.sigmaRad ?? ARC_SECOND_RAD, 1e-12, 1);
  return {
    sensor: unit(`${name}.sensor`, pair.sensor),
    reference: unit(`${name}.reference`, pair.reference),
    weight: sigma ** -2,
  };
}

function unit(name: string, value: Vector): Vector {
  const length = Math.hypot(...requireVector(name, value));
  if (!(length > 0)) throw new ArgumentError(`Expected a direction for ${name} but it is 0`);
  return scale(value, 1 / length);
}

/** Whether directions differ, so that the roll about one of them is told by another. */
function isSpread(name: 'sensor' | 'reference', stars: readonly WeightedPair[]): boolean {
  const first = stars[0]![name];
  return stars.some((star) => Math.hypot(...cross(first, star[name])) >= COLLINEAR_RAD);
}

function requireSpread(name: 'sensor' | 'reference', stars: readonly WeightedPair[]): void {
  if (isSpread(name, stars)) return;
  throw new ArgumentError(
    `All ${stars.length} ${name} directions are the same or opposite: the roll about them is unknown`,
  );
}

/** Inverse of the Fisher information, the sum of (1 - b b^T) / sigma^2 (Shuster 1989). */
function covarianceOf(stars: readonly WeightedPair[]): Matrix3 {
  const entry = (i: number, j: number): number =>
    stars.reduce((sum, { weight, sensor }) => sum + weight * ((i === j ? 1 : 0) - sensor[i]! * sensor[j]!), 0);
  const row = (i: number): Vector => [entry(i, 0), entry(i, 1), entry(i, 2)];
  return invert([row(0), row(1), row(2)])!;
}

function residualOf(matrix: Matrix3, stars: readonly WeightedPair[]): number {
  const squares = stars.map(({ sensor, reference }) =>
    matrix.reduce(
      (sum, row, i) => sum + (sensor[i]! - row[0] * reference[0] - row[1] * reference[1] - row[2] * reference[2]) ** 2,
      0,
    ),
  );
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / stars.length);
}

/** A rotation as a quaternion, w >= 0: by its largest number, so that nothing small is divided by (Shepperd 1978). */
export function quaternionOf([[a, b, c], [d, e, f], [g, h, i]]: Matrix3): Quaternion {
  const candidates: Quaternion[] = [
    [f - h, g - c, b - d, 1 + a + e + i],
    [1 + a - e - i, b + d, c + g, f - h],
    [b + d, 1 - a + e - i, f + h, g - c],
    [c + g, f + h, 1 - a - e + i, b - d],
  ];
  const best = candidates.reduce((one, other) => (Math.hypot(...other) > Math.hypot(...one) ? other : one));
  const length = Math.hypot(...best) * (best[3] < 0 ? -1 : 1);
  return [best[0] / length, best[1] / length, best[2] / length, best[3] / length];
}
