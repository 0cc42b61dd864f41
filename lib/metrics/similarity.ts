import type { AnyFrame, AnyFrameSize } from '../image/frame.js';
import { fullScale } from '../image/samples.js';
import { ImageError } from '../runtime/errors.js';
import type { MetricBinding } from '../runtime/native/metrics.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import { requireOneOf } from '../runtime/validate.js';
import type { MetricInput } from './input.js';
import type { MeasuredFrame } from './measured.js';
import { checkMetricOptions, measureMetric } from './metric.js';
import type { Metric, MetricOptions } from './metric.js';
import { halvePlaces, poolPlaces, wholeSquares } from './windows.js';
import type { Places } from './windows.js';

/** Side of the window of SSIM, in pixels. */
const WINDOW = 11;
/** Side to which pooling brings the smaller side of a frame, at most one and a half times of it (Wang's ssim.m). */
const POOLED_SIDE = 256;
/** Exponents of the scales, finest first (Wang, Simoncelli and Bovik 2003). */
const SCALE_WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;
/** From this smaller side on, the window fits into the coarsest scale. */
const MIN_MS_SSIM_SIDE = (WINDOW - 1) * 2 ** (SCALE_WEIGHTS.length - 1) + 1;
const LUMINANCE = -1;

/** Options of {@link ssim}. */
export interface SsimOptions extends MetricOptions {
  /**
   * 'luminance' (default): of 0.299 R + 0.587 G + 0.114 B, or without such bands of the mean of all; 'mean': the mean
   * of what each band gives. Grey frames: the same.
   */
  readonly colour?: 'luminance' | 'mean';
  /**
   * Whether to average over squares first, so that the smaller side comes near 256 pixels, as Wang's ssim.m. Default:
   * false.
   */
  readonly pooled?: boolean;
}

/**
 * Peak signal-to-noise ratio in dB, 10 log10(white^2 / MSE), with one MSE over all pixels and bands (alpha left out).
 * Infinity for equal frames. Rejects with ArgumentError or ImageError.
 */
export async function psnr(frame: MetricInput, reference: MetricInput, options: MetricOptions = {}): Promise<number> {
  checkMetricOptions(options);
  return measureMetric(psnrMetric, [frame, reference], options);
}

/**
 * Structural similarity (Wang et al. 2004): 11x11 Gaussian window of standard deviation 1.5, K1 0.01, K2 0.03,
 * population covariance, the mean over all pixels whose window lies in the frame. At most 1. Rejects with ArgumentError
 * or ImageError.
 */
export async function ssim(frame: MetricInput, reference: MetricInput, options: SsimOptions = {}): Promise<number> {
  checkMetricOptions(options, ['colour', 'pooled']);
  const { colour = 'luminance', pooled = false } = options;
  requireOneOf('colour', colour, ['luminance', 'mean'] as const);
  requireOneOf('pooled', pooled, [true, false]);
  return measureMetric(ssimMetric('ssim', { colour, pooled }), [frame, reference], options);
}

/**
 * Multi-scale structural similarity (Wang, Simoncelli and Bovik 2003) of the luminance: five scales, means of 2x2
 * between them; contrast and structure of all, luminance of the coarsest; negative terms count as 0. 0 to 1. The
 * smaller side must have at least 161 pixels. Rejects with ArgumentError or ImageError.
 */
export async function msSsim(frame: MetricInput, reference: MetricInput, options: MetricOptions = {}): Promise<number> {
  checkMetricOptions(options);
  return measureMetric(msSsimMetric, [frame, reference], options);
}

/** {@link psnr}. */
export const psnrMetric: Metric<number> = {
  name: 'psnr',
  measure: async (scope, a, b) => {
    const { isa, threads } = scope;
    const peak = fullScale(a.frame);
    const options = { isa, threads, ...(a.valid && { valid: a.valid }) };
    const sum = await scope.call((binding, ticket) => binding.squaredError(a.frame, b.frame, options, ticket));
    return sum === 0 ? Infinity : 10 * Math.log10((peak * peak * a.pixels * a.frame.bands) / sum);
  },
};

/** {@link ssim}, by the name of a metric. */
export function ssimMetric(
  name: string,
  { colour, pooled }: Required<Pick<SsimOptions, 'colour' | 'pooled'>>,
): Metric<number> {
  const measure = async (scope: Scope, a: MeasuredFrame, b: MeasuredFrame): Promise<number> => {
    const { width, height, bands } = a.frame;
    const pool = pooled ? Math.max(1, Math.round(Math.min(width, height) / POOLED_SIDE)) : 1;
    const pauses = new Pauses(scope.signal);
    const places = a.valid && (await poolPlaces(a.places, pool, pauses));
    const scale = { pool, halvings: 0, windows: places && (await findWindows(places, pauses)) };
    if (colour === 'luminance' || bands === 1)
      return (await compare(scope, a.brightness, b.brightness, LUMINANCE, scale)).ssim;
    let sum = 0;
    for (let band = 0; band < bands; band += 1) sum += (await compare(scope, a.frame, b.frame, band, scale)).ssim;
    return sum / bands;
  };
  return { name, measure };
}

/** {@link msSsim}. */
export const msSsimMetric: Metric<number> = {
  name: 'msSsim',
  check: requireScales,
  measure: async (scope, a, b) => {
    const pauses = new Pauses(scope.signal);
    let places = a.valid && a.places;
    let product = 1;
    for (const [halvings, weight] of SCALE_WEIGHTS.entries()) {
      if (places && halvings > 0) places = await halvePlaces(places, pauses);
      const scale = { pool: 1, halvings, windows: places && (await findWindows(places, pauses)) };
      const found = await compare(scope, a.brightness, b.brightness, LUMINANCE, scale);
      const isCoarsest = halvings === SCALE_WEIGHTS.length - 1;
      product *= Math.max(0, isCoarsest ? found.ssim : found.contrastStructure) ** weight;
    }
    return product;
  },
};

/** The windows without a missing pixel. Rejects with ImageError where there is none. */
async function findWindows(places: Places, pauses: Pauses): Promise<Uint8Array> {
  const { data } = await wholeSquares(places, WINDOW, pauses);
  if (data.includes(1)) return data;
  throw new ImageError('IMAGE_INVALID', `SSIM needs windows of ${WINDOW}x${WINDOW} pixels of which none is missing`);
}

/** At what scale frames are compared, and by which windows; null: all. */
interface CompareScale {
  readonly pool: number;
  readonly halvings: number;
  readonly windows: Uint8Array | null;
}

function compare(
  scope: Scope,
  a: AnyFrame,
  b: AnyFrame,
  component: number,
  { windows, ...scale }: CompareScale,
): ReturnType<MetricBinding['measureSimilarity']> {
  const { isa, threads } = scope;
  const request = { isa, threads, component, range: fullScale(a), ...scale, ...(windows && { windows }) };
  return scope.call((binding, ticket) => binding.measureSimilarity(a, b, request, ticket));
}

function requireScales({ width, height }: AnyFrameSize): void {
  if (Math.min(width, height) >= MIN_MS_SSIM_SIDE) return;
  throw new ImageError(
    'IMAGE_INVALID',
    `${width}x${height} pixels are too few for MS-SSIM; each side must have at least ${MIN_MS_SSIM_SIDE}`,
  );
}
