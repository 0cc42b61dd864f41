import { orAbort } from '../runtime/abort.js';
import { ArgumentError, IntegrityError, NativeError, WrongAnswerError } from '../runtime/errors.js';
import { allocateSamples, copySamples } from '../image/frame.js';
import type { AnyFrame, AnyFrameSize } from '../image/frame.js';
import { keepMissing } from '../image/missing/keep.js';
import { ledger } from '../runtime/ledger.js';
import { PROCESS_BYTES } from '../runtime/memory-plan.js';
import { computations } from '../runtime/integrity.js';
import type { Binding, NativePipeline } from '../runtime/native/binding.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import { BandStrips } from './band-strips.js';
import { createAxis } from './passes.js';
import type { Axis } from './passes.js';
import type { NetworkRestoration } from './network-restoration.js';
import { planGivenRows, streamRingRows } from './plan-rows.js';
import type { Plan } from './plan.js';
import { givenRows } from './row-source.js';
import type { GivenRows, RowSource } from './row-source.js';
import { runPass } from './run-pass.js';
import { StreamGaps } from './stream-gaps.js';
import type { ResidualBlock, RowBlock } from './run-pass.js';

/** Consecutive restored rows: `count` x width x channels samples from image row `row` on. */
export interface Strip {
  readonly row: number;
  readonly count: number;
  readonly data: AnyFrame['data'];
}

/**
 * Restores rows as they arrive, under a lease for their plan; memory does not depend on the height. Rejects as
 * `runPass` does, or with BudgetError.
 */
export async function* restoreStream(
  network: NetworkRestoration,
  source: RowSource,
  size: AnyFrameSize & { readonly masked: boolean },
  scope: Scope,
): AsyncGenerator<Strip, void, void> {
  const { masked, ...frame } = size;
  const plan = planGivenRows(frame, masked, network.context);
  using _lease = await ledger.reserve(
    {
      bytes: plan.bytes - PROCESS_BYTES - network.heldBytes,
      budgetBytes: plan.budgetBytes,
      purpose: `A stream of rows of ${size.width} pixels`,
      reuse: network.keptFor(plan),
    },
    scope.signal,
  );
  using used = network.use(plan);
  yield* proveStrips(restoreRows(used.pipelines, plan, masked, source, scope), network, plan, scope);
}

/** Asks for the known answer as rows go by, and before the last of them: a stream that ends well has ended with it. */
async function* proveStrips(
  strips: AsyncGenerator<Strip, void, void>,
  network: NetworkRestoration,
  { frame, macs }: Plan,
  scope: Scope,
): AsyncGenerator<Strip, void, void> {
  let proven = 0;
  for await (const strip of strips) {
    const end = strip.row + strip.count;
    try {
      const work = ((end - proven) / frame.height) * macs;
      if (await network.proveRows(work, end === frame.height, scope)) proven = end;
    } catch (error) {
      throw error instanceof WrongAnswerError && strip.row > proven ? rowsDoubtful(error, proven, strip.row) : error;
    }
    yield strip;
  }
}

function rowsDoubtful(cause: WrongAnswerError, from: number, to: number): IntegrityError {
  const what = `rows ${from + 1} to ${to}, which were given, may be wrong, too`;
  return new IntegrityError(`${cause.message}; ${what}: begin the stream anew`, { cause });
}

/** Restores rows as they arrive. */
async function* restoreRows(
  pipelines: readonly NativePipeline[],
  plan: Plan,
  masked: boolean,
  source: RowSource,
  scope: Scope,
): AsyncGenerator<Strip, void, void> {
  const ring = new SourceRing(scope.binding, plan, masked);
  const pauses = new Pauses(scope.signal);
  const iterator = givenRows(source, plan.frame, masked);
  try {
    const feed = (): Promise<RowBlock | null> => ring.next(iterator);
    for await (const block of runPass(pipelines, plan, feed, scope)) {
      const strip = await ring.compose(block, pauses);
      if (strip) yield strip;
    }
    await orAbort(ring.end(iterator), scope.signal);
  } finally {
    // Not awaited: a source that has stalled must not hold up an abort.
    iterator.return().catch(() => {});
  }
}

function rowsChanged(): ArgumentError {
  return new ArgumentError('The memory of rows was transferred or resized before they were copied; give rows to keep');
}

function bytesOf({ buffer, byteOffset, byteLength }: AnyFrame['data']): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Rows of a stream cannot be asked for again. */
function computationsDiffer(row: number, count: number): IntegrityError {
  return new IntegrityError(
    `Two computations of rows ${row + 1} to ${row + count} differ: begin the stream anew, and check the memory`,
  );
}

/** The last source rows, as many as the network may still need or the output must still be composed from. */
class SourceRing {
  readonly #frame: AnyFrameSize;
  readonly #ringRows: number;
  /** How often rows are computed. */
  readonly #times: 1 | 2;
  readonly #samples: AnyFrame['data'];
  readonly #strips: BandStrips;
  readonly #stripRows: number;
  readonly #rows: Axis;
  readonly #gaps: StreamGaps | null;
  #pending: GivenRows | null = null;
  /** Its samples when it came: a caller may take the memory away. */
  #pendingLength = 0;
  #received = 0;
  #pushed = 0;

