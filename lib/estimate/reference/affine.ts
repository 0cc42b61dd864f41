import { choleskySolve } from '../../math/cholesky.js';
import { median } from '../../math/median.js';

/** [a, b, c, d, e, f]: (x, y) goes to (a x + b y + c, d x + e y + f). */
export type Affine = readonly [number, number, number, number, number, number];

/** A place and where it should go. */
export interface Match {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

export interface AffineFit {
  readonly affine: Affine;
  /** Weight that each match has kept, 0 to 1: an outlier has 0. */
  readonly trust: readonly number[];
  /** Root mean square distance of the trusted matches, in the units of `to`. */
  readonly residual: number;
}

const ROUNDS = 20;
/** Triples that are tried: with 30 % of outliers, one without any is among 12 of them in 99 of 100 cases. */
const TRIPLES = 300;
/** Tukey's constant in standard deviations, and a scale below which nothing is an outlier. */
const [TUKEY, LEAST_SCALE] = [4.7, 0.05];

export function applyAffine([a, b, c, d, e, f]: Affine, x: number, y: number): [number, number] {
  return [a * x + b * y + c, d * x + e * y + f];
}

/** First `inner`, then `outer`. */
export function compose(outer: Affine, [a, b, c, d, e, f]: Affine): Affine {
  const [p, q, , s, t] = outer;
  const [x, y] = applyAffine(outer, c, f);
  return [p * a + q * d, p * b + q * e, x, s * a + t * d, s * b + t * e, y];
}

/**
 * The map of that triple of matches whose median distance is least (Rousseeuw 1984), then iterated least squares with
 * Tukey's weights: outliers, as clouds and changes give them, up to nearly half of all, do not count. At least 3
 * matches.
 */
export function fitAffine(matches: readonly Match[]): AffineFit {
  let affine = startOf(matches);
  let distances = distancesOf(matches, affine);
  let trust: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const reach = TUKEY * Math.max(LEAST_SCALE, median(distances)! / 1.18);
    trust = distances.map((distance) => Math.max(0, 1 - (distance / reach) ** 2) ** 2);
    affine = solve(matches, trust);
    distances = distancesOf(matches, affine);
  }
  const total = trust.reduce((sum, value) => sum + value, 0);
  const residual = Math.sqrt(
    distances.reduce((sum, distance, index) => sum + trust[index]! * distance ** 2, 0) / Math.max(total, 1e-9),
  );
  return { affine, trust, residual };
}

function startOf(matches: readonly Match[]): Affine {
  let best = solve(
    matches,
    matches.map(() => 1),
  );
  let least = median(distancesOf(matches, best))!;
  const count = matches.length;
  // Steps that share no factor with most numbers visit all sorts of triples, the same ones every time.
  for (let index = 0; index < TRIPLES; index += 1) {
    const [i, j, k] = [index % count, (index * 7 + 3) % count, (index * 13 + Math.floor(index / count) + 5) % count];
    if (i === j || j === k || i === k) continue;
    const weights = new Array<number>(count).fill(0);
    weights[i] = weights[j] = weights[k] = 1;
    const affine = solve(matches, weights);
    const middle = median(distancesOf(matches, affine))!;
    if (middle < least) [best, least] = [affine, middle];
  }
  return best;
}

function distancesOf(matches: readonly Match[], affine: Affine): number[] {
  return matches.map(({ from, to }) => {
    const [x, y] = applyAffine(affine, ...from);
    return Math.hypot(x - to[0], y - to[1]);
  });
}

function solve(matches: readonly Match[], weights: readonly number[]): Affine {
  return [...solveRow(matches, weights, 0), ...solveRow(matches, weights, 1)] as unknown as Affine;
}

/** One row of the affine map, about the mean place, which keeps the equations well conditioned. */
function solveRow(matches: readonly Match[], weights: readonly number[], axis: 0 | 1): [number, number, number] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const centre = [0, 1].map((index) =>
    matches.reduce((sum, { from }, i) => sum + (weights[i]! * from[index]!) / total, 0),
  ) as [number, number];
  const matrix = new Float64Array(9);
  const vector = new Float64Array(3);
  matches.forEach(({ from, to }, index) => {
    const row = [from[0] - centre[0], from[1] - centre[1], 1];
    for (let i = 0; i < 3; i += 1) {
      vector[i]! += weights[index]! * row[i]! * to[axis];
      for (let j = 0; j < 3; j += 1) matrix[3 * i + j]! += weights[index]! * row[i]! * row[j]!;
    }
  });
  for (let i = 0; i < 3; i += 1) matrix[4 * i]! += 1e-9;
  const [slopeX, slopeY, constant] = choleskySolve(matrix, vector) as unknown as [number, number, number];
  return [slopeX, slopeY, constant - slopeX * centre[0] - slopeY * centre[1]];
}
