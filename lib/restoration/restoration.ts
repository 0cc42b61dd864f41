import type { AnyFrame, Depth } from '../image/frame.js';
import type { FramePlan } from '../image/frame-memory.js';
import type { FrameSource } from '../image/source.js';
import { ownBytes } from '../image/own-bytes.js';
import type { Operation, PlannedInput } from '../operation/operation.js';
import type { OperationReport } from '../operation/report.js';
import type { Kept } from '../runtime/ledger.js';
import type { Scope } from '../runtime/scope.js';
import { expected } from '../runtime/validate.js';

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
  /**
   * @param isMasked whether pixels are marked as invalid. Throws ArgumentError, or BudgetError with the budget that
   * would do.
   */
  plan(input: PlannedInput, isMasked: boolean): Report['plan'];
  /** Memory that it has kept since it ran last, and that this plan counts; null: none. */
  keptFor(plan: Report['plan']): Kept | null;
  /** Restores a frame as planned. The source is only read. */
  run(task: RestorationTask, plan: Report['plan'], scope: Scope): Promise<Restored<Report>>;
  /** Gives all memory back. Idempotent. */
  dispose(): void;
}

/**
 * The restoration of one frame as an operation.
 * @param valid one byte per pixel, 0 leaves it out; copied when it runs
 */
export function toOperation<Report extends FrameReport>(
  restoration: Restoration<Report>,
  valid: Uint8Array | null,
): Operation<Report['plan'], Restored<Report>> {
  const length = valid?.length;
  return {
    name: restoration.name,
    depths: restoration.depths,
    heldBytes: restoration.heldBytes,
    keptFor: (plan) => restoration.keptFor(plan),
    plan: ([input]) => {
      const pixels = input!.size.width * input!.size.height;
      if (length !== undefined && length !== pixels) throw expected(`${pixels} bytes`, 'valid', length);
      return restoration.plan(input!, valid !== null);
    },
    run: async ([source], plan, scope) => {
      const { signal } = scope;
      const own = valid && (await ownBytes(valid, 'valid', { signal, length: length! }));
      return restoration.run({ ...source!, valid: own }, plan, scope);
    },
  };
}
