import { setImmediate } from 'node:timers/promises';

/** Work on the event loop's thread between two pauses, in milliseconds. */
const MOST_MS = 20;

/**
 * When long work on the event loop's thread lets others have their turn. To be asked every millisecond or so:
 * `if (pauses.isDue) await pauses.take();`
 */
export class Pauses {
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether the last pause is long ago, or the work is to end. */
  get isDue(): boolean {
    return this.#signal?.aborted || performance.now() - this.#last >= MOST_MS;
  }

  /** A turn of the event loop. Rejects with the signal's reason. */
  async take(): Promise<void> {
    await setImmediate();
    this.#signal?.throwIfAborted();
    this.#last = performance.now();
  }
}
