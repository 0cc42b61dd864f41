import { decomposeSymmetric } from '../psf/eigen.js';

type Matrix = readonly (readonly number[])[];

/** A multivariate Gaussian distribution. */
export interface Gaussian {
  readonly mean: readonly number[];
  readonly covariance: Matrix;
}

/** Pivots below this part of their diagonal are taken for rounding errors. */
const LEAST_PIVOT = 1e-12;

/**
 * The means of what is a number, and the covariance of the rows of which all is (MATLAB's nanmean and nancov); of a
 * single row 0. Null without any row of which all is a number.
 */
export function fitGaussian(rows: Matrix): Gaussian | null {
  const whole = rows.filter((row) => !row.some(Number.isNaN));
  if (whole.length === 0) return null;
  const size = whole[0]!.length;
  const centre = meanOf(whole, size);
  const covariance = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const row of whole) {
    for (let i = 0; i < size; i += 1) {
      const deviation = row[i]! - centre[i]!;
      for (let j = 0; j <= i; j += 1) covariance[i]![j]! += deviation * (row[j]! - centre[j]!);
    }
  }
  const divisor = Math.max(1, whole.length - 1);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) covariance[j]![i] = covariance[i]![j]! /= divisor;
  }
  return { mean: meanOf(rows, size), covariance };
}

function meanOf(rows: Matrix, size: number): number[] {
  const [sums, counts] = [new Array<number>(size).fill(0), new Array<number>(size).fill(0)];
  for (const row of rows) {
    for (let i = 0; i < size; i += 1) {
      if (Number.isNaN(row[i])) continue;
      sums[i]! += row[i]!;
      counts[i]! += 1;
    }
  }
  return sums.map((sum, index) => sum / counts[index]!);
}

/** sqrt(d pinv((A + B) / 2) d), d the difference of the means: equation 10 of Mittal, Soundararajan and Bovik 2013. */
export function distanceBetween(a: Gaussian, b: Gaussian): number {
  const difference = a.mean.map((value, index) => value - b.mean[index]!);
  const pooled = a.covariance.map((row, i) => row.map((value, j) => (value + b.covariance[i]![j]!) / 2));
  return Math.sqrt(squareByCholesky(pooled, difference) ?? squareByEigenvalues(pooled, difference));
}

/** d inverse(M) d; null unless M is clearly of full rank. */
function squareByCholesky(matrix: Matrix, difference: readonly number[]): number | null {
  const lower: number[][] = [];
  const solved: number[] = [];
  let square = 0;
  for (const [i, row] of matrix.entries()) {
    const found: number[] = [];
    for (let j = 0; j < i; j += 1) found.push((row[j]! - dot(found, lower[j]!, j)) / lower[j]![j]!);
    const pivot = row[i]! - dot(found, found, i);
    if (!(pivot > LEAST_PIVOT * row[i]!)) return null;
    found.push(Math.sqrt(pivot));
    lower.push(found);
    solved.push((difference[i]! - dot(found, solved, i)) / found[i]!);
    square += solved[i]! ** 2;
  }
  return square;
}

function dot(a: readonly number[], b: readonly number[], count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

/** d pinv(M) d, with the tolerance of MATLAB's pinv. */
function squareByEigenvalues(matrix: Matrix, difference: readonly number[]): number {
  const { values, vectors } = decomposeSymmetric(matrix);
  const least = matrix.length * 2 ** (Math.floor(Math.log2(values[0]!)) - 52);
  return values.reduce(
    (total, value, index) =>
      value <= least ? total : total + dot(vectors[index]!, difference, difference.length) ** 2 / value,
    0,
  );
}
