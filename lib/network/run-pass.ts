import { orAbort } from '../runtime/abort.js';
import type { NativePipeline, PassShape } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';

/** Consecutive pass rows of interleaved 8-bit RGB. The memory may be reused once the next block is asked for. */
export interface RowBlock {
  readonly rows: Uint8Array;
  readonly count: number;
}

/** Consecutive residual rows, `count` x pass width x 3; valid until the next block is asked for. */
export interface ResidualBlock {
  readonly row: number;
  readonly count: number;
  readonly residual: Int16Array;
}

/** Gives the next block of pass rows, or null after the last. */
export type RowFeed = () => Promise<RowBlock | null>;

/**
 * Runs one pass over one panel: feeds all rows of `feed`, yields all residual rows in order. The next block is gathered
 * while the pipeline works on the one before. Rejects with the reason of the scope's signal, within one strip.
 */
export async function* runPass(
  pipeline: NativePipeline,
  { width, stripRows }: Pick<PassShape, 'width' | 'stripRows'>,
  feed: RowFeed,
  scope: Scope,
): AsyncGenerator<ResidualBlock, void, void> {
  const { signal } = scope;
  let row = 0;
  const wrap = (residual: Int16Array): ResidualBlock => {
    const block = { row, count: residual.length / (3 * width), residual };
    row += block.count;
    return block;
  };
  pipeline.reset();
  let block = await orAbort(feed(), signal);
  while (block) {
    const { residual, upcoming } = await push(pipeline, block, feed, scope);
    if (residual.length > 0) yield wrap(residual);
    // Whoever delivers rows may be silent for ever.
    block = await orAbort(upcoming, signal);
  }
  for (;;) {
    const residual = await scope.call((_, ticket) => pipeline.drain(stripRows, ticket));
    if (residual.length === 0) return;
    yield wrap(residual);
  }
}

/** Feeds one block, and asks for the next as soon as the pipeline has copied this one. */
async function push(
  pipeline: NativePipeline,
  { rows, count }: RowBlock,
  feed: RowFeed,
  scope: Scope,
): Promise<{ readonly residual: Int16Array; readonly upcoming: ReturnType<RowFeed> }> {
  let upcoming: ReturnType<RowFeed> = Promise.resolve(null);
  const residual = await scope.call((_, ticket) => {
    const pending = pipeline.push(rows, count, ticket);
    upcoming = feed();
    upcoming.catch(() => {}); // Reported when it is awaited, after the residual that comes first.
    return pending;
  });
  return { residual, upcoming };
}
