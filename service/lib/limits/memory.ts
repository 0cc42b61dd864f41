import { join } from 'node:path';
import { ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import type { CgroupLimits } from './cgroup.js';
import { listMatching, readNumber, readText } from './roots.js';
import type { SystemRoots } from './roots.js';

/** Throws ServiceError `INVALID` where the plan does not fit what the cgroup allows. */
export function requireMemory(plannedBytes: number, { memoryBytes }: CgroupLimits): void {
  if (memoryBytes === null || plannedBytes <= memoryBytes) return;
  const [planned, allowed] = [plannedBytes, memoryBytes].map((bytes) => `${(bytes / 1e6).toFixed(0)} MB`);
  const advice = 'raise memory.max (MemoryMax=), lower memoryBytes, or take smaller frames or a smaller network';
  throw new ServiceError('INVALID', `The plan needs ${planned}, but the cgroup allows ${allowed}: ${advice}`);
}

/** What this process has taken at most, in bytes; null where the kernel does not tell. */
export async function readPeakMemory(io: Io, { proc }: SystemRoots): Promise<number | null> {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec((await readText(io, join(proc, 'self/status'))) ?? '');
  return line ? Number(line[1]) * 1024 : null;
}

/** Errors of memory as the kernel counts them; null where it does not. */
export async function readMemoryErrors(
  io: Io,
  { edac }: SystemRoots,
): Promise<{ readonly corrected: number; readonly uncorrected: number } | null> {
  const controllers = await listMatching(io, edac, /^mc\d+$/);
  if (controllers.length === 0) return null;
  const sum = async (file: string): Promise<number> => {
    const counts = await Promise.all(controllers.map((name) => readNumber(io, join(edac, name, file))));
    return counts.reduce<number>((total, count) => total + (count ?? 0), 0);
  };
  return { corrected: await sum('ce_count'), uncorrected: await sum('ue_count') };
}
