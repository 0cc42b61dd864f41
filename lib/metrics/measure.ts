import type { AnyFrame, AnyFrameSize } from '../image/frame.js';
import type { OperationReport } from '../operation/report.js';
import { ArgumentError, ImageError } from '../runtime/errors.js';
import type { Scope } from '../runtime/scope.js';
import { expected, requireOneOf } from '../runtime/validate.js';
import { brisqueMetric } from './brisque.js';
import { edgeSharpnessMetric } from './edges.js';
import type { MetricInput } from './input.js';
import { checkMetricOptions, performWork } from './metric.js';
import type { FrameWork, Metric, MetricOptions } from './metric.js';
import { mtf50Metric } from './mtf50.js';
import { niqeMetric } from './niqe.js';
import { msSsimMetric, psnrMetric, ssimMetric } from './similarity.js';
import { waterAgreementMetric } from './water.js';

/** Metrics that compare samples with those of a reference, whose range they must know. */
const COMPARISONS_OF_SAMPLES = {
  psnr: psnrMetric,
  ssim: (range) => ssimMetric('ssim', { colour: 'luminance', pooled: false }, range),
  ssimPooled: (range) => ssimMetric('ssimPooled', { colour: 'luminance', pooled: true }, range),
  msSsim: msSsimMetric,
} satisfies Record<string, (range?: number) => Metric<number>>;

/** Other metrics that compare with a reference. */
const COMPARISONS = { waterAgreement: waterAgreementMetric } satisfies Record<string, Metric<number>>;

/** Metrics of a frame alone. */
const MEASUREMENTS = {
  niqe: niqeMetric('niqe'),
  eoNiqe: niqeMetric('eoNiqe'),
  brisque: brisqueMetric(),
  edgeSharpness: edgeSharpnessMetric,
  mtf50: mtf50Metric,
} satisfies Record<string, Metric<number>>;

type RangeName = keyof typeof COMPARISONS_OF_SAMPLES;

/** Name of a metric; the function of that name measures it alone. 'ssimPooled' is `ssim` with `pooled`. */
export type MetricName = RangeName | keyof typeof COMPARISONS | keyof typeof MEASUREMENTS;

const RANGE_NAMES = Object.keys(COMPARISONS_OF_SAMPLES) as readonly RangeName[];
const COMPARISON_NAMES: readonly MetricName[] = [...RANGE_NAMES, 'waterAgreement'];

/** In the order in which they are measured. */
export const METRIC_NAMES: readonly MetricName[] = [
  ...COMPARISON_NAMES,
  ...(Object.keys(MEASUREMENTS) as (keyof typeof MEASUREMENTS)[]),
];

/** Options of {@link measure}. */
export interface MeasureOptions extends MetricOptions {
  /** The sharp frame, of equal size, colours and depth. Without it, metrics that compare are left out. */
  readonly reference?: MetricInput;
  /** Those wanted. By default all that the frame allows; why others are left out is in {@link Measurement.skipped}. */
  readonly metrics?: readonly MetricName[];
  /** Range of the samples for psnr, ssim, ssimPooled and msSsim, above 0; by default 255, 65535, or 1 for floats. */
  readonly range?: number;
}

/** Values of metrics. */
export interface MetricValues {
  readonly values: Readonly<Partial<Record<MetricName, number>>>;
  /** Metrics that this frame does not allow, with the reason; empty where metrics were named. */
  readonly skipped: Readonly<Partial<Record<MetricName, string>>>;
}

/** What was measured of a frame, and how that went. */
export interface Measurement extends MetricValues {
  /** Size of the frame in pixels. */
  readonly width: number;
  readonly height: number;
  /** Samples per pixel, alpha included. */
  readonly channels: number;
  /** Bits per sample. */
  readonly depth: number;
  readonly report: OperationReport;
}

/** What is to be measured, checked. */
export interface MetricChoice {
  readonly metrics: readonly MetricName[];
  readonly range?: number;
  /** Whether a metric that the frame does not allow is left out; else it is an error. */
  readonly isLenient: boolean;
}

