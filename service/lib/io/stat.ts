import type { Stats } from 'node:fs';
import type { IoStat } from '../io.js';

export function kindOf(found: Stats): IoStat['kind'] {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'folder';
  return found.isSocket() ? 'socket' : 'other';
}

/** Passes null where the error says that there is nothing under a name; throws it otherwise. */
export function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

/** Of a file that is longer than whoever reads it wants to have; code EFBIG. */
export function tooLarge(path: string, bytes: number, mostBytes: number): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`${path} has ${bytes} bytes or more, and at most ${mostBytes} may be`);
  error.code = 'EFBIG';
  return error;
}
