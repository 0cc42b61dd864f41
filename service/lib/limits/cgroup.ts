import { dirname, join } from 'node:path';
import type { Io } from '../io.js';
import { readNumber, readText } from './roots.js';
import type { SystemRoots } from './roots.js';

/** What the cgroup of this process allows; null: no limit, or not known. */
export interface CgroupLimits {
  /** The least of its own and of all groups around it. */
  readonly memoryBytes: number | null;
  /** Processors' worth of time. */
  readonly cpus: number | null;
  /** Time that it was kept from computing. */
  readonly throttledSeconds: number | null;
}

/** Version 1 says "no limit" by the greatest number of pages. */
const UNLIMITED_BYTES = 2 ** 60;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

/** Reads the limits of this process's cgroup, of version 2 or 1. */
export async function readCgroup(io: Io, roots: SystemRoots): Promise<CgroupLimits> {
  const lines = ((await readText(io, join(roots.proc, 'self/cgroup'))) ?? '')
    .split('\n')
    .map((line) => line.split(':'));
  const pathOf = (controller: string): string | undefined =>
    lines.find(([, controllers = '']) => controllers.split(',').includes(controller))?.[2];
  const [memory, cpu] = [pathOf('memory'), pathOf('cpu')];
  const unified = lines.find(([, controllers]) => controllers === '')?.[2] ?? '/';
  const memoryBytes = await leastOfGroups(
    io,
    memory === undefined ? roots.cgroup : join(roots.cgroup, 'memory'),
    memory ?? unified,
    memory === undefined ? 'memory.max' : 'memory.limit_in_bytes',
  );
  const time =
    cpu === undefined ? readTimeV2(io, roots.cgroup, unified) : readTimeV1(io, join(roots.cgroup, 'cpu'), cpu);
  return { memoryBytes, ...(await time) };
}

/** The folders of a group and of those around it, innermost first. */
function groups(root: string, path: string): string[] {
  const folders: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    folders.push(join(root, at));
    if (at === '/' || at === '.') return folders;
  }
}

async function leastOfGroups(io: Io, root: string, path: string, file: string): Promise<number | null> {
  const limits = await Promise.all(groups(root, path).map((folder) => readNumber(io, join(folder, file))));
  const real = limits.filter((limit) => limit !== null && limit < UNLIMITED_BYTES) as number[];
  return real.length === 0 ? null : Math.min(...real);
}

type Time = Pick<CgroupLimits, 'cpus' | 'throttledSeconds'>;

async function readTimeV2(io: Io, root: string, path: string): Promise<Time> {
  const quotas = await Promise.all(groups(root, path).map((folder) => readText(io, join(folder, 'cpu.max'))));
  const cpus = quotas.flatMap((text) => {
    const [quota, period] = (text ?? '').trim().split(' ').map(Number);
    return quota! > 0 && period! > 0 ? [quota! / period!] : [];
  });
  const throttled = await readStatistic(io, join(root, path, 'cpu.stat'), 'throttled_usec');
  return { cpus: least(cpus), throttledSeconds: throttled === null ? null : throttled / MICROSECONDS };
}

async function readTimeV1(io: Io, root: string, path: string): Promise<Time> {
  const cpus: number[] = [];
  for (const folder of groups(root, path)) {
    const quota = await readNumber(io, join(folder, 'cpu.cfs_quota_us'));
    const period = await readNumber(io, join(folder, 'cpu.cfs_period_us'));
    if (quota !== null && period !== null && quota > 0 && period > 0) cpus.push(quota / period);
  }
  const throttled = await readStatistic(io, join(root, path, 'cpu.stat'), 'throttled_time');
  return { cpus: least(cpus), throttledSeconds: throttled === null ? null : throttled / NANOSECONDS };
}

async function readStatistic(io: Io, path: string, name: string): Promise<number | null> {
  const line = ((await readText(io, path)) ?? '').split('\n').find((text) => text.startsWith(`${name} `));
  return line === undefined ? null : Number(line.split(' ')[1]);
}

const least = (values: readonly number[]): number | null => (values.length === 0 ? null : Math.min(...values));
