import { ImageError } from '../runtime/errors.js';
import type { AnyFrame } from '../image/frame.js';
import { expected, requireFunction, requireOneOf } from '../runtime/validate.js';
import { measureBrisque } from './brisque.js';
import { measureEdgeSharpness } from './edges.js';
import { readInput, readPair } from './input.js';
import type { MetricInput } from './input.js';
import { measureMtf50 } from './mtf50.js';
import { measureEoNiqe, measureNiqe } from './niqe.js';
import { openContext } from './options.js';
import type { MetricContext, MetricOptions } from './options.js';
import { measureMsSsim, measurePsnr, measureSsim } from './similarity.js';
import { measureWaterAgreement } from './water.js';

type Measure = (frame: AnyFrame, context: MetricContext) => Promise<number>;
type Compare = (
  frame: AnyFrame,
  reference: AnyFrame,
  context: MetricContext,
  range: number | undefined,
) => Promise<number>;

const withRange = (range: number | undefined): { range?: number } => (range === undefined ? {} : { range });

/** Metrics that compare with a reference. */
const COMPARISONS = {
  psnr: measurePsnr,
  ssim: (a, b, context, range) => measureSsim(a, b, context, withRange(range)),
  ssimPooled: (a, b, context, range) => measureSsim(a, b, context, { ...withRange(range), pooled: true }),
  msSsim: measureMsSsim,
  waterAgreement: async (a, b, context) => (await measureWaterAgreement(a, b, context)).iou,
} satisfies Record<string, Compare>;

/** Metrics of a frame alone. */
const MEASUREMENTS = {
  niqe: (frame, context) => measureNiqe(frame, context),
  eoNiqe: (frame, context) => measureEoNiqe(frame, context),
  brisque: (frame, context) => measureBrisque(frame, context),
  edgeSharpness: measureEdgeSharpness,
  mtf50: async (frame, context) => (await measureMtf50(frame, context)).mtf50,
} satisfies Record<string, Measure>;

export type MetricName = keyof typeof COMPARISONS | keyof typeof MEASUREMENTS;

/** In the order in which they are measured. */
export const METRIC_NAMES = [...Object.keys(COMPARISONS), ...Object.keys(MEASUREMENTS)] as readonly MetricName[];

export interface MeasureOptions extends MetricOptions {
  /** The sharp frame, of equal size, colours and depth. Without it, metrics that compare are left out. */
  readonly reference?: MetricInput;
  /** Those wanted. By default all that the frame allows; why others are left out is in {@link Measurement.skipped}. */
  readonly metrics?: readonly MetricName[];
  /** Range of the samples for metrics that compare; by default 255, 65535, or 1 for floats. */
  readonly range?: number;
  /** Called when a metric is done. */
  readonly onProgress?: (progress: {
    readonly metric: MetricName;
    readonly done: number;
    readonly total: number;
  }) => void;
}

export interface Measurement {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly depth: number;
  readonly values: Readonly<Partial<Record<MetricName, number>>>;
  /** Metrics that this frame does not allow, with the reason; empty where metrics were named. */
  readonly skipped: Readonly<Partial<Record<MetricName, string>>>;
}

const isComparison = (name: MetricName): name is keyof typeof COMPARISONS => Object.hasOwn(COMPARISONS, name);

function chooseMetrics(requested: readonly MetricName[] | undefined, hasReference: boolean): readonly MetricName[] {
  if (requested === undefined) return METRIC_NAMES.filter((name) => hasReference || !isComparison(name));
  if (!Array.isArray(requested) || requested.length === 0) throw expected('list of metrics', 'metrics', requested);
  for (const name of requested) {
    requireOneOf('metrics', name, METRIC_NAMES);
    if (isComparison(name) && !hasReference) throw expected('reference, which is needed', name, undefined);
  }
  return requested;
}

/**
 * Measures several metrics of a frame at once. Rejects with ArgumentError or ImageError, with the signal's reason, and
 * for a metric that was named and that the frame does not allow.
 */
export async function measure(input: MetricInput, options: MeasureOptions = {}): Promise<Measurement> {
  const context = openContext(options, ['reference', 'metrics', 'range', 'onProgress']);
  const { reference, range, onProgress = () => {} } = options;
  requireFunction('onProgress', onProgress);
  const names = chooseMetrics(options.metrics, reference !== undefined);
  const [frame, other] =
    reference === undefined
      ? [await readInput('frame', input, context), null]
      : await readPair(input, reference, context);
  const values: Partial<Record<MetricName, number>> = {};
  const skipped: Partial<Record<MetricName, string>> = {};
  for (const [index, metric] of names.entries()) {
    context.signal.throwIfAborted();
    try {
      values[metric] = await (isComparison(metric)
        ? COMPARISONS[metric](frame, other!, context, range)
        : MEASUREMENTS[metric](frame, context));
    } catch (error) {
      if (options.metrics !== undefined || !(error instanceof ImageError)) throw error;
      skipped[metric] = error.message;
    }
    onProgress({ metric, done: index + 1, total: names.length });
  }
  const { width, height, channels, depth } = frame;
  return { width, height, channels, depth, values, skipped };
}
