import type { Io } from '../io.js';

/** After the first failure; twice as long after each further one. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Captures whose restoration has failed: each is tried again after a pause, in which others come first. */
export class FailedAttempts {
  readonly #io: Pick<Io, 'monotonic'>;
  readonly #known = new Map<string, { readonly count: number; readonly until: number }>();

  constructor(io: Pick<Io, 'monotonic'>) {
    this.#io = io;
  }

  /** One more has failed. @returns how many have by now */
  add(id: string): number {
    const count = (this.#known.get(id)?.count ?? 0) + 1;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (count - 1));
    this.#known.set(id, { count, until: this.#io.monotonic() + pause });
    return count;
  }

  /** Whether its pause is not over yet. */
  isPaused(id: string): boolean {
    return (this.#known.get(id)?.until ?? 0) > this.#io.monotonic();
  }

  /** Until the next pause is over, in milliseconds; Infinity where there is none. */
  get msToNext(): number {
    const now = this.#io.monotonic();
    const ends = [...this.#known.values()].map(({ until }) => until).filter((until) => until > now);
    return Math.min(...ends) - now;
  }

  forget(id: string): void {
    this.#known.delete(id);
  }

  /** Forgets those that nobody waits for any more. */
  keepOnly(isWaiting: (id: string) => boolean): void {
    for (const id of this.#known.keys()) if (!isWaiting(id)) this.#known.delete(id);
  }
}
