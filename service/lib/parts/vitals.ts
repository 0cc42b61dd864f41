import type { Engine } from '../engine/engine.js';
import type { Health, IntegrityCounters, Vitals } from '../http/vitals.js';
import type { Board } from '../limits/board.js';
import type { LoopLag } from '../limits/loop-lag.js';
import type { Durations } from '../limits/metered-io.js';
import type { Store } from '../store/store.js';

/** What the service looks at to say how it is. */
export interface Observed {
  /** By the wall clock. */
  readonly startedAt: number;
  readonly upSeconds: () => number;
  readonly store: Store;
  readonly engine: Engine;
  readonly board: Board;
  readonly lag: LoopLag;
  readonly syncs: () => Durations;
  /** What does not answer, in words. */
  readonly troubles: () => readonly string[];
  /** Megapixels of the frame that is planned for. */
  readonly megapixels: number;
}

export function vitalsOf({ startedAt, upSeconds, store, engine, board, lag, syncs, megapixels }: Observed): Vitals {
  const { thermal, temperatureCelsius, cgroup, memoryErrors, peakBytes } = board.state;
  const { user, system } = process.cpuUsage();
  const residentBytes = process.memoryUsage.rss();
  const seconds = Object.entries(engine.pace.secondsFor(megapixels));
  return {
    startedAt,
    uptimeSeconds: upSeconds(),
    residentBytes,
    peakResidentBytes: Math.max(peakBytes ?? 0, residentBytes),
    cpuSeconds: (user + system) / 1e6,
    throttledSeconds: cgroup.throttledSeconds,
    loopLagSeconds: lag.p99Seconds,
    temperatureCelsius,
    thermal,
    memoryErrors,
    integrity: integrityOf(store, engine),
    syncs: syncs(),
    levelSeconds: Object.fromEntries(seconds.filter((entry): entry is [string, number] => entry[1] !== null)),
    working: engine.working,
    restarts: engine.restarts,
  };
}

/** Of records and files of the store, and of restorations. */
function integrityOf(store: Store, { faults }: Pick<Engine, 'faults'>): IntegrityCounters {
  const { damagedRows, damagedFiles, healedRows, healedFiles } = store.health().counters;
  const damaged = damagedRows + damagedFiles;
  const mended = healedRows + healedFiles;
  const lost = Math.max(0, damaged - mended) + faults.lost;
  return { found: damaged + faults.found, healed: mended + faults.healed, lost };
}

/** Ready as long as requests can be taken; all that is not as it should be is said. */
export function healthOf({ store, engine, board, troubles }: Observed): Health {
  const { writable, reasons } = store.health();
  const { thermal, temperatureCelsius } = board.state;
  const cameras = [...engine.cameras].flatMap(([name, camera]) => {
    const { healthy, reason } = camera.health();
    return healthy ? [] : [`camera ${name}: ${reason}`];
  });
  const heat = thermal === 'normal' ? [] : [`the board is ${thermal}: ${temperatureCelsius} degrees Celsius`];
  return { live: true, ready: writable, degraded: [...reasons, ...cameras, ...heat, ...troubles()] };
}
