import type { Io } from '../../io.js';
import type { Store } from '../../store/store.js';
import type { CaptureEvent } from '../../capture/capture.js';

/** Events that are read from the store at once. */
const BATCH = 500;
/** One for all: an error of its own for each that is woken would cost more than the waking. */
const WOKEN = new Error('woken');

/** Events of those apps that a caller may see, and how to go on. */
export interface VisibleEvents {
  readonly events: readonly CaptureEvent[];
  /** The cursor after them: events up to here have been looked at. */
  readonly next: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** Events as they are committed, for everybody who waits for them. */
export class EventFeed {
  readonly #store: Store;
  /** How each of those who wait is woken, and by which events. */
  readonly #waiting = new Map<() => void, (event: CaptureEvent) => boolean>();
  readonly #unsubscribe: () => void;
  readonly #io: Io;
  #isClosed = false;

  constructor(store: Store, io: Io) {
    this.#store = store;
    this.#io = io;
    this.#unsubscribe = store.onEvent((event) => this.#tell(event));
  }

  /** Whether the service stops: whoever waits ends then. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Up to `limit` events after a cursor that are of an app; of all apps where `app` is null. Those of no app are of
   * all: events that are lost, and steps of the clock. With a limit of 0, only where the log begins and ends.
   */
  async read(after: number, limit: number, app: string | null): Promise<VisibleEvents> {
    if (limit === 0) return { ...(await this.#store.events(this.#store.lastSeq, 1)), events: [], next: after };
    const events: CaptureEvent[] = [];
    const batch = app === null ? Math.min(limit, BATCH) : BATCH;
    let next = after;
    for (;;) {
      const page = await this.#store.events(next, batch);
      // What is not kept any more is never waited for: it would be over at once, again and again.
      next = Math.max(next, page.firstSeq - 1);
      for (const event of page.events) {
        next = event.seq;
        if (app === null || event.app === app || event.app === '') events.push(event);
        if (events.length === limit) return { events, next, firstSeq: page.firstSeq, lastSeq: page.lastSeq };
      }
      if (page.events.length < batch) return { events, next, firstSeq: page.firstSeq, lastSeq: page.lastSeq };
    }
  }

  /** Resolves once there is an event after the cursor, the time is over, or the signal or the service says to stop. */
  async waitBeyond(cursor: number, milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.#store.lastSeq <= cursor) await this.#wait(milliseconds, signal, () => true);
  }

  /** Resolves once a capture is in a final state, the time is over, or the signal or the service says to stop. */
  async waitForEnd(id: string, milliseconds: number, signal: AbortSignal): Promise<void> {
    const { queue } = this.#store;
    if (queue.find(id)) await this.#wait(milliseconds, signal, ({ captureId }) => captureId === id && !queue.find(id));
  }

  close(): void {
    this.#unsubscribe();
    this.#isClosed = true;
    for (const wake of [...this.#waiting.keys()]) wake();
  }

  async #wait(milliseconds: number, signal: AbortSignal, isAwaited: (event: CaptureEvent) => boolean): Promise<void> {
    if (signal.aborted || this.#isClosed) return;
    const woken = new AbortController();
    const wake = (): void => woken.abort(WOKEN);
    this.#waiting.set(wake, isAwaited);
    signal.addEventListener('abort', wake);
    await this.#io.sleep(milliseconds, woken.signal).catch(() => undefined);
    signal.removeEventListener('abort', wake);
    this.#waiting.delete(wake);
  }

  #tell(event: CaptureEvent): void {
    for (const [wake, isAwaited] of [...this.#waiting]) if (isAwaited(event)) wake();
  }
}
