import { ApiError } from './errors.js';

/** So many seconds' worth of requests may come at once. */
const BURST_SECONDS = 2;

/** How many requests each app sends: as many as may in the long run, and twice as many at once. */
export class RequestRate {
  readonly #perSecond: number;
  readonly #now: () => number;
  /** What each app may still send, and when that was so. */
  readonly #left = new Map<string, { readonly count: number; readonly at: number }>();

  /** @param now milliseconds of a clock that never jumps */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Counts a request. Throws ApiError `RATE` where it is one too many. */
  count(app: string): void {
    const now = this.#now();
    const most = Math.max(1, this.#perSecond * BURST_SECONDS);
    const last = this.#left.get(app) ?? { count: most, at: now };
    const count = Math.min(most, last.count + ((now - last.at) / 1000) * this.#perSecond);
    if (count < 1) {
      const seconds = Math.max(1, Math.ceil((1 - count) / this.#perSecond));
      const message = `${app} sends more than ${this.#perSecond} requests a second`;
      throw new ApiError('RATE', `${message}: send fewer (http.requestsPerSecond)`, seconds);
    }
    this.#left.set(app, { count: count - 1, at: now });
  }
}
