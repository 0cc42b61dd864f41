import { orAbort } from '../runtime/abort.js';
import type { NativeEngine } from '../runtime/native/binding.js';
import { translateNativeError } from '../runtime/native/loader.js';

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

/** Yields the next block of pass rows, or null after the last. */
export type RowFeed = () => Promise<RowBlock | null>;

/**
 * Runs one pass over one panel: feeds all rows of `feed`, yields all residual rows in order. The next block is
 * gathered while the engine works on the one before. Rejects with the reason of `signal`, within one strip.
 */
export async function* runEngine(
  engine: NativeEngine,
  width: number,
  stripRows: number,
  feed: RowFeed,
  signal: AbortSignal,
): AsyncGenerator<ResidualBlock, void, void> {
  const cancel = (): void => engine.cancel();
  let row = 0;
  const wrap = (residual: Int16Array): ResidualBlock => {
    const block = { row, count: residual.length / (3 * width), residual };
    row += block.count;
    return block;
  };
  engine.reset();
  signal.addEventListener('abort', cancel);
  try {
    let block = await orAbort(feed(), signal);
    while (block) {
      signal.throwIfAborted();
      const pending = engine.push(block.rows, block.count);
      const upcoming = feed();
      upcoming.catch(() => {}); // Reported when it is awaited below, after the residual that comes first.
      const residual = await settle(pending, signal);
      if (residual.length > 0) yield wrap(residual);
      block = await orAbort(upcoming, signal);
    }
    for (;;) {
      signal.throwIfAborted();
      const residual = await settle(engine.drain(stripRows), signal);
      if (residual.length === 0) return;
      yield wrap(residual);
    }
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** The engine's answer. After an abort there is only the abort's reason, even if the engine had finished just before it. */
async function settle(pending: Promise<Int16Array>, signal: AbortSignal): Promise<Int16Array> {
  try {
    const residual = await pending;
    signal.throwIfAborted();
    return residual;
  } catch (error) {
    signal.throwIfAborted();
    throw translateNativeError(error);
  }
}
