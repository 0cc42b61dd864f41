import { CaptureClientError } from './errors.js';

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/** How long to wait before each further try: ever longer, and never less than the service has asked for. */
export class Backoff {
  #pause = FIRST_PAUSE;

  /** Something has come: pauses begin small again. */
  reset(): void {
    this.#pause = FIRST_PAUSE;
  }

  /** @returns milliseconds to wait after this error, or after an end without one */
  next(error?: unknown): number {
    const pause = this.#pause;
    this.#pause = Math.min(2 * pause, LONGEST_PAUSE);
    const asked = error instanceof CaptureClientError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    return Math.max(pause, asked);
  }
}
