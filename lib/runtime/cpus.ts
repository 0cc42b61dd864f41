import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/** Threads beyond three gain too little on board to be offered. */
export const MAX_THREADS = 3;

/** Where control groups are mounted: of version 2, and the processor's hierarchy of version 1. */
const MODERN_ROOT = '/sys/fs/cgroup';
const LEGACY_ROOT = '/sys/fs/cgroup/cpu';

/** The threads that an operation uses unless told otherwise: 1 to 3, as many as there are processors for them. */
export function defaultThreads(): 1 | 2 | 3 {
  return Math.min(MAX_THREADS, usableCpus()) as 1 | 2 | 3;
}

/** Processors that this process may use: those of its affinity mask, or fewer where a control group limits its time. */
export function usableCpus(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.round(grantedCpus())));
}

/** Processors' worth of time that the control groups of this process grant; Infinity where they set no limit. */
function grantedCpus(): number {
  const groups = readText('/proc/self/cgroup')?.split('\n') ?? [];
  return Math.min(...groups.map(grantOf), Infinity);
}

/** @param line of /proc/self/cgroup: hierarchy, controllers and path, with colons between */
function grantOf(line: string): number {
  const [hierarchy, controllers = '', ...rest] = line.split(':');
  const path = rest.join(':');
  if (hierarchy === '0') return leastOf(path, (group) => readText(join(MODERN_ROOT, group, 'cpu.max'))?.split(' '));
  if (!controllers.split(',').includes('cpu')) return Infinity;
  return leastOf(path, (group) => [
    readText(join(LEGACY_ROOT, group, 'cpu.cfs_quota_us')) ?? '',
    readText(join(LEGACY_ROOT, group, 'cpu.cfs_period_us')) ?? '',
  ]);
}

/** The least that a group or one above it grants. @param limitOf time and period of a group, in microseconds */
function leastOf(path: string, limitOf: (group: string) => readonly string[] | undefined): number {
  const [limit, period] = limitOf(path) ?? [];
  const cpus = Number(limit) / Number(period);
  const own = Number.isFinite(cpus) && cpus > 0 ? cpus : Infinity;
  return path === '/' || path === '' ? own : Math.min(own, leastOf(dirname(path), limitOf));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return undefined;
  }
}
