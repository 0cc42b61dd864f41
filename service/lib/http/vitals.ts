import type { Durations } from '../limits/metered-io.js';
import type { Thermal } from '../limits/thermal.js';

/** What computing in radiation found, since the start. */
export interface IntegrityCounters {
  /** Checks that failed: of weights, of sums, of stored bytes. */
  readonly found: number;
  /** Those of them that were mended from a whole copy or by computing again. */
  readonly healed: number;
  /** Those that could not be mended. */
  readonly lost: number;
}

/** What the service measures of itself and of the board. `null` is what cannot be measured here. */
export interface Vitals {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly uptimeSeconds: number;
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
  /** CPU time of this process, user and system. */
  readonly cpuSeconds: number;
  /** Time that the cgroup kept the process from computing. */
  readonly throttledSeconds: number | null;
  /** How late the event loop is: 99th percentile of the last minute. */
  readonly loopLagSeconds: number;
  readonly temperatureCelsius: number | null;
  readonly thermal: Thermal;
  /** Errors of memory as the kernel counts them. */
  readonly memoryErrors: { readonly corrected: number; readonly uncorrected: number } | null;
  readonly integrity: IntegrityCounters;
  /** What syncs of the store took. */
  readonly syncs: Durations;
  /** Seconds that a level takes for a frame, 95th percentile; levels that were never measured are left out. */
  readonly levelSeconds: Readonly<Record<string, number>>;
  /** What is being restored, and how much of it is done, 0 to 1. */
  readonly working: { readonly id: string; readonly level: string; readonly done: number } | null;
  /** How often a driver or the worker had to be started again. */
  readonly restarts: number;
}

/** Whether the service lives, whether it takes requests, and what is wrong with it. */
export interface Health {
  readonly live: boolean;
  readonly ready: boolean;
  /** What does not work as it should, in words; empty where all is well. */
  readonly degraded: readonly string[];
}
