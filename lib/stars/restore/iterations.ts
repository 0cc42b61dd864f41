import { Runtime } from '../../runtime/runtime.js';
import type { RuntimeChoice } from '../../runtime/runtime.js';
import { Scope } from '../../runtime/scope.js';
import { requireNumber, requireObject, requireOneOf } from '../../runtime/validate.js';
import type { Psf } from '../../psf/psf.js';
import { iterationModel } from './iteration-model.js';
import type { Ensemble, IterationModel, Network } from './iteration-model.js';
import { choleskyInverse } from '../../math/cholesky.js';
import { planImage } from '../measure/plan-image.js';

/** Side of the grid on which the mean of |H| is taken, whatever the window (star-sensor A.5). */
const GRID = 256;
/** Keeps the output layer that similar pairs have adapted near the trained one. */
const RIDGE = 0.1;

/**
 * How iterations are predicted. 'networks': from what the kernel passes of a star, SNR and width of the stars, and the
 * windows. 'paper': from m alone, as published. 'power-law': the baseline of both.
 */
export type IterationRule = 'networks' | 'paper' | 'power-law';

const RULES = ['networks', 'paper', 'power-law'] as const satisfies IterationRule[];

/** What is known of a window that is to be restored. */
export interface IterationQuery extends KernelFeatures {
  /** Root mean square over the stars of the matched filter's response, in standard deviations of the sky. */
  readonly snr: number;
  /** Standard deviation of sharp stars in pixels, above 0, at most 1e3. */
  readonly sigmaPx: number;
  /** Of the window, at most 1e6; of one that several stars share, the root of its area over their number. */
  readonly sidePx: number;
}

/** What predictions take from a kernel. */
export interface KernelFeatures {
  /** SUMFC over the number of frequencies: the mean of |H| on 256x256 of them, 0 to 1 (star-sensor A.5). */
  readonly m: number;
  /**
   * The same weighted by the spectrum of a star, which leaves out what no star has: m depends much on how lines meet
   * the pixels.
   */
  readonly passed: number;
}

/**
 * What a kernel passes. Rejects with ArgumentError, IsaError or NativeError.
 * @param sigmaPx of sharp stars, 0 to 1e3
 */
export async function kernelFeatures(
  kernel: Psf,
  sigmaPx: number,
  options: RuntimeChoice = {},
): Promise<KernelFeatures> {
  requireNumber('sigmaPx', sigmaPx, 0, 1e3);
  using scope = new Scope(Runtime.of(options));
  return await measureKernel(kernel, sigmaPx, scope);
}

