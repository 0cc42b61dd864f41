import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Half of what is reported: two halves are one minute. */
const HALF_MS = 30_000;
/** Each look wakes the processor: a hundred a second would cost more than all that the service does for a frame. */
const RESOLUTION_MS = 50;

/** How late the event loop is, over the last half to whole minute. */
export class LoopLag {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #before = 0;

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => this.#turn(), HALF_MS);
    this.#timer.unref();
  }

  /** The 99th percentile, in seconds. */
  get p99Seconds(): number {
    return Math.max(this.#before, this.#now());
  }

  close(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  /** The histogram counts from one timer to the next: what is beyond its resolution is late. */
  #now(): number {
    if (this.#histogram.count === 0) return 0;
    return Math.max(0, this.#histogram.percentile(99) / 1e9 - RESOLUTION_MS / 1000);
  }

  #turn(): void {
    this.#before = this.#now();
    this.#histogram.reset();
  }
}
