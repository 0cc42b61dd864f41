import type { ImageMetadata } from '../image/metadata/image-metadata.js';
import type { ImageSource, SourceFrame } from '../image/source.js';
import { BudgetError, toPerifocalError } from '../runtime/errors.js';
import { frameBytes } from '../image/frame.js';
import { fullScale } from '../image/samples.js';
import { readPeakRss } from '../runtime/garbage.js';
import { Headroom } from '../runtime/headroom.js';
import { formatBytes } from '../runtime/budget.js';
import { ledger } from '../runtime/ledger.js';
import type { Kept, Lease } from '../runtime/ledger.js';
import { PROCESS_BYTES, bytesOf, coverPhase } from '../runtime/memory-plan.js';
import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';
import type { Scope } from '../runtime/scope.js';
import { secondReading } from './ends.js';
import type { EndsTally } from './ends.js';
import { fileBuffers, inputBuffers } from './input-buffers.js';
import { openAll, openOne, readAll } from './open-inputs.js';
import type { Operation, PlannedInput } from './operation.js';
import type { OperationInput } from './options.js';
import type { OperationName, OperationReport } from './report.js';

/** What is done with an outcome while its memory is still leased, such as writing it. */
export interface Finish<Plan extends MemoryPlan> {
  /** What that takes, the outcome included. Throws where the outcome cannot be finished, before anything is decoded. */
  readonly buffers: (plan: Plan, source: ImageSource) => readonly PlannedBuffer[];
  /** What of the source it loses; nothing by default. */
  readonly warnings?: (source: ImageSource) => readonly string[];
}

/** An operation that has run. */
export interface Performed<Plan extends MemoryPlan, Outcome> extends Disposable {
  readonly outcome: Outcome;
  readonly report: OperationReport<Plan>;
  /** What the first input says about itself, with its own mask as it was read. */
  readonly metadata: ImageMetadata;
  /** What the headers of the inputs say. */
  readonly sources: readonly ImageSource[];
  /** Counts what checks of its ends see, for the report; null: they are not checked. */
  readonly ends: EndsTally | null;
  /** Collects what has become garbage: to be called before much is allocated to finish. */
  settle(): Promise<void>;
  /** Gives the memory back. Idempotent. */
  [Symbol.dispose](): void;
}

/**
 * Performs an operation: opens its inputs, plans from their headers, waits for the memory, decodes, and runs. Rejects
 * with PerifocalError, or with the reason of the scope's signal. Nothing runs any more when it rejects.
 * @param finish what the caller will do with the outcome before it disposes of what is returned
 */
export async function perform<Plan extends MemoryPlan, Outcome>(
  operation: Operation<Plan, Outcome>,
  inputs: readonly OperationInput[],
  scope: Scope,
  finish?: Finish<Plan>,
): Promise<Performed<Plan, Outcome>> {
  try {
    return await performUnder(operation, inputs, scope, finish);
  } catch (error) {
    scope.signal.throwIfAborted();
    throw toPerifocalError(error);
  }
}

async function performUnder<Plan extends MemoryPlan, Outcome>(
  operation: Operation<Plan, Outcome>,
  inputs: readonly OperationInput[],
  scope: Scope,
  finish: Finish<Plan> | undefined,
): Promise<Performed<Plan, Outcome>> {
  scope.signal.throwIfAborted();
  const opening = performance.now();
  const sources = await openAll(operation, inputs, scope);
  const needed = planOrRefuse(() => planOf(operation, sources, finish), inputs, sources);
  const kept = operation.keptFor?.(needed.plan) ?? null;
  const lease = await reserve(operation, needed, kept, scope);
  try {
    const usedBytes = memoryOfFiles(sources) + (kept?.bytes ?? 0);
    const losses = finish?.warnings?.(sources[0]!) ?? [];
    const prepared = { opening, inputs, sources, needed, lease, usedBytes, losses };
    return await workUnder(operation, prepared, scope);
  } catch (error) {
    lease.release();
    throw error;
  }
}

/** What an operation needs to begin. */
interface Prepared<Plan> {
  /** When it was asked for, in milliseconds. */
  readonly opening: number;
  readonly inputs: readonly OperationInput[];
  readonly sources: readonly ImageSource[];
  readonly needed: Needed<Plan>;
  readonly lease: Lease;
  /** What is in use already, of what is leased. */
  readonly usedBytes: number;
  /** What will be lost when the outcome is written. */
  readonly losses: readonly string[];
}

async function workUnder<Plan extends MemoryPlan, Outcome>(
  operation: Operation<Plan, Outcome>,
  { opening, inputs, sources, needed, lease, usedBytes, losses }: Prepared<Plan>,
  scope: Scope,
): Promise<Performed<Plan, Outcome>> {
  const { plan, finishBytes } = needed;
  const headroom = new Headroom(lease, plan.budgetBytes, () => scope.binding.trimHeap());
  await headroom.begin(usedBytes);
  const ends = operation.checksEnds ? { differentReadings: 0, differentWritings: 0 } : null;
  const frames = await readAll(
    sources,
    ends && { ends, openAgain: (index) => openOne(operation, inputs[index]!, scope) },
    scope.signal,
  );
  await headroom.settle(usedBytes + memoryOfFrames(frames));
  const running = performance.now();
  const outcome = await operation.run(frames, plan, scope);
  scope.signal.throwIfAborted();
  const times = { seconds: (performance.now() - running) / 1000, decodeSeconds: (running - opening) / 1000 };
  const report = reportOf(operation.name, { sources, frames, plan, times, losses, ends }, scope);
  lease.shrink(finishBytes);
  ledger.makeRoom(plan.budgetBytes);
  const { mask } = frames[0]!;
  const metadata = { ...sources[0]!.metadata, ...(mask && { mask }) };
  const settle = (): Promise<void> => headroom.settle(0);
  return { outcome, report, metadata, sources, ends, settle, [Symbol.dispose]: () => lease.release() };
}

