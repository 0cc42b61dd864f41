import type { Io } from './io.js';

/** One for all: an error of its own for each ring would cost more than the ring. */
const RUNG = new Error('rung');

/** Wakes a loop that has nothing to do. A ring while the loop works is heard when it waits next. */
export class Bell {
  readonly #io: Io;
  #isRung = false;
  #wake: (() => void) | null = null;

  constructor(io: Io) {
    this.#io = io;
  }

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  /** Resolves when it rings, at the latest after that time. */
  async wait(milliseconds: number): Promise<void> {
    if (!this.#isRung) {
      const waking = new AbortController();
      this.#wake = () => waking.abort(RUNG);
      await this.#io.sleep(milliseconds, waking.signal).catch(() => undefined);
      this.#wake = null;
    }
    this.#isRung = false;
  }
}
