import { StateError } from './errors.js';

/** The runs of an object that works on one frame at a time and can be disposed. */
export class OneAtATime {
  readonly #owner: string;
  #isDisposed = false;
  #run: { readonly controller: AbortController; readonly finished: Promise<void> } | null = null;

  /** @param owner what it is called in messages */
  constructor(owner: string) {
    this.#owner = owner;
  }

  async exclusively<T>(userSignal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal, release } = this.acquire(userSignal);
    try {
      signal.throwIfAborted();
      return await work(signal);
    } finally {
      release();
    }
  }

  /** Makes this the one run; its signal aborts with the caller's, or on `dispose`. Throws StateError while another runs, or after `dispose`. */
  acquire(userSignal: AbortSignal | undefined): { signal: AbortSignal; release: () => void } {
    if (this.#isDisposed) throw new StateError(`The ${this.#owner} is disposed`);
    if (this.#run)
      throw new StateError(
        `The ${this.#owner} is busy with another frame; one ${this.#owner} runs one frame at a time`,
      );
    const controller = new AbortController();
    const forward = (): void => controller.abort(userSignal!.reason);
    userSignal?.addEventListener('abort', forward);
    if (userSignal?.aborted) forward();
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    this.#run = { controller, finished };
    const release = (): void => {
      userSignal?.removeEventListener('abort', forward);
      this.#run = null;
      finish();
    };
    return { signal: controller.signal, release };
  }

  /** Ends a run in progress with StateError, and waits for its end. Idempotent. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#run?.controller.abort(new StateError(`The ${this.#owner} was disposed during a run`));
    await this.#run?.finished;
  }
}
