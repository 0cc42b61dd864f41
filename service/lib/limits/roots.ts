import type { Io } from '../io.js';

/** Where the kernel tells of the board; tests use folders of their own. */
export interface SystemRoots {
  readonly proc: string;
  readonly cgroup: string;
  /** Folders `thermal_zone*`, each with `temp` in thousandths of a degree. */
  readonly thermal: string;
  /** Folders `mc*`, each with `ce_count` and `ue_count`: errors of memory. */
  readonly edac: string;
}

export const SYSTEM_ROOTS: SystemRoots = {
  proc: '/proc',
  cgroup: '/sys/fs/cgroup',
  thermal: '/sys/class/thermal',
  edac: '/sys/devices/system/edac/mc',
};

const MOST_BYTES = 64 * 1024;

/** The text of a file of the kernel, or null where it cannot be read. */
export async function readText(io: Io, path: string): Promise<string | null> {
  try {
    return Buffer.from(await io.readFile(path, MOST_BYTES)).toString('utf8');
  } catch {
    return null;
  }
}

/** A number that stands alone in a file of the kernel, or null. */
export async function readNumber(io: Io, path: string): Promise<number | null> {
  const text = (await readText(io, path))?.trim() ?? '';
  return /^-?\d+$/.test(text) ? Number(text) : null;
}

/** Names in a folder of the kernel that match; none where it cannot be read. */
export async function listMatching(io: Io, folder: string, pattern: RegExp): Promise<string[]> {
  const names = await io.list(folder).catch(() => []);
  return names.filter((name) => pattern.test(name));
}
