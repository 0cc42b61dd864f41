import type { Binding } from '../runtime/native/binding.js';

/** What an estimate runs on. */
export interface MeterOptions {
  readonly binding: Binding;
  readonly isa: string;
  /** Calls of native code at a time. */
  readonly threads: number;
}

/** Native code for one estimate: any number of calls may be asked for, so many run at a time, in their order. */
export class Meter {
  readonly binding: Binding;
  readonly isa: string;
  readonly threads: number;
  readonly #signal: AbortSignal;
  readonly #waiting: (() => void)[] = [];
  #idle: number;

  /** @param signal calls that have not begun reject with its reason */
  constructor({ binding, isa, threads }: MeterOptions, signal: AbortSignal) {
    this.binding = binding;
    this.isa = isa;
    this.threads = threads;
    this.#idle = threads;
    this.#signal = signal;
  }

  /** Makes a call as soon as a thread is idle. */
  async call<Result>(work: (binding: Binding) => Promise<Result>): Promise<Result> {
    if (this.#idle > 0) this.#idle -= 1;
    else
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    try {
      this.#signal.throwIfAborted();
      return await work(this.binding);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#idle += 1;
    }
  }
}
