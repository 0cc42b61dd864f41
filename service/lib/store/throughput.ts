import type { EventType } from '../capture/capture.js';

/** Until something is known: the cadence of a camera. */
const FIRST_SECONDS = 8;
const WEIGHT = 0.3;
const LEAST_SECONDS = 1;

/** How soon captures come to their end by being worked on, while any wait. */
export class Throughput {
  #seconds = FIRST_SECONDS;
  /** Since when the next one is worked on, by the clock of the service; null while none waits. */
  #since: number | null = null;

  /** Something has happened to a capture. @param waiting how many wait from now on */
  note(type: EventType, waiting: number, now: number): void {
    if (type === 'stored' || type === 'failed') {
      if (this.#since !== null) this.#seconds += WEIGHT * ((now - this.#since) / 1000 - this.#seconds);
      this.#since = now;
    }
    this.#since = waiting === 0 ? null : (this.#since ?? now);
  }

  /** Whole seconds until so many more have come to their end, at least one. */
  secondsFor(count: number, now: number): number {
    const begun = this.#since === null ? 0 : (now - this.#since) / 1000;
    return Math.max(LEAST_SECONDS, Math.ceil(count * this.#seconds - Math.min(begun, this.#seconds)));
  }
}
