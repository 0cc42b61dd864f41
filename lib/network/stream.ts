import { orAbort } from '../runtime/abort.js';
import { ArgumentError, NativeError } from '../runtime/errors.js';
import { allocateSamples, checkSamples } from '../image/frame.js';
import type { FrameSize } from '../image/frame.js';
import { ledger } from '../runtime/ledger.js';
import { PROCESS_BYTES } from '../runtime/memory-plan.js';
import type { Binding, NativePipeline, Samples } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';
import { createAxis } from './passes.js';
import type { Axis } from './passes.js';
import type { NetworkRestoration } from './network-restoration.js';
import { planStream, streamRingRows } from './plan.js';
import type { Plan } from './plan.js';
import { runPass } from './run-pass.js';
import type { ResidualBlock, RowBlock } from './run-pass.js';

/** Consecutive restored rows: `count` x width x channels samples from image row `row` on. */
export interface Strip {
  readonly row: number;
  readonly count: number;
  readonly data: Samples;
}

/** Whole rows of interleaved samples, any number at a time, top to bottom. */
export type RowSource = AsyncIterable<Samples> | Iterable<Samples>;

/**
 * Restores rows as they arrive, under a lease for their plan; memory does not depend on the height. Rejects as
 * `runPass` does, or with BudgetError.
 */
export async function* restoreStream(
  network: NetworkRestoration,
  source: RowSource,
  size: FrameSize,
  scope: Scope,
): AsyncGenerator<Strip, void, void> {
  const plan = planStream(size, network.context);
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
  yield* restoreRows(used.pipeline, plan, source, scope);
}

/** Restores rows as they arrive. */
async function* restoreRows(
  pipeline: NativePipeline,
  plan: Plan,
  source: RowSource,
  scope: Scope,
): AsyncGenerator<Strip, void, void> {
  const ring = new SourceRing(scope.binding, plan);
  const iterator = iterate(source, plan.frame);
  try {
    const feed = (): Promise<RowBlock | null> => ring.next(iterator);
    for await (const block of runPass(pipeline, plan.pass, feed, scope)) {
      const strip = ring.compose(block);
      if (strip) yield strip;
    }
    await orAbort(ring.end(iterator), scope.signal);
  } finally {
    // Not awaited: a source that has stalled must not hold up an abort.
    iterator.return().catch(() => {});
  }
}

/** The caller's arrays, checked, one after the other. */
async function* iterate(source: RowSource, frame: FrameSize): AsyncGenerator<Samples, void, void> {
  const rowSamples = frame.width * frame.channels;
  let rows = 0;
  for await (const data of source) {
    checkSamples(data, frame.depth);
    if (data.length === 0 || data.length % rowSamples !== 0) {
      throw new ArgumentError(`Expected whole rows of ${rowSamples} samples but received ${data.length} samples`);
    }
    rows += data.length / rowSamples;
    if (rows > frame.height) throw new ArgumentError(`Expected ${frame.height} rows but received at least ${rows}`);
    yield data;
  }
  if (rows < frame.height) throw new ArgumentError(`Expected ${frame.height} rows but received ${rows}`);
}

function rowsChanged(): ArgumentError {
  return new ArgumentError('The memory of rows was transferred or resized before they were copied; give rows to keep');
}

/** The last source rows, as many as the network may still need or the output must still be composed from. */
class SourceRing {
  readonly #binding: Binding;
  readonly #frame: FrameSize;
  readonly #ringRows: number;
  readonly #samples: Samples;
  readonly #strip: Uint8Array;
  readonly #stripRows: number;
  readonly #rows: Axis;
  readonly #columns: Axis;
  #pending: Samples | null = null;
  /** Its samples when it came: a caller may take the memory away. */
  #pendingLength = 0;
  #received = 0;
  #pushed = 0;

