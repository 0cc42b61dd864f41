import { angleBetween, multiply, transpose } from '../../math/linear.js';
import type { Matrix3, Vector } from '../../math/linear.js';

/** An attitude at a time. */
export interface TimedAttitude {
  readonly seconds: number;
  readonly matrix: Matrix3;
  readonly covarianceRad2: Matrix3;
}

/** How a sensor turns. */
export interface TurnRate {
  /** In its own frame, at the time of the latest attitude. */
  readonly ratesRadPerSecond: Vector;
  /** Standard deviations of these. */
  readonly sigmaRadPerSecond: Vector;
}

/** Attitudes that a rate is taken from, the latest ones. */
const MOST = 10;
/** With so many, a change of the rate is fitted too. */
const LEAST_WITH_CHANGE = 5;
/** Attitudes that are farther from the latest are not looked at. */
const FARTHEST_RAD = 0.3;

/** The rate at the latest of several attitudes, which are in the order of time; null: there is one alone. */
export function turnRateOf(attitudes: readonly TimedAttitude[]): TurnRate | null {
  const latest = attitudes.at(-1)!;
  const near = attitudes.slice(-MOST).filter(({ matrix }) => angleBetween(matrix, latest.matrix) < FARTHEST_RAD);
  if (near.length < 2) return null;
  const slopes = slopeWeights(near.map(({ seconds }) => seconds - latest.seconds));
  const vectors = near.map(({ matrix }) => smallRotation(matrix, latest.matrix));
  const rate = (i: 0 | 1 | 2): number => slopes.reduce((sum, weight, n) => sum + weight * vectors[n]![i], 0);
  const sigma = (i: 0 | 1 | 2): number =>
    Math.sqrt(slopes.reduce((sum, weight, n) => sum + weight ** 2 * near[n]!.covarianceRad2[i][i], 0));
  return { ratesRadPerSecond: [rate(0), rate(1), rate(2)], sigmaRadPerSecond: [sigma(0), sigma(1), sigma(2)] };
}

/**
 * How the sensor was turned before, in its frame of now: the logarithm of the rotation from the latest attitude to an
 * earlier one. A sensor that turns one way sees the sky turn the other.
 */
function smallRotation(earlier: Matrix3, latest: Matrix3): Vector {
  const m = multiply(earlier, transpose(latest));
  const twice: Vector = [m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]];
  const sine = Math.hypot(...twice) / 2;
  const factor = sine > 0 ? -Math.asin(Math.min(1, sine)) / sine / 2 : -0.5;
  return [factor * twice[0], factor * twice[1], factor * twice[2]];
}

/** What every value is multiplied by for the slope at time 0 of the line, or parabola, that fits them best. */
function slopeWeights(times: readonly number[]): number[] {
  const terms = times.length >= LEAST_WITH_CHANGE ? 3 : 2;
  const span = Math.max(...times.map(Math.abs));
  const rows = times.map((time) => [1, time / span, (time / span) ** 2].slice(0, terms));
  const normal = Array.from({ length: terms }, (_, i) =>
    Array.from({ length: terms }, (_unused, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
  );
  const solution = solve(
    normal,
    Array.from({ length: terms }, (_, i) => (i === 1 ? 1 : 0)),
  );
  return rows.map((row) => row.reduce((sum, value, i) => sum + value * solution[i]!, 0) / span);
}

/** Of a small positive definite system, by elimination. */
function solve(matrix: readonly number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (const [i, pivot] of rows.entries()) {
    for (const [j, row] of rows.entries()) {
      if (i === j) continue;
      const factor = row[i]! / pivot[i]!;
      for (let k = i; k < row.length; k += 1) row[k]! -= factor * pivot[k]!;
    }
  }
  return rows.map((row, i) => row.at(-1)! / row[i]!);
}
