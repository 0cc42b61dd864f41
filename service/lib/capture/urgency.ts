import type { Capture } from './capture.js';
import { AGING_MS, compareDue, effectivePriority } from './scheduler.js';
import { Sorted } from './sorted.js';

/** A capture that waits, at the priority that waiting has given it so far. */
interface Waiting {
  readonly capture: Capture;
  readonly level: number;
  /** When it rises next. */
  readonly risesAt: number;
}

/** Captures that wait, the most urgent first: as {@link compareUrgency} has it, without comparing all with all. */
export class UrgencyQueue {
  readonly #levels = new Map<number, Sorted<Capture>>();
  readonly #rises = new Sorted<Waiting>((a, b) => a.risesAt - b.risesAt || a.capture.order - b.capture.order);
  readonly #byOrder = new Map<number, Waiting>();

  get size(): number {
    return this.#byOrder.size;
  }

  add(capture: Capture): void {
    this.#place(capture, capture.request.priority);
  }

  remove({ order }: Capture): void {
    const waiting = this.#byOrder.get(order);
    if (!waiting) return;
    const { capture, level } = waiting;
    this.#rises.remove(waiting);
    this.#byOrder.delete(order);
    const sameLevel = this.#levels.get(level)!;
    sameLevel.remove(capture);
    if (sameLevel.size === 0) this.#levels.delete(level);
  }

  /** All of them, the most urgent first, at a time that is never earlier than that of the last call. */
  *inOrder(now: number): Generator<Capture> {
    this.#rise(now);
    for (const level of [...this.#levels.keys()].sort((a, b) => b - a)) yield* this.#levels.get(level)!;
  }

  #rise(now: number): void {
    for (let next = this.#rises.first; next && next.risesAt <= now; next = this.#rises.first) {
      this.remove(next.capture);
      this.#place(next.capture, effectivePriority(next.capture, now));
    }
  }

  #place(capture: Capture, level: number): void {
    const risesAt = capture.times.created + (level - capture.request.priority + 1) * AGING_MS;
    const waiting = { capture, level, risesAt };
    this.#byOrder.set(capture.order, waiting);
    this.#rises.add(waiting);
    const sameLevel = this.#levels.get(level) ?? new Sorted(compareDue);
    this.#levels.set(level, sameLevel);
    sameLevel.add(capture);
  }
}
