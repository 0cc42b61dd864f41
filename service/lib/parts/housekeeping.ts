import type { Io } from '../io.js';
import type { Store } from '../store/store.js';

const EVERY_MS = 2000;

/** Has the store keep house every two seconds. */
export class Housekeeping {
  readonly #io: Io;
  readonly #store: Store;
  readonly #log: (line: string) => void;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #tendedAt: number;

  constructor(io: Io, store: Store, log: (line: string) => void) {
    this.#io = io;
    this.#store = store;
    this.#log = log;
    this.#tendedAt = io.monotonic();
    this.#done = this.#run();
  }

  /** Since it last came to its end. */
  get silentSeconds(): number {
    return (this.#io.monotonic() - this.#tendedAt) / 1000;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#store.tend();
      } catch (error) {
        this.#log(`housekeeping: ${(error as Error).message}`);
      }
      this.#tendedAt = this.#io.monotonic();
      await this.#io.sleep(EVERY_MS, this.#closing.signal).catch(() => undefined);
    }
  }
}
