import { fullScale } from '../image/samples.js';
import type { OperationReport } from '../operation/report.js';
import { ArgumentError, ImageError } from '../runtime/errors.js';
import type { Scope } from '../runtime/scope.js';
import { expected, requireOneOf } from '../runtime/validate.js';
import { brisqueMetric } from './brisque.js';
import { edgeSharpnessMetric } from './edges.js';
import type { MetricInput } from './input.js';
import type { MeasuredFrame } from './measured.js';
import { checkMetricOptions, performWork } from './metric.js';
import type { FrameWork, Metric, MetricOptions } from './metric.js';
import { mtf50Metric } from './mtf50.js';
import { niqeMetric } from './niqe.js';
import { msSsimMetric, psnrMetric, ssimMetric } from './similarity.js';
import { waterAgreementMetric } from './water.js';

/** Metrics that compare with a reference. */
const COMPARISONS = {
  psnr: psnrMetric,
  ssim: ssimMetric('ssim', { colour: 'luminance', pooled: false }),
  ssimPooled: ssimMetric('ssimPooled', { colour: 'luminance', pooled: true }),
  msSsim: msSsimMetric,
  waterAgreement: waterAgreementMetric,
} satisfies Record<string, Metric<number>>;

/** Metrics of a frame alone. */
const MEASUREMENTS = {
  niqe: niqeMetric('niqe'),
  eoNiqe: niqeMetric('eoNiqe'),
  brisque: brisqueMetric(),
  edgeSharpness: edgeSharpnessMetric,
  mtf50: mtf50Metric,
} satisfies Record<string, Metric<number>>;

const METRICS = { ...COMPARISONS, ...MEASUREMENTS };

/** Name of a metric; the function of that name measures it alone. 'ssimPooled' is `ssim` with `pooled`. */
export type MetricName = keyof typeof METRICS;

/** In the order in which they are measured. */
export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

/** Options of {@link measure}. */
export interface MeasureOptions extends MetricOptions {
  /** The sharp frame, of equal size, bands and depth. Without it, metrics that compare are left out. */
  readonly reference?: MetricInput;
  /** Those wanted. By default all that the frame allows; why others are left out is in {@link Measurement.skipped}. */
  readonly metrics?: readonly MetricName[];
}

/** Values of metrics. */
export interface MetricValues {
  readonly values: Readonly<Partial<Record<MetricName, number>>>;
  /** Metrics that this frame does not allow, with the reason; empty where metrics were named. */
  readonly skipped: Readonly<Partial<Record<MetricName, string>>>;
  /** Value of a white sample: of the reference, where there is one. */
  readonly white: number;
  /** Pixels that were left out: those that are missing in the frame or in the reference. */
  readonly missingPixels: number;
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
  /** Whether a metric that the frame does not allow is left out; else it is an error. */
  readonly isLenient: boolean;
}

/** Throws ArgumentError. */
export function chooseMetrics(requested: readonly MetricName[] | undefined, hasReference: boolean): MetricChoice {
  const metrics = requested ?? METRIC_NAMES.filter((name) => hasReference || !(name in COMPARISONS));
  if (!Array.isArray(metrics) || metrics.length === 0) throw expected('list of metrics', 'metrics', requested);
  for (const name of metrics) {
    requireOneOf('metrics', name, METRIC_NAMES);
    if (name in COMPARISONS && !hasReference)
      throw new ArgumentError(`The metric ${name} compares with a reference: give one, or leave ${name} out`);
  }
  return { metrics, isLenient: requested === undefined };
}

const metricOf = (name: MetricName): Metric<number> => METRICS[name];

/**
 * Measures several metrics of a frame at once. Rejects with ArgumentError, ImageError, BudgetError, IsaError,
 * NativeError, with the signal's reason, and for a metric that was named and that the frame does not allow.
 */
export async function measure(input: MetricInput, options: MeasureOptions = {}): Promise<Measurement> {
  checkMetricOptions(options, ['reference', 'metrics']);
  const { reference } = options;
  const choice = chooseMetrics(options.metrics, reference !== undefined);
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
      if (!choice.isLenient) for (const name of choice.metrics) metricOf(name).check?.(size);
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
  frame: MeasuredFrame,
  reference: MeasuredFrame | undefined,
  onDone: (name: MetricName, done: number) => void = () => {},
): Promise<MetricValues> {
  const values: Partial<Record<MetricName, number>> = {};
  const skipped: Partial<Record<MetricName, string>> = {};
  for (const [index, name] of choice.metrics.entries()) {
    scope.signal.throwIfAborted();
    try {
      values[name] = await measureOne(scope, metricOf(name), frame, reference);
    } catch (error) {
      if (!choice.isLenient || !(error instanceof ImageError)) throw error;
      skipped[name] = error.message;
    }
    onDone(name, index + 1);
  }
  const { width, height } = frame.frame;
  return { values, skipped, white: fullScale(frame.frame), missingPixels: width * height - frame.pixels };
}

async function measureOne(
  scope: Scope,
  { check, measure: run }: Metric<number>,
  frame: MeasuredFrame,
  reference: MeasuredFrame | undefined,
): Promise<number> {
  check?.(frame.frame);
  return run(scope, frame, reference!);
}