/** What an operation has worked on, how long, and what is lost of it. */
interface Work<Plan> extends Pick<Prepared<Plan>, 'sources' | 'losses'> {
  readonly frames: readonly SourceFrame[];
  readonly plan: Plan;
  readonly times: Pick<OperationReport, 'seconds' | 'decodeSeconds'>;
  readonly ends: EndsTally | null;
}

function reportOf<Plan extends MemoryPlan>(
  operation: OperationName,
  { sources, frames, plan, times, losses, ends }: Work<Plan>,
  { isa, threads }: Scope,
): OperationReport<Plan> {
  const { label: input, sha256: inputSha256 } = sources[0]!;
  const { frame, whiteFrom, missingPixels } = frames[0]!;
  return {
    operation,
    input,
    inputSha256,
    ...times,
    peakRssBytes: readPeakRss(),
    isa,
    threads,
    plan,
    white: fullScale(frame),
    whiteFrom,
    missingPixels,
    ...(ends && { ends }),
    warnings: [...[...sources, ...frames].flatMap(({ warnings }) => warnings), ...losses],
  };
}

/** Makes a plan. Whoever gave the inputs is told of them where there is none. */
function planOrRefuse<T>(plan: () => T, inputs: readonly OperationInput[], sources: readonly ImageSource[]): T {
  try {
    return plan();
  } catch (error) {
    for (const [index, { onRefused }] of inputs.entries()) onRefused?.(sources[index]!);
    throw error;
  }
}

/** In what memory an operation works, and ends. */
export interface Needed<Plan> {
  readonly plan: Plan;
  /** What is needed once the operation has run, in bytes. */
  readonly finishBytes: number;
}

function planOf<Plan extends MemoryPlan, Outcome>(
  operation: Operation<Plan, Outcome>,
  sources: readonly ImageSource[],
  finish: Finish<Plan> | undefined,
): Needed<Plan> {
  return planPhases(operation, sources.map(toPlannedInput), (plan) => finish?.buffers(plan, sources[0]!) ?? []);
}

/**
 * Plans an operation from the headers of its inputs, reading them and finishing the outcome included. Throws
 * BudgetError with a budget that suffices.
 * @param finish what finishing takes
 */
export function planPhases<Plan extends MemoryPlan, Outcome>(
  operation: Operation<Plan, Outcome>,
  inputs: readonly PlannedInput[],
  finish: (plan: Plan) => readonly PlannedBuffer[],
): Needed<Plan> {
  const plan = operation.plan(inputs);
  const own = finish(plan);
  const buffers = own.length > 0 ? [...own, ...inputs.flatMap(fileBuffers)] : [];
  const open = { name: 'models that are open', bytes: operation.heldBytes ?? 0 };
  const reading = operation.checksEnds ? [open, ...inputBuffers(inputs), secondReading(inputs)] : [];
  const covering = coverPhase(coverPhase(plan, [open, ...buffers]), reading);
  if (covering.bytes > covering.budgetBytes) {
    throw new BudgetError(
      `The operation ${purposeOf(operation.name, inputs)}, with its files, needs at ` +
        `least ${Math.ceil(covering.bytes / 1e6)}MB; ` +
        `the budget is ${formatBytes(covering.budgetBytes)}`,
      covering.bytes,
    );
  }
  return { plan: covering, finishBytes: bytesOf(buffers) };
}

/** Bytes of files that are in memory as a whole. */
function memoryOfFiles(sources: readonly ImageSource[]): number {
  return bytesOf(sources.flatMap((source) => fileBuffers(toPlannedInput(source))));
}

function memoryOfFrames(frames: readonly SourceFrame[]): number {
  return frames.reduce((sum, { frame, valid }) => sum + frameBytes(frame) + (valid?.length ?? 0), 0);
}

const toPlannedInput = ({ header, buffers, isMasked }: ImageSource): PlannedInput => ({
  size: header,
  buffers,
  isMasked,
});

function purposeOf(name: string, inputs: readonly PlannedInput[]): string {
  const { width, height } = inputs[0]!.size;
  return `${name} of a ${width}x${height} frame`;
}

function reserve<Plan extends MemoryPlan>(
  operation: Operation<Plan, unknown>,
  { plan }: Needed<Plan>,
  reuse: Kept | null,
  { signal }: Scope,
): Promise<Lease> {
  const { heldBytes = 0 } = operation;
  const bytes = plan.bytes - PROCESS_BYTES - heldBytes;
  return ledger.reserve(
    { bytes, budgetBytes: plan.budgetBytes, purpose: `The operation ${operation.name}`, reuse },
    signal,
  );
}