/** {@link kernelFeatures} as a part of other work. */
export async function measureKernel({ width, data }: Psf, sigmaPx: number, scope: Scope): Promise<KernelFeatures> {
  using plan = await planImage(scope, GRID, GRID);
  // A kernel larger than the grid wraps around it: its transform is the same at these frequencies.
  const wrapped = new Float32Array(GRID * GRID);
  data.forEach((value, index) => {
    wrapped[(Math.floor(index / width) % GRID) * GRID + ((index % width) % GRID)]! += value;
  });
  const { re, im } = await plan.forward(wrapped);
  const weights = Float64Array.from({ length: GRID }, (_, index) =>
    Math.exp(-2 * (Math.PI * sigmaPx * (Math.min(index, GRID - index) / GRID)) ** 2),
  );
  let [m, passed] = [0, 0];
  for (let row = 0, bin = 0; row < GRID; row += 1) {
    for (let column = 0; column < plan.bins; column += 1, bin += 1) {
      // Frequencies between the first and the last column stand for their opposites as well.
      const magnitude = Math.sqrt(re[bin]! ** 2 + im[bin]! ** 2) * (column === 0 || column === GRID / 2 ? 1 : 2);
      m += magnitude;
      passed += magnitude * weights[row]! * weights[column]!;
    }
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Rounding may take a point beyond 1.
  return { m: Math.min(1, m / GRID ** 2), passed: Math.min(1, passed / (total * total)) };
}

/**
 * The number of Richardson-Lucy iterations that restores windows of stars best (star-sensor A.5,
 * models/stars/iterations.md). Rejects with ArgumentError for an SNR, width or side that is not above 0, or means of
 * |H| beyond (0, 1].
 * @param rule 'networks' by default
 */
export async function predictIterations(query: IterationQuery, rule: IterationRule = 'networks'): Promise<number> {
  requireObject('query', query);
  requireOneOf('rule', rule, RULES);
  const model = await iterationModel();
  const log = LOGARITHMS[rule](query, model);
  return Math.max(1, Math.min(model.most, Math.round(Math.exp(log))));
}

const logOf = (name: string, value: number, largest: number): number =>
  Math.log(requireNumber(name, value, Number.MIN_VALUE, largest));

/** Natural logarithms of the iterations that each rule predicts. */
const LOGARITHMS: Readonly<Record<IterationRule, (query: IterationQuery, model: IterationModel) => number>> = {
  'power-law': ({ m }, { powerLaw }) => Math.log(powerLaw.scale) + powerLaw.exponent * logOf('m', m, 1),
  paper: ({ m }, { paper }) => evaluate(paper, [requireNumber('m', m, Number.MIN_VALUE, 1)]),
  networks: ({ passed, snr, sigmaPx, sidePx }, { networks }) =>
    evaluate(networks, [
      logOf('passed', passed, 1),
      logOf('snr', snr, Number.MAX_VALUE),
      logOf('sigmaPx', sigmaPx, 1e3),
      logOf('sidePx', sidePx, 1e6),
    ]),
};

/**
 * What an ensemble predicts: its networks, adapted to the pairs most similar to the query, weighted by 1 / e
 * (star-sensor eq. 27 to 32).
 */
export function evaluate(
  { low, high, networks, weights, neighbours, pairs }: Ensemble,
  inputs: readonly number[],
): number {
  const query = inputs.map((value, index) =>
    Math.max(0, Math.min(1, (value - low[index]!) / (high[index]! - low[index]!))),
  );
  const near = mostSimilar(pairs, query, neighbours);
  return networks.reduce((sum, network, index) => {
    const units = activate(network, query);
    return sum + weights[index]! * sumOfProducts(adapt(network, near), units);
  }, 0);
}

interface SimilarPair {
  readonly x: readonly number[];
  readonly y: number;
  readonly similarity: number;
}

/** The pairs nearest to a query, with exp(-d^2 / 2): for lambda = 1 in eq. 28. */
function mostSimilar(pairs: readonly (readonly number[])[], query: readonly number[], count: number): SimilarPair[] {
  if (count === 0) return [];
  const compared = pairs.map((pair): SimilarPair => {
    const squared = query.reduce((sum, value, index) => sum + (value - pair[index]!) ** 2, 0);
    return { x: pair.slice(0, -1), y: pair.at(-1)!, similarity: Math.exp(-squared / 2) };
  });
  return compared.sort((a, b) => b.similarity - a.similarity).slice(0, count);
}

/** Hidden units and a constant 1. */
function activate({ hidden }: Network, x: readonly number[]): number[] {
  return [...hidden.map((row) => 1 / (1 + Math.exp(-sumOfProducts(row, [...x, 1])))), 1];
}

/**
 * The output layer with the least squares of similar pairs, weighted by their similarity (eq. 30), and held to the
 * trained one.
 */
function adapt(network: Network, near: readonly SimilarPair[]): readonly number[] {
  const { output } = network;
  const side = output.length;
  const normal = new Float64Array(side * side);
  const right = new Float64Array(side);
  for (let i = 0; i < side; i += 1) normal[i * (side + 1)] = RIDGE;
  for (const { x, y, similarity } of near) {
    const units = activate(network, x);
    const residual = y - sumOfProducts(output, units);
    for (let i = 0; i < side; i += 1) {
      right[i]! += similarity * units[i]! * residual;
      for (let j = 0; j < side; j += 1) normal[i * side + j]! += similarity * units[i]! * units[j]!;
    }
  }
  const inverse = choleskyInverse(normal, side);
  return inverse === null
    ? output
    : output.map((weight, i) => weight + right.reduce((sum, value, j) => sum + inverse[i * side + j]! * value, 0));
}

const sumOfProducts = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * b[index]!, 0);
