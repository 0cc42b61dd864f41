import type { ImageMetadata } from '../image/metadata/image-metadata.js';
import { openImage } from '../image/source.js';
import type { ImageSource, SourceFrame } from '../image/source.js';
import { BudgetError, toPerifocalError } from '../runtime/errors.js';
import { frameBytes } from '../image/frame.js';
import { fullScale } from '../image/samples.js';
import { UNCOLLECTED_BYTES, garbage, readPeakRss } from '../runtime/garbage.js';
import { formatBytes } from '../runtime/budget.js';
import { ledger } from '../runtime/ledger.js';
import type { Lease } from '../runtime/ledger.js';
import { PROCESS_BYTES, bytesOf, coverPhase } from '../runtime/memory-plan.js';
import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';
import type { Scope } from '../runtime/scope.js';
import { defined } from '../runtime/validate.js';
import { fileBuffers } from './input-buffers.js';
import type { Operation, PlannedInput } from './operation.js';
import type { OperationInput } from './options.js';
import type { OperationReport } from './report.js';

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
  /** Collects what has become garbage: to be called before much is allocated to finish. */
  settle(): void;
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
  const { runtime, signal } = scope;
  signal.throwIfAborted();
  const trimHeap = (): void => runtime.binding.trimHeap();
  const opening = performance.now();
  const sources = await openAll(operation, inputs, scope);
  const needed = planOf(operation, sources, finish);
  garbage.settle(trimHeap, spareBytesOf(needed.plan));
  const lease = await reserve(operation, needed, scope);
  try {
    const frames = await readAll(sources, signal);
    // What large decoders have taken is given back before more is taken.
    const decoded = decoderBytes(sources);
    garbage.add(decoded);
    if (decoded >= UNCOLLECTED_BYTES) garbage.settle(trimHeap);
    const running = performance.now();
    const outcome = await operation.run(frames, needed.plan, scope);
    signal.throwIfAborted();
    const report = {
      operation: operation.name,
      input: sources[0]!.label,
      inputSha256: sources[0]!.sha256,
      seconds: (performance.now() - running) / 1000,
      decodeSeconds: (running - opening) / 1000,
      peakRssBytes: readPeakRss(),
      isa: scope.isa,
      threads: scope.threads,
      plan: needed.plan,
      ...factsOf(frames[0]!),
      warnings: [
        ...[...sources, ...frames].flatMap(({ warnings }) => warnings),
        ...(finish?.warnings?.(sources[0]!) ?? []),
      ],
    };
    const frame = frames.reduce((sum, one) => sum + frameBytes(one.frame), 0);
    garbage.add(frame);
    lease.shrink(needed.finishBytes);
    ledger.makeRoom(needed.plan.budgetBytes);
    const dispose = (): void => {
      // By the next operation what was made of the pixels, and the files, are garbage, as a rule.
      garbage.add(2 * frame + needed.finishBytes);
      lease.release();
    };
    const { mask } = frames[0]!;
    const metadata = { ...sources[0]!.metadata, ...(mask && { mask }) };
    return { outcome, report, metadata, sources, settle: () => garbage.settle(trimHeap), [Symbol.dispose]: dispose };
  } catch (error) {
    lease.release();
    throw error;
  }
}

/** What the report says of the samples. */
function factsOf({ frame, whiteFrom, missingPixels }: SourceFrame): Pick<SourceFrame, 'whiteFrom' | 'missingPixels'> & {
  readonly white: number;
} {
  return { white: fullScale(frame), whiteFrom, missingPixels };
}

/** What the budget has left beside the plan and everything that is reserved, in bytes. */
function spareBytesOf({ bytes, budgetBytes }: MemoryPlan): number {
  return Math.max(0, budgetBytes - bytes - ledger.bytes);
}

async function openAll(
  { depths, findsWhite }: Pick<Operation<never, unknown>, 'depths' | 'findsWhite'>,
  inputs: readonly OperationInput[],
  { signal, runtime }: Scope,
): Promise<ImageSource[]> {
  const sources: ImageSource[] = [];
  const { budgetBytes } = runtime;
  for (const { image, reading, ...options } of inputs) {
    const asked = { ...reading, ...options, signal, depths, budgetBytes, ...defined({ findsWhite }) };
    sources.push(await openImage(image, asked));
  }
  return sources;
}

/** One after the other: decoders of several images at once would take more memory than planned. */
async function readAll(sources: readonly ImageSource[], signal: AbortSignal): Promise<SourceFrame[]> {
  const frames: SourceFrame[] = [];
  for (const source of sources) frames.push(await source.read(signal));
  return frames;
}

interface Needed<Plan> {
  readonly plan: Plan;
  /** What is needed once the operation has run, in bytes. */
  readonly finishBytes: number;
}

function planOf<Plan extends MemoryPlan, Outcome>(
  operation: Operation<Plan, Outcome>,
  sources: readonly ImageSource[],
  finish: Finish<Plan> | undefined,
): Needed<Plan> {
  const plan = operation.plan(sources.map(toPlannedInput));
  const own = finish?.buffers(plan, sources[0]!) ?? [];
  const files = sources.flatMap((source) => fileBuffers(toPlannedInput(source)));
  const buffers = own.length > 0 ? [...own, ...files] : [];
  const open = { name: 'models that are open', bytes: operation.heldBytes ?? 0 };
  const covering = coverPhase(plan, [open, ...buffers]);
  if (covering.bytes > covering.budgetBytes) {
    throw new BudgetError(
      `The operation ${purposeOf(operation.name, sources)}, with its files, needs at ` +
        `least ${Math.ceil(covering.bytes / 1e6)}MB; ` +
        `the budget is ${formatBytes(covering.budgetBytes)}`,
      covering.bytes,
    );
  }
  return { plan: covering, finishBytes: bytesOf(buffers) };
}

function decoderBytes(sources: readonly ImageSource[]): number {
  const files = sources.flatMap((source) => fileBuffers(toPlannedInput(source)));
  return sources.reduce((sum, { buffers }) => sum + bytesOf(buffers), 0) - bytesOf(files);
}

const toPlannedInput = ({ header, buffers, isMasked }: ImageSource): PlannedInput => ({
  size: header,
  buffers,
  isMasked,
});

function purposeOf(name: string, sources: readonly ImageSource[]): string {
  const { width, height } = sources[0]!.header;
  return `${name} of a ${width}x${height} frame`;
}

function reserve<Plan extends MemoryPlan>(
  operation: Operation<Plan, unknown>,
  { plan }: Needed<Plan>,
  { signal }: Scope,
): Promise<Lease> {
  const { heldBytes = 0 } = operation;
  const bytes = plan.bytes - PROCESS_BYTES - heldBytes;
  const reuse = operation.keptFor?.(plan) ?? null;
  return ledger.reserve(
    { bytes, budgetBytes: plan.budgetBytes, purpose: `The operation ${operation.name}`, reuse },
    signal,
  );
}
