import { orAbort } from '../runtime/abort.js';
import type { ComposeRequest, NativePipeline, PixelMap } from '../runtime/native/binding.js';
import type { NativeTicket } from '../runtime/native/runtime.js';
import type { Scope } from '../runtime/scope.js';
import type { Plan } from './plan.js';
import { Marks } from './marks.js';

/** Consecutive pass rows of interleaved 8-bit RGB, for each pipeline. The memory may be reused for the next block. */
export interface RowBlock {
  readonly rows: readonly Uint8Array[];
  readonly count: number;
  /** Which pixels of a frame are there, and which of them these rows are; without it, all are there. */
  readonly valid?: { readonly plane: Uint8Array; readonly map: PixelMap };
}

/** `count` x pass width residuals of red, green and blue, and what `ComposeRequest` calls shared. */
export type Residual = Pick<ComposeRequest, 'residual' | 'shared'>;

/** Consecutive residual rows of each pipeline; valid until the next block is asked for. */
export interface ResidualBlock {
  readonly row: number;
  readonly count: number;
  readonly residuals: readonly Residual[];
}

/** Gives the next block of pass rows, or null after the last. */
export type RowFeed = () => Promise<RowBlock | null>;

/**
 * Runs one pass over one panel: feeds all rows of `feed`, yields all residual rows in order, with what `Marks` says of
 * them. Pipelines work in turn, on rows of their own. The next block is gathered while the last of them works on the
 * one before. Rejects with the reason of the scope's signal, within one strip.
 */
export async function* runPass(
  pipelines: readonly NativePipeline[],
  { pass, pipeline: { delayRows } }: Pick<Plan, 'pass' | 'pipeline'>,
  feed: RowFeed,
  scope: Scope,
): AsyncGenerator<ResidualBlock, void, void> {
  const run = new Pass(pipelines, pass.width, () => new Marks(delayRows, pass), scope);
  let block = await orAbort(feed(), scope.signal);
  while (block) {
    const { residuals, upcoming } = await run.push(block, feed);
    if (residuals[0]!.length > 0) yield run.wrap(residuals);
    // Whoever delivers rows may be silent for ever.
    block = await orAbort(upcoming, scope.signal);
  }
  for (;;) {
    const residuals = await run.drain(pass.stripRows);
    if (residuals[0]!.length === 0) return;
    yield run.wrap(residuals);
  }
}

/** The pipelines of one pass: all have seen the same rows. */
class Pass {
  readonly #pipelines: readonly NativePipeline[];
  readonly #width: number;
  readonly #marks: readonly Marks[];
  readonly #scope: Scope;
  #row = 0;

  constructor(pipelines: readonly NativePipeline[], width: number, createMarks: () => Marks, scope: Scope) {
    this.#pipelines = pipelines;
    this.#width = width;
    this.#marks = pipelines.map(createMarks);
    this.#scope = scope;
    for (const pipeline of pipelines) pipeline.reset();
  }

  /** Feeds one block, and asks for the next as soon as the last pipeline has copied this one. */
  async push(
    { rows, count, valid }: RowBlock,
    feed: RowFeed,
  ): Promise<{ readonly residuals: Int16Array[]; readonly upcoming: ReturnType<RowFeed> }> {
    let upcoming: ReturnType<RowFeed> = Promise.resolve(null);
    const residuals = await this.#inTurn((pipeline, index, ticket) => {
      if (valid) pipeline.setValid(valid.plane, valid.map);
      const pending = pipeline.push(rows[index]!, count, ticket);
      this.#marks[index]!.add(rows[index]!, count);
      if (index < rows.length - 1) return pending;
      upcoming = feed();
      upcoming.catch(() => {}); // Reported when it is awaited, after the residual that comes first.
      return pending;
    });
    return { residuals, upcoming };
  }

  drain(limit: number): Promise<Int16Array[]> {
    return this.#inTurn((pipeline, _, ticket) => pipeline.drain(limit, ticket));
  }

  wrap(residuals: readonly Int16Array[]): ResidualBlock {
    const row = this.#row;
    const count = residuals[0]!.length / (3 * this.#width);
    this.#row += count;
    const marked = residuals.map((residual, index) => ({
      residual,
      shared: this.#marks[index]!.apply(row, count, residual),
    }));
    return { row, count, residuals: marked };
  }

  async #inTurn(
    work: (pipeline: NativePipeline, index: number, ticket: NativeTicket) => Promise<Int16Array>,
  ): Promise<Int16Array[]> {
    const residuals = [];
    for (const [index, pipeline] of this.#pipelines.entries()) {
      residuals.push(await this.#scope.call((_, ticket) => work(pipeline, index, ticket)));
    }
    return residuals;
  }
}