  constructor(binding: Binding, { frame, pass, pipeline }: Plan) {
    this.#binding = binding;
    this.#frame = frame;
    this.#stripRows = pass.stripRows;
    this.#ringRows = streamRingRows(pipeline, pass);
    this.#samples = allocateSamples(this.#ringRows * this.#rowSamples, frame.depth);
    this.#strip = new Uint8Array(pass.stripRows * pass.width * 3);
    this.#rows = createAxis(frame.height, false);
    this.#columns = createAxis(frame.width, false);
  }

  get #rowSamples(): number {
    return this.#frame.width * this.#frame.channels;
  }

  /** The next strip of pass rows: frame rows as they come, then the reflected padding. */
  async next(source: AsyncGenerator<Samples, void, void>): Promise<RowBlock | null> {
    const { height } = this.#frame;
    const available = this.#received < height ? await this.#receive(source) : this.#received;
    const limit = available === height ? this.#rows.indices.length : available;
    const count = Math.min(this.#stripRows, limit - this.#pushed);
    if (count === 0) return null;
    const rows = this.#strip.subarray(0, count * this.#columns.indices.length * 3);
    this.#binding.gatherRows(
      this.#samples,
      this.#frame.channels,
      {
        rowPixels: this.#rows.indices.slice(this.#pushed, this.#pushed + count).map((row) => this.#ringPixel(row)),
        colPixels: this.#columns.indices,
      },
      rows,
    );
    this.#pushed += count;
    return { rows, count };
  }

  /** Waits for the end of the source: rows too many are refused also where they come late. */
  async end(source: AsyncGenerator<Samples, void, void>): Promise<void> {
    await source.next();
  }

  /** Copies at most one strip of rows from the source; resolves with the number of frame rows received so far. */
  async #receive(source: AsyncGenerator<Samples, void, void>): Promise<number> {
    if (!this.#pending) {
      const { value, done } = await source.next();
      if (done) return this.#received;
      this.#pending = value;
      this.#pendingLength = value.length;
    }
    if (this.#pending.length !== this.#pendingLength) throw rowsChanged();
    const count = Math.min(this.#stripRows, this.#pendingLength / this.#rowSamples);
    for (let index = 0; index < count; index += 1) {
      const row = this.#pending.subarray(index * this.#rowSamples, (index + 1) * this.#rowSamples);
      this.#samples.set(row, this.#ringPixel(this.#received + index) * this.#frame.channels);
    }
    this.#received += count;
    const rest = this.#pending.subarray(count * this.#rowSamples);
    this.#pending = rest.length > 0 ? rest : null;
    this.#pendingLength = rest.length;
    return this.#received;
  }

  #ringPixel(row: number): number {
    return (row % this.#ringRows) * this.#frame.width;
  }

  /** Adds a residual to the rows it belongs to; null when all of them are padding. */
  compose({ row, count, residual }: ResidualBlock): Strip | null {
    const rows = Math.min(count, this.#frame.height - row);
    if (rows <= 0) return null;
    if (this.#received - row > this.#ringRows)
      throw new NativeError('INTERNAL', `row ${row} left the ring before it was restored`);
    const source = allocateSamples(rows * this.#rowSamples, this.#frame.depth);
    for (let index = 0; index < rows; index += 1) {
      const start = this.#ringPixel(row + index) * this.#frame.channels;
      source.set(this.#samples.subarray(start, start + this.#rowSamples), index * this.#rowSamples);
    }
    const data = allocateSamples(source.length, this.#frame.depth);
    this.#binding.composeRows({
      residual,
      residualWidth: this.#columns.indices.length,
      firstColumn: 0,
      map: {
        rowPixels: Uint32Array.from({ length: rows }, (_, index) => index * this.#frame.width),
        colPixels: this.#columns.indices.subarray(0, this.#columns.end),
      },
      sums: null,
      passes: 1,
      source,
      output: data,
      channels: this.#frame.channels,
    });
    return { row, count: rows, data };
  }
}
