import type { AnyFrame, Depth } from '../image/frame.js';
import type { FramePlan } from '../image/frame-memory.js';
import type { FrameSource, SourceFrame } from '../image/source.js';
import { fillMissing } from '../image/missing/fill.js';
import { keepMissing } from '../image/missing/keep.js';
import type { Operation, PlannedInput } from '../operation/operation.js';
import type { OperationReport } from '../operation/report.js';
import { Pauses } from '../runtime/pauses.js';
import type { Kept } from '../runtime/ledger.js';
import type { Scope } from '../runtime/scope.js';

/** What every restoration of a frame reports. */
export interface FrameReport<Plan extends FramePlan = FramePlan> extends OperationReport<Plan> {
  readonly operation: 'restore' | 'deconvolve';
  /** 'network', or the method of deconvolution. */
  readonly method: string;
}

/** A restored frame. */
export interface Restored<Report extends FrameReport> {
  /** Laid out as the samples of the source. */
  readonly data: AnyFrame['data'];
  /** The whole report, from what every operation reports. */
  report(base: OperationReport<Report['plan']>): Report;
}

/** A frame that is to be restored. */
export type RestorationTask = FrameSource;

/** A way to restore frames, such as a network or deconvolution. Used for one frame at a time. */
export interface Restoration<Report extends FrameReport> {
  readonly name: Report['operation'];
  /** Bits per sample that it takes. */
  readonly depths: readonly (Depth | 32)[];
  /** Bytes of its plans that the ledger counts already, such as the weights of an open model. */
  readonly heldBytes: number;
  /** Bytes that native code has mapped for frames. */
  readonly mappedBytes: number;
  /** Throws ArgumentError, or BudgetError with the budget that would do. */
  plan(input: PlannedInput): Report['plan'];
  /** Memory that it has kept since it ran last, and that this plan counts; null: none. */
  keptFor(plan: Report['plan']): Kept | null;
  /** Restores a frame as planned. The source is only read. */
  run(task: RestorationTask, plan: Report['plan'], scope: Scope): Promise<Restored<Report>>;
  /** Gives all memory back. Idempotent. */
  dispose(): void;
}

/** The restoration of one frame as an operation: what is missing is filled before it, and put back after it. */
export function toOperation<Report extends FrameReport>(
  restoration: Restoration<Report>,
): Operation<Report['plan'], Restored<Report>> {
  return {
    name: restoration.name,
    depths: restoration.depths,
    heldBytes: restoration.heldBytes,
    keptFor: (plan) => restoration.keptFor(plan),
    plan: ([input]) => restoration.plan(input!),
    run: ([source], plan, scope) => restoreSource(restoration, source!, plan, scope),
  };
}

async function restoreSource<Report extends FrameReport>(
  restoration: Restoration<Report>,
  { frame, valid, nodata, isJpeg }: SourceFrame,
  plan: Report['plan'],
  scope: Scope,
): Promise<Restored<Report>> {
  const pauses = new Pauses(scope.signal);
  const filled = valid ? await fillMissing(frame, valid, pauses) : frame;
  const restored = await restoration.run({ frame: filled, valid, isJpeg }, plan, scope);
  await keepMissing(frame, valid, nodata, restored.data, pauses);
  return restored;
}
