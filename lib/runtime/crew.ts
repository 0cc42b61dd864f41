import { StateError } from './errors.js';
import type { Binding, NativePool, NativeTicket } from './native/binding.js';
import { translateNativeError } from './native/loader.js';
import { ThreadGate } from './thread-gate.js';

/** What is done in native code, off the event loop. */
export type NativeWork<T> = (binding: Binding, ticket: NativeTicket) => Promise<T>;

/** Some threads, and who may compute with them. */
export class Crew {
  readonly binding: Binding;
  readonly threads: 1 | 2 | 3;
  readonly #gate: ThreadGate;
  #pool: NativePool | null = null;
  #isDisposed = false;

  /** @param gate shared with crews whose threads count together with these */
  constructor(binding: Binding, threads: 1 | 2 | 3, gate: ThreadGate = new ThreadGate()) {
    this.binding = binding;
    this.threads = threads;
    this.#gate = gate;
  }

  /** Threads that compute now. */
  get busy(): number {
    return this.#pool?.busy ?? 0;
  }

  /** The most threads that have computed at once. */
  get mostBusy(): number {
    return this.#pool?.mostBusy ?? 0;
  }

  /**
   * Makes one native call off the event loop: waits for threads, lets the signal cancel the call, and translates its
   * errors. Rejects once the call has ended: with the signal's reason where that has aborted, else with PerifocalError.
   * @param most threads that the call may use
   */
  async call<T>(signal: AbortSignal, work: NativeWork<T>, most: number): Promise<T> {
    this.requireOpen();
    return this.#gate.run(this.threads, most, signal, (workers) => this.#callNow(signal, work, workers));
  }

  async #callNow<T>(signal: AbortSignal, work: NativeWork<T>, workers: number): Promise<T> {
    this.requireOpen();
    this.#pool ??= this.binding.createPool(this.threads);
    const ticket = this.#pool.ticket(workers);
    const cancel = (): void => ticket.cancel();
    signal.addEventListener('abort', cancel);
    try {
      const result = await work(this.binding, ticket);
      signal.throwIfAborted();
      return result;
    } catch (error) {
      signal.throwIfAborted();
      throw translateNativeError(error);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  requireOpen(): void {
    if (this.#isDisposed) throw new StateError('The runtime is disposed: open another one');
  }

  /** Ends the threads once the calls under way have ended; others are refused. Idempotent. */
  dispose(): void {
    this.#isDisposed = true;
    this.#pool?.dispose();
    this.#pool = null;
  }
}
