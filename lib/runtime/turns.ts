import { StateError } from './errors.js';
import type { OperationOptions } from './progress.js';
import type { Runtime } from './runtime.js';
import { Scope } from './scope.js';

/** The operations of an object that does one at a time and can be disposed. */
export class Turns {
  readonly #owner: string;
  #isDisposed = false;
  #current: { readonly scope: Scope; readonly finished: Promise<void> } | null = null;

  /** @param owner what it is called in messages */
  constructor(owner: string) {
    this.#owner = owner;
  }

  /** Does the one operation. Rejects with ArgumentError, with StateError as `begin` throws, or as the work does. */
  async run<T>(runtime: Runtime, options: OperationOptions, work: (scope: Scope) => Promise<T>): Promise<T> {
    using scope = this.begin(runtime, options);
    scope.signal.throwIfAborted();
    return await work(scope);
  }

  /**
   * Begins the one operation, which lasts until its scope is disposed of. The scope is aborted by `dispose`. Throws
   * StateError while there is another, or after `dispose`.
   */
  begin(runtime: Runtime, options: OperationOptions): Scope {
    const owner = this.#owner;
    if (this.#isDisposed) throw new StateError(`The ${owner} is disposed`);
    if (this.#current) {
      throw new StateError(`The ${owner} is busy with another frame; one ${owner} runs one frame at a time`);
    }
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const scope = new Turn(runtime, options, () => {
      this.#current = null;
      finish();
    });
    this.#current = { scope, finished };
    return scope;
  }

  /** Ends an operation under way with StateError, and waits for its end. Idempotent. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#current?.scope.abort(new StateError(`The ${this.#owner} was disposed during a run`));
    await this.#current?.finished;
  }
}

/** A scope that tells when it is over. */
class Turn extends Scope {
  readonly #end: () => void;

  constructor(runtime: Runtime, options: OperationOptions, end: () => void) {
    super(runtime, options);
    this.#end = end;
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#end();
  }
}
