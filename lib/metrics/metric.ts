import type { AnyFrameSize } from '../image/frame.js';
import type { Operation, PlannedInput } from '../operation/operation.js';
import { IMAGE_OPTIONS, toInputs } from '../operation/options.js';
import type { ImageOptions } from '../operation/options.js';
import { perform } from '../operation/perform.js';
import type { Performed } from '../operation/perform.js';
import type { MemoryPlan } from '../runtime/memory-plan.js';
import { RUNTIME_OPTIONS, Runtime } from '../runtime/runtime.js';
import type { RuntimeChoice } from '../runtime/runtime.js';
import { Scope } from '../runtime/scope.js';
import { requireKnownKeys } from '../runtime/validate.js';
import { requireComparable } from './input.js';
import type { MetricInput } from './input.js';
import { toMeasured } from './measured.js';
import type { MeasuredFrame } from './measured.js';
import { planFrames } from './plan.js';

/** Options of every metric. No result depends on the number of threads or on the instruction set. */
export interface MetricOptions extends RuntimeChoice, ImageOptions {}

/** Something that can be measured of a frame, its settings being checked. */
export interface Metric<Value> {
  /** For `onProgress`. */
  readonly name: string;
  /** Throws ArgumentError, or ImageError where frames of this size do not allow it. */
  readonly check?: (size: AnyFrameSize) => void;
  /** What it takes besides, whatever the size of the frames, in bytes; nothing by default. */
  readonly extraBytes?: number;
  /** Of frames that were checked. @param reference of equal size, colours and depth; there only for comparisons */
  readonly measure: (scope: Scope, frame: MeasuredFrame, reference: MeasuredFrame) => Promise<Value>;
}

/** Something that is done with frames that were checked, the first of which may be compared with the others. */
export interface FrameWork<Value> {
  /** What the frames are, for messages: 'frame', 'reference' ... */
  readonly roles: readonly string[];
  /** Throws what the headers tell against it. */
  readonly check?: (size: AnyFrameSize) => void;
  /** What it takes besides, whatever the size of the frames, in bytes; nothing by default. */
  readonly extraBytes?: number;
  readonly run: (scope: Scope, frames: readonly MeasuredFrame[]) => Promise<Value>;
}

/** Throws ArgumentError. @param known options besides those of every metric */
export function checkMetricOptions(options: MetricOptions, known: readonly string[] = []): void {
  requireKnownKeys('options', options, [...RUNTIME_OPTIONS, ...IMAGE_OPTIONS, ...known]);
}

/** The operation that does some work with frames. */
export function metricsOperation<Value>(
  { check, extraBytes, run }: FrameWork<Value>,
  runtime: Pick<Runtime, 'threads' | 'budgetBytes'>,
): Operation<MemoryPlan, Value> {
  return {
    name: 'metrics',
    depths: [8, 16, 32],
    plan: (inputs) => {
      const sizes = inputs.map(({ size }) => size);
      for (const size of sizes.slice(1)) requireComparable(sizes[0]!, size);
      check?.(sizes[0]!);
      return planFrames(inputs as readonly [PlannedInput], runtime, extraBytes);
    },
    run: async (sources, _, scope) => run(scope, await toMeasured(scope, sources, sources.at(-1)!)),
  };
}

/** Performs work with frames; its result must be disposed of. Rejects as {@link perform}. */
export async function performWork<Value>(
  work: FrameWork<Value>,
  inputs: readonly MetricInput[],
  options: MetricOptions,
): Promise<Performed<MemoryPlan, Value>> {
  const runtime = Runtime.of(options);
  using scope = new Scope(runtime, options);
  return await perform(metricsOperation(work, runtime), toInputs(inputs, options, work.roles), scope);
}

/**
 * Measures one metric by itself. Rejects with ArgumentError, ImageError, BudgetError, IsaError, NativeError, or the
 * signal's reason.
 */
export async function measureMetric<Value>(
  { name, check, extraBytes = 0, measure }: Metric<Value>,
  inputs: readonly MetricInput[],
  options: MetricOptions,
): Promise<Value> {
  const work: FrameWork<Value> = {
    roles: ['frame', 'reference'],
    ...(check && { check }),
    extraBytes,
    run: async (scope, [frame, reference]) => {
      const value = await measure(scope, frame!, reference!);
      scope.progress({ phase: name, unit: 'metrics', done: 1, total: 1 });
      return value;
    },
  };
  using performed = await performWork(work, inputs, options);
  return performed.outcome;
}
