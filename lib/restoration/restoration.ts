import type { AnyFrame, AnyFrameSize, Depth } from '../image/frame.js';
import type { FramePlan, ScenePlan } from '../image/frame-memory.js';
import type { FrameSource, SourceFrame } from '../image/source.js';
import { fillMissing } from '../image/missing/fill.js';
import type { Continuation, FrameWindow } from '../image/missing/fill.js';
import { keepMissing } from '../image/missing/keep.js';
import type { Operation, PlannedInput } from '../operation/operation.js';
import type { OperationReport } from '../operation/report.js';
import { checksEnds } from '../runtime/integrity.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import { Pauses } from '../runtime/pauses.js';
import type { Kept } from '../runtime/ledger.js';
import type { Scope } from '../runtime/scope.js';
import { defined } from '../runtime/validate.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import type { SceneRows, SceneStream } from './scene/scene-stream.js';
import type { WindowRule } from './scene/windows.js';

/** How a scene was restored: a frame too large for memory, of which `ScenePlan` says the windows. */
export interface SceneFacts extends ScenePlan {
  /** The first row that this run has restored: beyond 0 where it has gone on with an earlier one. */
  readonly fromRow: number;
}

/** What every restoration of a frame reports. */
export interface FrameReport<Plan extends FramePlan = FramePlan> extends OperationReport<Plan> {
  readonly operation: 'restore' | 'deconvolve';
  /** 'network', or the method of deconvolution. */
  readonly method: string;
  /** Where the frame was restored window by window. */
  readonly scene?: SceneFacts;
}

/** A restored frame. */
export interface Restored<Report extends FrameReport> {
  /** Laid out as the samples of the source. */
  readonly data: AnyFrame['data'];
  /** The whole report, from what every operation reports. */
  report(base: OperationReport<Report['plan']>): Report;
}

/** Where a window lies in the frame that it is a part of. */
export interface ScenePart {
  /** Its first row. */
  readonly top: number;
  /** Rows of the whole frame. */
  readonly height: number;
  /** Of its own rows, those that are its share of the frame, to before the second: others lie in other windows, too. */
  readonly from: number;
  readonly to: number;
}

/** A frame that is to be restored. */
export interface RestorationTask extends FrameSource {
  /** Where it is a window of a frame that is too large for memory. */
  readonly part?: ScenePart;
}

/** Restores the windows of one scene alike. */
export interface WindowRestoration<Report extends FrameReport> {
  /** How it wants missing pixels filled. */
  readonly continuation: Continuation;
  /** Restores a window as planned. The source is only read. */
  run(task: RestorationTask, plan: Report['plan'], scope: Scope): Promise<AnyFrame['data']>;
  /** Restores rows instead, as `planStream` has planned. */
  stream?(rows: SceneRows, plan: Report['plan'], scope: Scope): SceneStream;
  /** The whole report, once all windows are restored. */
  report(base: OperationReport<Report['plan']>): Report;
}

/** What is known of the windows of a scene before they are restored. */
export interface SceneSurvey<Report extends FrameReport> {
  /** Windows spread over the scene, from the top, what is missing filled; they can be asked for once more. */
  samples(): AsyncIterable<RestorationTask>;
  /** The plan for one of them. */
  readonly plan: Report['plan'];
}

/** A way to restore frames, such as a network or deconvolution. Used for one frame at a time. */
export interface Restoration<Report extends FrameReport> {
  readonly name: Report['operation'];
  /** Bits per sample that it takes. */
  readonly depths: readonly (Depth | 32)[];
  /** How it wants missing pixels filled. */
  readonly continuation: Continuation;
  /** How much of the work is checked; both ends by whoever reads and writes. */
  readonly integrity: IntegrityMode;
  /** Bytes of its plans that the ledger counts already, such as the weights of an open model. */
  readonly heldBytes: number;
  /** Bytes that native code has mapped for frames. */
  readonly mappedBytes: number;
  /** Throws ArgumentError, or BudgetError with the budget that would do. */
  plan(input: PlannedInput): Report['plan'];
  /** Memory that it has kept since it ran last, and that this plan counts; null: none. */
  keptFor(plan: Report['plan']): Kept | null;
  /** What decides the result beside the frame, in a digest or plain text. */
  readonly identity: string;
  /** What windows of such a frame need beyond their rows; null: it must be restored whole. */
  windowRule(size: AnyFrameSize): WindowRule | null;
  /**
   * The plan to restore the rows of such a frame one after the other, each once; null: it must be cut into windows that
   * overlap. Throws BudgetError.
   * @param held what takes memory besides
   */
  planStream(size: AnyFrameSize, held: readonly PlannedBuffer[]): Report['plan'] | null;
  /** How much is computed for a plan, in any unit: to choose among plans. */
  workOf(plan: Report['plan']): number;
  /** Finds out what all windows of a scene share. */
  survey(survey: SceneSurvey<Report>, scope: Scope): Promise<WindowRestoration<Report>>;
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
    checksEnds: checksEnds(restoration.integrity),
    heldBytes: restoration.heldBytes,
    keptFor: (plan) => restoration.keptFor(plan),
    plan: ([input]) => restoration.plan(input!),
    run: ([source], plan, scope) => restoreSource(restoration, source!, plan, scope),
  };
}

async function restoreSource<Report extends FrameReport>(
  restoration: Restoration<Report>,
  source: SourceFrame,
  plan: Report['plan'],
  scope: Scope,
): Promise<Restored<Report>> {
  const { frame, valid, nodata } = source;
  const pauses = new Pauses(scope.signal);
  const restored = await restoration.run(await toTask(restoration, source, pauses), plan, scope);
  await keepMissing(frame, valid, nodata, restored.data, pauses);
  return restored;
}

/** What a restoration gets: the frame without gaps. @param window where it is a part of a frame */
export async function toTask(
  { continuation }: { readonly continuation: Continuation },
  { frame, valid, isJpeg }: SourceFrame,
  pauses: Pauses,
  window?: FrameWindow,
): Promise<RestorationTask> {
  const filled = valid ? await fillMissing(frame, valid, pauses, window, continuation) : frame;
  const part = window && { top: window.top, height: window.height, from: 0, to: frame.height };
  return { frame: filled, valid, isJpeg, ...defined({ part }) };
}
