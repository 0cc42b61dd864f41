import { orAbort } from '../runtime/abort.js';
import { fullScale } from '../image/samples.js';
import { ImageError } from '../runtime/errors.js';
import type { AnyFrame } from '../image/frame.js';
import { requireNumber, requireOneOf } from '../runtime/validate.js';
import { readPair } from './input.js';
import type { MetricInput } from './input.js';
import { openContext } from './options.js';
import type { MetricContext, MetricOptions } from './options.js';

/** Side of the window of SSIM, in pixels. */
const WINDOW = 11;
/** Side to which pooling brings the smaller side of a frame, at most one and a half times of it (Wang's ssim.m). */
const POOLED_SIDE = 256;
/** Exponents of the scales, finest first (Wang, Simoncelli and Bovik 2003). */
const SCALE_WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;
/** From this smaller side on, the window fits into the coarsest scale. */
const MIN_MS_SSIM_SIDE = (WINDOW - 1) * 2 ** (SCALE_WEIGHTS.length - 1) + 1;
const LUMINANCE = -1;

export interface RangeOptions extends MetricOptions {
  /** Range of the samples; by default 255, 65535, or 1 for floats. */
  readonly range?: number;
}

export interface SsimOptions extends RangeOptions {
  /** 'luminance' (default): of 0.299 R + 0.587 G + 0.114 B; 'mean': the mean of what each channel gives. Grey frames: the same. */
  readonly colour?: 'luminance' | 'mean';
  /** Whether to average over squares first, so that the smaller side comes near 256 pixels, as Wang's ssim.m. Default: false. */
  readonly pooled?: boolean;
}

function rangeOf(frame: AnyFrame, range: number | undefined): number {
  return range === undefined ? fullScale(frame) : requireNumber('range', range, Number.MIN_VALUE, Number.MAX_VALUE);
}

/**
 * Peak signal-to-noise ratio in dB, 10 log10(range^2 / MSE), with one MSE over all pixels and colours (alpha left out).
 * Infinity for equal frames. Rejects with ArgumentError or ImageError.
 */
export async function psnr(frame: MetricInput, reference: MetricInput, options: RangeOptions = {}): Promise<number> {
  const context = openContext(options, ['range']);
  const [a, b] = await readPair(frame, reference, context);
  return measurePsnr(a, b, context, options.range);
}

/**
 * Structural similarity (Wang et al. 2004): 11x11 Gaussian window of standard deviation 1.5, K1 0.01, K2 0.03, population
 * covariance, the mean over all pixels whose window lies in the frame. At most 1. Rejects with ArgumentError or ImageError.
 */
export async function ssim(frame: MetricInput, reference: MetricInput, options: SsimOptions = {}): Promise<number> {
  const context = openContext(options, ['range', 'colour', 'pooled']);
  const [a, b] = await readPair(frame, reference, context);
  return measureSsim(a, b, context, options);
}

/**
 * Multi-scale structural similarity (Wang, Simoncelli and Bovik 2003) of the luminance: five scales, means of 2x2 between
 * them; contrast and structure of all, luminance of the coarsest; negative terms count as 0. The smaller side must have
 * at least 161 pixels. Rejects with ArgumentError or ImageError.
 */
export async function msSsim(frame: MetricInput, reference: MetricInput, options: RangeOptions = {}): Promise<number> {
  const context = openContext(options, ['range']);
  const [a, b] = await readPair(frame, reference, context);
  return measureMsSsim(a, b, context, options.range);
}

/** {@link psnr} of frames that were checked. */
export async function measurePsnr(
  a: AnyFrame,
  b: AnyFrame,
  { binding, machine, signal }: MetricContext,
  range?: number,
): Promise<number> {
  const peak = rangeOf(a, range);
  const sum = await orAbort(binding.squaredError(a, b, machine), signal);
  const samples = a.width * a.height * (a.channels < 3 ? 1 : 3);
  return sum === 0 ? Infinity : 10 * Math.log10((peak * peak * samples) / sum);
}

/** {@link ssim} of frames that were checked. */
export async function measureSsim(
  a: AnyFrame,
  b: AnyFrame,
  { binding, machine, signal }: MetricContext,
  options: SsimOptions,
): Promise<number> {
  const colour = requireOneOf('colour', options.colour ?? 'luminance', ['luminance', 'mean'] as const);
  const pooled = requireOneOf('pooled', options.pooled ?? false, [true, false]);
  const range = rangeOf(a, options.range);
  const pool = pooled ? Math.max(1, Math.round(Math.min(a.width, a.height) / POOLED_SIDE)) : 1;
  const components = colour === 'luminance' || a.channels < 3 ? [LUMINANCE] : [0, 1, 2];
  let sum = 0;
  for (const component of components) {
    sum += (await orAbort(binding.measureSimilarity(a, b, { ...machine, component, pool, halvings: 0, range }), signal))
      .ssim;
  }
  return sum / components.length;
}

/** {@link msSsim} of frames that were checked, but for their size. */
export async function measureMsSsim(
  a: AnyFrame,
  b: AnyFrame,
  { binding, machine, signal }: MetricContext,
  range?: number,
): Promise<number> {
  if (Math.min(a.width, a.height) < MIN_MS_SSIM_SIDE) {
    throw new ImageError(
      'IMAGE_INVALID',
      `${a.width}x${a.height} pixels are too few for MS-SSIM; each side must have at least ${MIN_MS_SSIM_SIDE}`,
    );
  }
  const peak = rangeOf(a, range);
  let product = 1;
  for (const [halvings, weight] of SCALE_WEIGHTS.entries()) {
    const found = await orAbort(
      binding.measureSimilarity(a, b, { ...machine, component: LUMINANCE, pool: 1, halvings, range: peak }),
      signal,
    );
    const isCoarsest = halvings === SCALE_WEIGHTS.length - 1;
    product *= Math.max(0, isCoarsest ? found.ssim : found.contrastStructure) ** weight;
  }
  return product;
}