/** Throws ArgumentError. */
export function chooseMetrics(
  requested: readonly MetricName[] | undefined,
  hasReference: boolean,
  range?: number,
): MetricChoice {
  const metrics = requested ?? METRIC_NAMES.filter((name) => hasReference || !COMPARISON_NAMES.includes(name));
  if (!Array.isArray(metrics) || metrics.length === 0) throw expected('list of metrics', 'metrics', requested);
  for (const name of metrics) {
    requireOneOf('metrics', name, METRIC_NAMES);
    if (COMPARISON_NAMES.includes(name) && !hasReference)
      throw new ArgumentError(`The metric ${name} compares with a reference: give one, or leave ${name} out`);
  }
  if (range !== undefined && !RANGE_NAMES.some((name) => metrics.includes(name)))
    throw new ArgumentError(
      `The range is used by ${RANGE_NAMES.join(', ')}, and none of them is measured: leave range out, or give ` +
        'a reference',
    );
  const choice = { metrics, ...(range !== undefined && { range }), isLenient: requested === undefined };
  for (const name of metrics) metricOf(name, choice);
  return choice;
}

/** Throws ArgumentError where the range is none. */
function metricOf(name: MetricName, { range }: Pick<MetricChoice, 'range'>): Metric<number> {
  if (name in COMPARISONS_OF_SAMPLES) return COMPARISONS_OF_SAMPLES[name as RangeName](range);
  return { ...COMPARISONS, ...MEASUREMENTS }[name as Exclude<MetricName, RangeName>];
}

/**
 * Measures several metrics of a frame at once. Rejects with ArgumentError, ImageError, BudgetError, IsaError,
 * NativeError, with the signal's reason, and for a metric that was named and that the frame does not allow.
 */
export async function measure(input: MetricInput, options: MeasureOptions = {}): Promise<Measurement> {
  checkMetricOptions(options, ['reference', 'metrics', 'range']);
  const { reference } = options;
  const choice = chooseMetrics(options.metrics, reference !== undefined, options.range);
  const inputs = reference === undefined ? [input] : [input, reference];
  using performed = await performWork(measuring(choice), inputs, options);
  const { width, height, channels, depth } = performed.sources[0]!.header;
  return { width, height, channels, depth, ...performed.outcome, report: performed.report };
}

/** What measuring is, as work on a frame, and on a reference where there is one. */
export function measuring(choice: MetricChoice): FrameWork<MetricValues> {
  return {
    roles: ['frame', 'reference'],
    check: (size) => {
      if (!choice.isLenient) for (const name of choice.metrics) metricOf(name, choice).check?.(size);
    },
    run: (scope, [frame, reference]) => {
      const total = choice.metrics.length;
      const onDone = (phase: string, done: number): void => scope.progress({ phase, unit: 'metrics', done, total });
      return measureMetrics(scope, choice, frame!, reference, onDone);
    },
  };
}

/**
 * Measures one metric after the other, of frames that were checked.
 * @param onDone told the name of each when it is done
 */
export async function measureMetrics(
  scope: Scope,
  choice: MetricChoice,
  frame: AnyFrame,
  reference: AnyFrame | undefined,
  onDone: (name: MetricName, done: number) => void = () => {},
): Promise<MetricValues> {
  const values: Partial<Record<MetricName, number>> = {};
  const skipped: Partial<Record<MetricName, string>> = {};
  for (const [index, name] of choice.metrics.entries()) {
    scope.signal.throwIfAborted();
    try {
      values[name] = await measureOne(scope, metricOf(name, choice), frame, reference);
    } catch (error) {
      if (!choice.isLenient || !(error instanceof ImageError)) throw error;
      skipped[name] = error.message;
    }
    onDone(name, index + 1);
  }
  return { values, skipped };
}

async function measureOne(
  scope: Scope,
  { check, measure: run }: Metric<number>,
  frame: AnyFrame,
  reference: AnyFrame | undefined,
): Promise<number> {
  check?.(frame satisfies AnyFrameSize);
  return run(scope, frame, reference!);
}
