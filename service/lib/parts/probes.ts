import type { Engine } from '../engine/engine.js';
import type { LoopLag } from '../limits/loop-lag.js';
import type { Probe } from '../limits/watchdog.js';
import type { Housekeeping } from './housekeeping.js';

const MOST_LAG_SECONDS = 1;
/** Housekeeping waits for a disk that is slow, and reads a product again. */
const MOST_HOUSEKEEPING_SECONDS = 120;
/** A strip of the slowest network on a tenth of a processor takes less. */
const MOST_STALL_SECONDS = 120;
const MOST_SILENCE_SECONDS = 10;

/** The parts that must answer, or the service is started again. */
export function probesOf(engine: Engine, housekeeping: Housekeeping, lag: LoopLag): Readonly<Record<string, Probe>> {
  const within = (seconds: number, most: number, what: string): string | null =>
    seconds <= most ? null : `${what} for ${seconds.toFixed(0)} s`;
  return {
    'event loop': () => within(lag.p99Seconds, MOST_LAG_SECONDS, 'late'),
    store: () => within(housekeeping.silentSeconds, MOST_HOUSEKEEPING_SECONDS, 'no end of housekeeping'),
    engine: () => within(engine.stalledSeconds, MOST_STALL_SECONDS, 'no progress'),
    clock: () => within(engine.silentSeconds, MOST_SILENCE_SECONDS, 'no expiry was looked for'),
  };
}
