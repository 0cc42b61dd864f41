import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Threads beyond three gain too little on board to be offered. */
export const MAX_THREADS = 3;

/** Files in which control groups state how much processor time this process may have: version 2, then version 1. */
const QUOTA_FILES = ['/sys/fs/cgroup/cpu.max', '/sys/fs/cgroup/cpu/cpu.cfs_quota_us'];
const PERIOD_FILE = '/sys/fs/cgroup/cpu/cpu.cfs_period_us';

/** The threads that an operation uses unless told otherwise: 1 to 3, as many as there are processors for them. */
export function defaultThreads(): 1 | 2 | 3 {
  return Math.min(MAX_THREADS, usableCpus()) as 1 | 2 | 3;
}

/** Processors that this process may use: those of its affinity mask, or fewer where a control group limits its time. */
export function usableCpus(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.round(quota())));
}

/** Processors' worth of time that the control group grants; Infinity where it sets no limit. */
function quota(): number {
  const [modern, legacy] = QUOTA_FILES.map(readText);
  const [limit, period] = modern ? modern.split(' ') : [legacy, readText(PERIOD_FILE)];
  const cpus = Number(limit) / Number(period);
  return Number.isFinite(cpus) && cpus > 0 ? Math.max(1, cpus) : Infinity;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return undefined;
  }
}
