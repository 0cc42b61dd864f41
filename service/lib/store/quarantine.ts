import { dirname, join } from 'node:path';
import type { Io } from '../io.js';
import type { Context } from './context.js';
import { QUARANTINE } from './layout.js';

/** What is kept aside has a number before its name: those of the lowest have been there longest. */
const NUMBERED = /^(\d{6,})-/;

type Place = Pick<Context, 'io' | 'folder' | 'counts'>;

/** Keeps a file or folder aside that nobody knows, for a person to look at. It is never without a durable name. */
export async function quarantine({ io, folder, counts }: Place, path: string, name: string): Promise<void> {
  const bytes = await bytesOf(io, path);
  const aside = join(folder, QUARANTINE);
  const last = Math.max(0, ...(await namesByAge(io, aside)).slice(-1).map(numberOf));
  const kept = join(aside, `${String(last + 1).padStart(6, '0')}-${name}`);
  if ((await io.stat(path))?.kind === 'file') await moveFile(io, path, kept);
  else await moveOther(io, path, kept);
  await io.syncFolder(dirname(path));
  counts.quarantinedBytes += bytes;
  counts.quarantinedFiles += 1;
}

async function moveFile(io: Io, path: string, kept: string): Promise<void> {
  await io.link(path, kept);
  await undoing(
    () => io.syncFolder(dirname(kept)),
    () => io.unlink(kept),
  );
  await io.unlink(path);
}

/** A folder has one name only; file systems move it at once. */
async function moveOther(io: Io, path: string, kept: string): Promise<void> {
  await io.rename(path, kept);
  await undoing(
    () => io.syncFolder(dirname(kept)),
    () => io.rename(kept, path),
  );
}

/** Where the new name cannot be made durable, the old one counts again: nobody may sync its end before. */
async function undoing(run: () => Promise<void>, undo: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    await undo();
    throw error;
  }
}

/**
 * Removes what has been kept aside longest, where there is more than may be. Each is told by an event, before it goes:
 * an operator may have waited for it.
 */
export async function boundQuarantine(context: Context): Promise<void> {
  const { io, folder, limits, ledger, counts } = context;
  const aside = join(folder, QUARANTINE);
  const names = await namesByAge(io, aside);
  const sizes = await Promise.all(names.map((name) => bytesOf(io, join(aside, name))));
  let left = sizes.reduce((sum, bytes) => sum + bytes, 0);
  for (const [index, name] of names.entries()) {
    if (names.length - index <= limits.quarantine.files && left <= limits.quarantine.bytes) break;
    const bytes = sizes[index]!;
    await ledger.note({ type: 'discarded', detail: { name, bytes } });
    await removeAll(io, join(aside, name));
    counts.discardedFiles += 1;
    left -= bytes;
  }
  counts.quarantinedBytes = left;
}

/** Those without a number are of an earlier version. */
const numberOf = (name: string): number => Number(NUMBERED.exec(name)?.[1] ?? 0);

async function namesByAge(io: Io, folder: string): Promise<string[]> {
  return (await io.list(folder)).sort((a, b) => numberOf(a) - numberOf(b));
}

/** Of a file, or of all files below a folder. */
async function bytesOf(io: Io, path: string): Promise<number> {
  const found = await io.stat(path);
  if (found?.kind !== 'folder') return found?.bytes ?? 0;
  let sum = 0;
  for (const name of await io.list(path)) sum += await bytesOf(io, join(path, name));
  return sum;
}

async function removeAll(io: Io, path: string): Promise<void> {
  if ((await io.stat(path))?.kind !== 'folder') return io.unlink(path);
  for (const name of await io.list(path)) await removeAll(io, join(path, name));
  await io.removeFolder(path);
}
