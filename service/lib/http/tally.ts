import { LEVELS } from '../capture/capture.js';
import type { Capture, EventType, Level } from '../capture/capture.js';
import type { ServiceClock } from '../clock.js';
import type { Store } from '../store/store.js';

const HOUR = 3_600_000;
const HOURS = 24;
/** Captures that are read at once to fill the hours before the start. */
const BATCH = 500;

/** Products of an hour. */
export interface HourOfProducts {
  /** Its begin, in milliseconds since the epoch, as far as anybody knows. */
  readonly from: number;
  readonly levels: Readonly<Record<Level, number>>;
  /** Those of them that were later than their deadline. */
  readonly late: number;
}

/** Whether a product came after its deadline. */
export const isLate = ({ state, times: { ended }, request: { deadline } }: Capture): boolean =>
  state === 'stored' && ended !== null && deadline !== null && ended > deadline;

/** Counts what becomes of captures: since the start, and by hours over a day. */
export class Tally {
  readonly #store: Store;
  readonly #clock: Pick<ServiceClock, 'now' | 'toWall'>;
  readonly #unsubscribe: () => void;
  readonly #ends = new Map<EventType, number>();
  readonly #levels = new Map<Level, number>();
  readonly #hours = new Map<number, { levels: Record<Level, number>; late: number }>();
  #late = 0;

  constructor(store: Store, clock: Pick<ServiceClock, 'now' | 'toWall'>) {
    this.#store = store;
    this.#clock = clock;
    this.#unsubscribe = store.onEvent(({ type, captureId }) => {
      this.#ends.set(type, this.ended(type) + 1);
      if (type === 'stored') void this.#count(captureId);
    });
  }

  /** Reads the products of the last day, so that a start does not empty the page. Works in small steps. */
  async fill(): Promise<void> {
    const from = this.#clock.now() - HOURS * HOUR;
    const before = await this.#store.list({ newestFirst: true, limit: 1 });
    let cursor = (before[0]?.order ?? 0) + 1;
    for (;;) {
      const page = await this.#store.list({ after: cursor, newestFirst: true, state: 'stored', limit: BATCH });
      for (const capture of page) this.#countHour(capture);
      const last = page.at(-1);
      if (!last || page.length < BATCH || last.times.created < from) return;
      cursor = last.order;
    }
  }

  /** How often that happened since the start. */
  ended(type: EventType): number {
    return this.#ends.get(type) ?? 0;
  }

  /** Products of a level since the start. */
  produced(level: Level): number {
    return this.#levels.get(level) ?? 0;
  }

  /** Products since the start that were later than their deadline. */
  get late(): number {
    return this.#late;
  }

  /** The last 24 hours by the clock of the service, oldest first; hours without products too. */
  hours(): readonly HourOfProducts[] {
    const current = Math.floor(this.#clock.now() / HOUR);
    for (const hour of this.#hours.keys()) if (hour <= current - HOURS) this.#hours.delete(hour);
    return Array.from({ length: HOURS }, (_, index) => {
      const hour = current - HOURS + 1 + index;
      return { from: this.#clock.toWall(hour * HOUR), ...(this.#hours.get(hour) ?? { levels: noLevels(), late: 0 }) };
    });
  }

  close(): void {
    this.#unsubscribe();
  }

  async #count(id: string): Promise<void> {
    const capture = await this.#store.get(id).catch(() => undefined);
    if (!capture?.level) return;
    this.#levels.set(capture.level, this.produced(capture.level) + 1);
    if (isLate(capture)) this.#late++;
    this.#countHour(capture);
  }

  #countHour(capture: Capture): void {
    if (capture.times.ended === null || capture.level === null) return;
    const hour = Math.floor(capture.times.ended / HOUR);
    const counts = this.#hours.get(hour) ?? { levels: noLevels(), late: 0 };
    counts.levels[capture.level]++;
    if (isLate(capture)) counts.late++;
    this.#hours.set(hour, counts);
  }
}

const noLevels = (): Record<Level, number> =>
  Object.fromEntries(LEVELS.map((level) => [level, 0])) as Record<Level, number>;
