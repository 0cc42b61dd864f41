import type { AnyFrame, AnyFrameSize } from '../image/frame.js';
import { fullScale } from '../image/samples.js';
import { ImageError } from '../runtime/errors.js';
import type { Scope } from '../runtime/scope.js';
import { requireNumber, requireOneOf } from '../runtime/validate.js';
import type { MetricInput } from './input.js';
import { checkMetricOptions, measureMetric } from './metric.js';
import type { Metric, MetricOptions } from './metric.js';

/** Side of the window of SSIM, in pixels. */
const WINDOW = 11;
/** Side to which pooling brings the smaller side of a frame, at most one and a half times of it (Wang's ssim.m). */
const POOLED_SIDE = 256;
/** Exponents of the scales, finest first (Wang, Simoncelli and Bovik 2003). */
const SCALE_WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;
/** From this smaller side on, the window fits into the coarsest scale. */
const MIN_MS_SSIM_SIDE = (WINDOW - 1) * 2 ** (SCALE_WEIGHTS.length - 1) + 1;
const LUMINANCE = -1;

/** Options of metrics that compare samples. */
export interface RangeOptions extends MetricOptions {
  /** Range of the samples, above 0; by default 255, 65535, or 1 for floats. */
  readonly range?: number;
}

/** Options of {@link ssim}. */
export interface SsimOptions extends RangeOptions {
  /**
   * 'luminance' (default): of 0.299 R + 0.587 G + 0.114 B; 'mean': the mean of what each channel gives. Grey frames:
   * the same.
   */
  readonly colour?: 'luminance' | 'mean';
  /**
   * Whether to average over squares first, so that the smaller side comes near 256 pixels, as Wang's ssim.m. Default:
   * false.
   */
  readonly pooled?: boolean;
}

/**
 * Peak signal-to-noise ratio in dB, 10 log10(range^2 / MSE), with one MSE over all pixels and colours (alpha left out).
 * Infinity for equal frames. Rejects with ArgumentError or ImageError.
 */
export async function psnr(frame: MetricInput, reference: MetricInput, options: RangeOptions = {}): Promise<number> {
  checkMetricOptions(options, ['range']);
  return measureMetric(psnrMetric(options.range), [frame, reference], options);
}

/**
 * Structural similarity (Wang et al. 2004): 11x11 Gaussian window of standard deviation 1.5, K1 0.01, K2 0.03,
 * population covariance, the mean over all pixels whose window lies in the frame. At most 1. Rejects with ArgumentError
 * or ImageError.
 */
export async function ssim(frame: MetricInput, reference: MetricInput, options: SsimOptions = {}): Promise<number> {
  checkMetricOptions(options, ['range', 'colour', 'pooled']);
  const { range, colour = 'luminance', pooled = false } = options;
  requireOneOf('colour', colour, ['luminance', 'mean'] as const);
  requireOneOf('pooled', pooled, [true, false]);
  return measureMetric(ssimMetric('ssim', { colour, pooled }, range), [frame, reference], options);
}

/**
 * Multi-scale structural similarity (Wang, Simoncelli and Bovik 2003) of the luminance: five scales, means of 2x2
 * between them; contrast and structure of all, luminance of the coarsest; negative terms count as 0. 0 to 1. The
 * smaller side must have at least 161 pixels. Rejects with ArgumentError or ImageError.
 */
export async function msSsim(frame: MetricInput, reference: MetricInput, options: RangeOptions = {}): Promise<number> {
  checkMetricOptions(options, ['range']);
  return measureMetric(msSsimMetric(options.range), [frame, reference], options);
}

/** {@link psnr}. Throws ArgumentError. */
export function psnrMetric(range?: number): Metric<number> {
  checkRange(range);
  const measure = async (scope: Scope, a: AnyFrame, b: AnyFrame): Promise<number> => {
    const peak = range ?? fullScale(a);
    const sum = await scope.call((binding, ticket) => binding.squaredError(a, b, scope, ticket));
    const samples = a.width * a.height * (a.channels < 3 ? 1 : 3);
    return sum === 0 ? Infinity : 10 * Math.log10((peak * peak * samples) / sum);
  };
  return { name: 'psnr', measure };
}

/** {@link ssim}. Throws ArgumentError. */
export function ssimMetric(
  name: string,
  { colour, pooled }: Required<Pick<SsimOptions, 'colour' | 'pooled'>>,
  givenRange?: number,
): Metric<number> {
  checkRange(givenRange);
  const measure = async (scope: Scope, a: AnyFrame, b: AnyFrame): Promise<number> => {
    const { isa, threads } = scope;
    const range = givenRange ?? fullScale(a);
    const pool = pooled ? Math.max(1, Math.round(Math.min(a.width, a.height) / POOLED_SIDE)) : 1;
    const components = colour === 'luminance' || a.channels < 3 ? [LUMINANCE] : [0, 1, 2];
    let sum = 0;
    for (const component of components) {
      const request = { isa, threads, component, pool, halvings: 0, range };
      sum += (await scope.call((binding, ticket) => binding.measureSimilarity(a, b, request, ticket))).ssim;
    }
    return sum / components.length;
  };
  return { name, measure };
}

/** {@link msSsim}. Throws ArgumentError. */
export function msSsimMetric(givenRange?: number): Metric<number> {
  checkRange(givenRange);
  const measure = async (scope: Scope, a: AnyFrame, b: AnyFrame): Promise<number> => {
    const { isa, threads } = scope;
    const range = givenRange ?? fullScale(a);
    let product = 1;
    for (const [halvings, weight] of SCALE_WEIGHTS.entries()) {
      const request = { isa, threads, component: LUMINANCE, pool: 1, halvings, range };
      const found = await scope.call((binding, ticket) => binding.measureSimilarity(a, b, request, ticket));
      const isCoarsest = halvings === SCALE_WEIGHTS.length - 1;
      product *= Math.max(0, isCoarsest ? found.ssim : found.contrastStructure) ** weight;
    }
    return product;
  };
  return { name: 'msSsim', check: requireScales, measure };
}

function requireScales({ width, height }: AnyFrameSize): void {
  if (Math.min(width, height) >= MIN_MS_SSIM_SIDE) return;
  throw new ImageError(
    'IMAGE_INVALID',
    `${width}x${height} pixels are too few for MS-SSIM; each side must have at least ${MIN_MS_SSIM_SIDE}`,
  );
}

function checkRange(range: number | undefined): void {
  if (range !== undefined) requireNumber('range', range, Number.MIN_VALUE, Number.MAX_VALUE);
}
