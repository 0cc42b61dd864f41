import type { Engine } from '../engine/engine.js';
import type { Io } from '../io.js';
import type { LoopLag } from '../limits/loop-lag.js';
import type { Probe } from '../limits/watchdog.js';
import type { Store } from '../store/store.js';
import type { Housekeeping } from './housekeeping.js';

const MOST_LAG_SECONDS = 1;
/** Housekeeping waits for a disk that is slow, and reads a product again. */
const MOST_HOUSEKEEPING_SECONDS = 120;
/** A strip of the slowest network on a tenth of a processor takes less. */
const MOST_STALL_SECONDS = 120;
const MOST_SILENCE_SECONDS = 10;
/** Beyond the time that a camera and its driver may take: the disk may be slow. */
const MOST_OVERDUE_SECONDS = 120;
/** A store makes its database anew by itself, every two seconds; then a new start may still help. */
const MOST_UNWRITABLE_SECONDS = 120;

/**
 * The parts that must answer, or the service is started again. A camera that hangs is no reason: its loop gives it up
 * in time and opens its driver anew, and health says so. A loop that does not come back from there is one: nothing but
 * a new start helps.
 */
export function probesOf(
  io: Io,
  store: Store,
  engine: Engine,
  housekeeping: Housekeeping,
  lag: LoopLag,
): Readonly<Record<string, Probe>> {
  const unwritable = new Unwritable(io, store);
  const within = (seconds: number, most: number, what: string): string | null =>
    seconds <= most ? null : `${what} for ${seconds.toFixed(0)} s`;
  const cameras = [...engine.cameras].map(([name, camera]) => {
    const probe = (): string | null => within(camera.overdueSeconds, MOST_OVERDUE_SECONDS, 'not heard of in time');
    return [`camera ${name}`, probe] as const;
  });
  return {
    'event loop': () => within(lag.p99Seconds, MOST_LAG_SECONDS, 'late'),
    store: () => within(housekeeping.silentSeconds, MOST_HOUSEKEEPING_SECONDS, 'no end of housekeeping'),
    database: () => within(unwritable.seconds, MOST_UNWRITABLE_SECONDS, 'not writable, with room on the disk,'),
    engine: () => within(engine.stalledSeconds, MOST_STALL_SECONDS, 'no progress'),
    clock: () => within(engine.silentSeconds, MOST_SILENCE_SECONDS, 'no expiry was looked for'),
    ...Object.fromEntries(cameras),
  };
}

/** For how long a store has been found unwritable, and not for want of room. */
class Unwritable {
  readonly #io: Io;
  readonly #store: Store;
  #since: number | null = null;

  constructor(io: Io, store: Store) {
    this.#io = io;
    this.#store = store;
  }

  get seconds(): number {
    const { writable, full } = this.#store.health();
    const now = this.#io.monotonic();
    this.#since = writable || full ? null : (this.#since ?? now);
    return this.#since === null ? 0 : (now - this.#since) / 1000;
  }
}
