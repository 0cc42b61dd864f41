import { orAbort } from './abort.js';

interface Waiting {
  readonly limit: number;
  readonly most: number;
  readonly enter: (workers: number) => void;
}

/**
 * Shares out threads to native calls: the sum of the threads of all calls under way never exceeds the limit. Calls are
 * served in their order. A call starts as soon as one thread is free, with as many as are free then: no result depends
 * on their number. A call that waits takes no thread of the system.
 */
export class ThreadGate {
  readonly #waiting: Waiting[] = [];
  #busy = 0;

  /** Threads of the calls under way. */
  get busy(): number {
    return this.#busy;
  }

  /**
   * Does `work` with 1 to `most` threads, once fewer than `limit` are busy. Rejects with the signal's reason where that
   * aborts before the work has begun.
   */
  async run<T>(limit: number, most: number, signal: AbortSignal, work: (workers: number) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const isFree = this.#waiting.length === 0 && this.#busy < limit;
    const workers = isFree ? this.#take(limit, most) : await this.#wait(limit, most, signal);
    try {
      return await work(workers);
    } finally {
      this.#giveBack(workers);
    }
  }

  #take(limit: number, most: number): number {
    const workers = Math.min(most, limit - this.#busy);
    this.#busy += workers;
    return workers;
  }

  #giveBack(workers: number): void {
    this.#busy -= workers;
    for (let first = this.#waiting[0]; first && this.#busy < first.limit; first = this.#waiting[0]) {
      this.#waiting.shift();
      first.enter(this.#take(first.limit, first.most));
    }
  }

  async #wait(limit: number, most: number, signal: AbortSignal): Promise<number> {
    let entered = 0;
    let entry: Waiting | undefined;
    const turn = new Promise<number>((resolve) => {
      const enter = (workers: number): void => {
        entered = workers;
        resolve(workers);
      };
      entry = { limit, most, enter };
      this.#waiting.push(entry);
    });
    try {
      return await orAbort(turn, signal);
    } catch (reason) {
      const index = this.#waiting.indexOf(entry!);
      if (index >= 0) this.#waiting.splice(index, 1);
      // The call was let in just as it was aborted: its threads are for others.
      this.#giveBack(entered);
      throw reason;
    }
  }
}