  constructor(binding: Binding, plan: Plan, masked: boolean) {
    const { frame, pass, pipeline } = plan;
    this.#frame = frame;
    this.#stripRows = pass.stripRows;
    this.#ringRows = streamRingRows(pipeline, pass);
    this.#samples = allocateSamples(this.#ringRows * this.#rowSamples, frame.depth);
    this.#gaps = masked ? new StreamGaps(frame, this.#ringRows) : null;
    this.#strips = new BandStrips(binding, plan);
    this.#times = computations(plan.integrity);
    this.#rows = createAxis(frame.height, false);
  }

  /** What the network reads. */
  get #ring(): AnyFrame {
    const data = this.#gaps?.filled ?? this.#samples;
    return { ...this.#frame, height: this.#ringRows, data } as AnyFrame;
  }

  get #rowSamples(): number {
    return this.#frame.width * this.#frame.channels;
  }

  /** The next strip of pass rows for each group: frame rows as they come, then the reflected padding. */
  async next(source: AsyncGenerator<GivenRows, void, void>): Promise<RowBlock | null> {
    const { height } = this.#frame;
    if (this.#received < height) await this.#receive(source);
    const limit = this.#received === height ? this.#rows.indices.length : this.#received;
    const count = Math.min(this.#stripRows, limit - this.#pushed);
    if (count === 0) return null;
    const ringRows = this.#rows.indices.slice(this.#pushed, this.#pushed + count).map((row) => row % this.#ringRows);
    const { rows, map } = this.#strips.gather(this.#ring, ringRows);
    this.#pushed += count;
    return { rows, count, ...(this.#gaps && { valid: { plane: this.#gaps.valid, map } }) };
  }

  /** Waits for the end of the source: rows too many are refused also where they come late. */
  async end(source: AsyncGenerator<GivenRows, void, void>): Promise<void> {
    await source.next();
  }

  /** Copies at most one strip of rows from the source, which throws where it ends too early. */
  async #receive(source: AsyncGenerator<GivenRows, void, void>): Promise<void> {
    if (!this.#pending) {
      const { value, done } = await source.next();
      if (done) throw new NativeError('INTERNAL', `a source ended after ${this.#received} rows and said nothing`);
      this.#pending = value;
      this.#pendingLength = value.data.length;
    }
    const { data, valid } = this.#pending;
    const { width, channels } = this.#frame;
    const hasMask = valid === null || valid.length * channels === data.length;
    if (data.length !== this.#pendingLength || !hasMask) throw rowsChanged();
    const count = Math.min(this.#stripRows, this.#pendingLength / this.#rowSamples);
    for (let index = 0; index < count; index += 1) {
      const row = data.subarray(index * this.#rowSamples, (index + 1) * this.#rowSamples);
      const pixel = this.#ringPixel(this.#received + index);
      this.#samples.set(row, pixel * channels);
      this.#gaps?.take(pixel, row, valid?.subarray(index * width, (index + 1) * width) ?? null);
    }
    this.#received += count;
    const rest = data.subarray(count * this.#rowSamples);
    this.#pending = rest.length > 0 ? { data: rest, valid: valid?.subarray(count * width) ?? null } : null;
    this.#pendingLength = rest.length;
  }

  #ringPixel(row: number): number {
    return (row % this.#ringRows) * this.#frame.width;
  }

  /**
   * Adds residuals to the rows they belong to; null when all of them are padding. Rejects with IntegrityError where two
   * computations differ.
   */
  async compose(block: ResidualBlock, pauses: Pauses): Promise<Strip | null> {
    const { row, count } = block;
    const rows = Math.min(count, this.#frame.height - row);
    if (rows <= 0) return null;
    if (this.#received - row > this.#ringRows)
      throw new NativeError('INTERNAL', `row ${row} left the ring before it was restored`);
    const source = this.#copyRows(row, rows);
    const frame = { ...this.#frame, height: rows, data: source } as AnyFrame;
    const data = this.#composeRows(block, frame, 0);
    if (this.#times === 2 && !bytesOf(data).equals(bytesOf(this.#composeRows(block, frame, 1))))
      throw computationsDiffer(row, rows);
    if (this.#gaps) await keepMissing(frame, this.#copyValid(row, rows), null, data, pauses);
    return { row, count: rows, data };
  }

  #composeRows(block: ResidualBlock, frame: AnyFrame, computation: 0 | 1): AnyFrame['data'] {
    const output = copySamples(frame.data);
    this.#strips.compose(block, frame, output, { skipped: 0, top: 0, count: frame.height, computation });
    return output;
  }

  /** Which pixels of rows of the ring are there. */
  #copyValid(first: number, rows: number): Uint8Array {
    const { width } = this.#frame;
    const copy = new Uint8Array(width * rows);
    for (let index = 0; index < rows; index += 1) {
      const start = this.#ringPixel(first + index);
      copy.set(this.#gaps!.valid.subarray(start, start + width), index * width);
    }
    return copy;
  }

  /** Frame rows of the ring, one after the other. */
  #copyRows(first: number, rows: number): AnyFrame['data'] {
    const copy = allocateSamples(rows * this.#rowSamples, this.#frame.depth);
    for (let index = 0; index < rows; index += 1) {
      const start = this.#ringPixel(first + index) * this.#frame.channels;
      copy.set(this.#samples.subarray(start, start + this.#rowSamples), index * this.#rowSamples);
    }
    return copy;
  }
}
