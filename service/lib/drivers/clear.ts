import { join } from 'node:path';
import type { Io } from '../io.js';

/** Deeper folders are left: recovery puts them aside at the next start. */
const MOST_DEPTH = 4;

/**
 * Takes away what a camera has left under a name, file or folder. Never rejects: what cannot be removed is found when
 * the name is needed again.
 */
export async function clear(io: Io, path: string, depth = 0): Promise<void> {
  try {
    if ((await io.stat(path))?.kind !== 'folder') return await io.unlink(path);
    if (depth < MOST_DEPTH) for (const name of await io.list(path)) await clear(io, join(path, name), depth + 1);
    await io.removeFolder(path);
  } catch {
    // The disk may be read-only.
  }
}
