import type { ServiceClock } from '../clock.js';

/** How much of a frame is done, and how much of it since something was: reading and opening come first. */
export class Measured {
  readonly #clock: ServiceClock;
  readonly #begun: number;
  #first: number | null = null;
  /** Of the whole frame, 0 to 1. */
  done = 0;
  /** When something was done first. */
  startedAt: number;

  constructor(clock: ServiceClock) {
    this.#clock = clock;
    this.#begun = clock.now();
    this.startedAt = this.#begun;
  }

  /** What all of it would take, by its pace so far. */
  get wholeSeconds(): number {
    const since = this.#clock.now() - this.startedAt;
    return (this.startedAt - this.#begun + since / Math.max(this.share, 1e-6)) / 1000;
  }

  /** Of what was left when the first part was done. */
  get share(): number {
    const first = this.#first ?? this.done;
    return first < 1 ? (this.done - first) / (1 - first) : 1;
  }

  /** @param done of the whole frame, 0 to 1 */
  advance(done: number): void {
    this.done = done;
    if (this.#first !== null || done <= 0) return;
    this.#first = done;
    this.startedAt = this.#clock.now();
  }
}
