import { ArgumentError } from '../../runtime/errors.js';
import { requireKnownKeys, requireNumber, requireOneOf } from '../../runtime/validate.js';
import { cross, invert, requireVector, scale } from '../../math/linear.js';
import type { Matrix3, Vector } from '../../math/linear.js';
import { solveDavenport } from './davenport.js';
import { solveQuest } from './quest.js';
import { solveSvd } from './svd.js';

/** Wahba's problem by the singular values of B (Markley 1988), by QUEST (Shuster and Oh 1981), or by Davenport's eigenvectors. */
export type AttitudeMethod = 'svd' | 'quest' | 'davenport';

/** One star, seen and known. */
export interface StarPair {
  /** Direction in the sensor's frame; of any length. */
  readonly sensor: Vector;
  /** The same in the catalogue's frame. */
  readonly reference: Vector;
  /** Standard deviation of the direction in radians, about either axis across it; 1 arc second. */
  readonly sigma?: number;
}

export interface Attitude {
  /** Turns catalogue directions into those of the sensor. */
  readonly matrix: Matrix3;
  /** The same as [x, y, z, w], w >= 0. */
  readonly quaternion: readonly [number, number, number, number];
  /** Of the small rotation vector in the sensor's frame that the attitude is wrong by, in radians squared. */
  readonly covariance: Matrix3;
  /** Root mean square of the angles between the stars as seen and as known, in radians. */
  readonly residual: number;
}

const SOLVERS: Readonly<Record<AttitudeMethod, (b: Matrix3) => Matrix3>> = {
  svd: solveSvd,
  quest: solveQuest,
  davenport: solveDavenport,
};
const ARC_SECOND = Math.PI / 180 / 3600;
/** Stars within this angle of one direction, or of its opposite, do not tell the roll. */
const COLLINEAR = 1e-6;

/**
 * The attitude that brings catalogue directions nearest to those seen (Wahba 1965), each weighted by 1 / sigma^2. Throws ArgumentError
 * for fewer than two stars, or where all lie in one direction.
 */
export function solveAttitude(pairs: readonly StarPair[], method: AttitudeMethod = 'svd'): Attitude {
  requireOneOf('method', method, ['svd', 'quest', 'davenport'] as const);
  if (!Array.isArray(pairs) || pairs.length < 2)
    throw new ArgumentError(
      `An attitude needs at least two stars, ${Array.isArray(pairs) ? pairs.length : 'none'} given`,
    );
  const stars = pairs.map(checkPair);
  requireSpread(
    'sensor',
    stars.map(({ sensor }) => sensor),
  );
  requireSpread(
    'reference',
    stars.map(({ reference }) => reference),
  );
  const total = stars.reduce((sum, { weight }) => sum + weight, 0);
  const entry = (i: number, j: number): number =>
    stars.reduce((sum, { weight, sensor, reference }) => sum + (weight / total) * sensor[i]! * reference[j]!, 0);
  const row = (i: number): Vector => [entry(i, 0), entry(i, 1), entry(i, 2)];
  const matrix = SOLVERS[method]([row(0), row(1), row(2)]);
  return {
    matrix,
    quaternion: quaternionOf(matrix),
    covariance: covarianceOf(stars),
    residual: residualOf(matrix, stars),
  };
}

interface WeightedPair {
  readonly sensor: Vector;
  readonly reference: Vector;
  readonly weight: number;
}

function checkPair(pair: StarPair, index: number): WeightedPair {
  const name = `pairs[${index}]`;
  requireKnownKeys(name, pair, ['sensor', 'reference', 'sigma']);
  const sigma = requireNumber(`${name}.sigma`, pair.sigma ?? ARC_SECOND, 1e-12, 1);
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

function requireSpread(name: string, directions: readonly Vector[]): void {
  const widest = Math.max(...directions.map((direction) => Math.hypot(...cross(directions[0]!, direction))));
  if (widest < COLLINEAR)
    throw new ArgumentError(
      `All ${directions.length} ${name} directions are the same or opposite: the roll about them is unknown`,
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

/** By the largest of the four, so that nothing small is divided by (Shepperd 1978). */
function quaternionOf([[a, b, c], [d, e, f], [g, h, i]]: Matrix3): Attitude['quaternion'] {
  const candidates: (readonly [number, number, number, number])[] = [
    [f - h, g - c, b - d, 1 + a + e + i],
    [1 + a - e - i, b + d, c + g, f - h],
    [b + d, 1 - a + e - i, f + h, g - c],
    [c + g, f + h, 1 - a - e + i, b - d],
  ];
  const best = candidates.reduce((one, other) => (Math.hypot(...other) > Math.hypot(...one) ? other : one));
  const length = Math.hypot(...best) * (best[3] < 0 ? -1 : 1);
  return [best[0] / length, best[1] / length, best[2] / length, best[3] / length];
}
