import { setMaxListeners } from 'node:events';
import type { NativeWork } from './crew.js';
import type { Binding } from './native/binding.js';
import type { OnProgress, OperationOptions, Progress } from './progress.js';
import type { Runtime } from './runtime.js';
import { requireFunction, requireObject, requireSignal } from './validate.js';

/** One operation under way: what it runs on, what ends it, and whom it tells how far it is. */
export class Scope implements Disposable {
  readonly runtime: Runtime;
  /** Aborts with the caller's signal, at the runtime's end, with the error of an `onProgress`, or by `abort`. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #userSignal: AbortSignal | undefined;
  readonly #onProgress: OnProgress | undefined;
  readonly #forward = ({ target }: Pick<Event, 'target'>): void => this.abort((target as AbortSignal).reason);

  /** Throws ArgumentError. */
  constructor(runtime: Runtime, options: OperationOptions = {}) {
    requireObject('options', options);
    const { signal, onProgress } = options;
    if (signal !== undefined) requireSignal(signal);
    if (onProgress !== undefined) requireFunction('onProgress', onProgress);
    this.runtime = runtime;
    this.signal = this.#controller.signal;
    // Every call that waits for threads listens, and there may be hundreds.
    setMaxListeners(0, this.signal);
    this.#userSignal = signal;
    this.#onProgress = onProgress;
    for (const source of this.#sources()) {
      source.addEventListener('abort', this.#forward);
      if (source.aborted) this.#forward({ target: source });
    }
  }

  /** What ends the operation from outside: the caller's signal, and the end of the runtime. */
  #sources(): AbortSignal[] {
    const { closing } = this.runtime;
    return this.#userSignal ? [this.#userSignal, closing] : [closing];
  }

  get isa(): string {
    return this.runtime.isa;
  }

  get threads(): 1 | 2 | 3 {
    return this.runtime.threads;
  }

  /** The native addon, for calls on this very thread: short ones. */
  get binding(): Binding {
    return this.runtime.binding;
  }

  /** Makes one native call off the event loop. @param most threads that it may use */
  call<T>(work: NativeWork<T>, most?: number): Promise<T> {
    return this.runtime.call(this.signal, work, most);
  }

  /** Tells the caller. An `onProgress` that fails ends the operation with its error. */
  progress(progress: Progress): void {
    try {
      const answer: unknown = this.#onProgress?.(progress);
      // Also what only has a `then`, such as the promise of another realm.
      Promise.resolve(answer).catch((reason: unknown) => this.abort(reason));
    } catch (reason) {
      this.abort(reason);
    }
    this.signal.throwIfAborted();
  }

  /** Ends the operation: whatever it waits for rejects with this reason. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Lets go of the signals. */
  [Symbol.dispose](): void {
    for (const source of this.#sources()) source.removeEventListener('abort', this.#forward);
  }
}
