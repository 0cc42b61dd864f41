import { basename, extname, join } from 'node:path';
import type { Capture, StoredFile } from '../../capture/capture.js';
import { ServiceError } from '../../errors.js';
import type { Io } from '../../io.js';
import type { Caller } from '../auth.js';

/**
 * Gives a stored file a second name in a folder of the caller: no byte is copied. The folder must be one of those that
 * the configuration lists for the caller, in the same words, so that no link of the caller's can lead elsewhere. Asking
 * again gives the same name again.
 * @returns the path of the second name
 */
export async function linkInto(
  io: Io,
  caller: Caller,
  folder: string,
  source: string,
  capture: Capture,
  file: StoredFile,
): Promise<string> {
  if (!caller.linkFolders.includes(folder)) {
    const allowed = caller.linkFolders.join(', ') || 'none';
    throw new ServiceError('FORBIDDEN', `Links for ${caller.app} may go to: ${allowed}; not to '${folder}'`);
  }
  const kind = basename(file.name, extname(file.name));
  const path = join(folder, `${capture.id}-${kind}${extname(file.name)}`);
  await io.link(source, path).catch((error: NodeJS.ErrnoException) => settle(io, error, path, file));
  return path;
}

/** Passes where the name is taken by a file of that size; explains every other error. */
async function settle(io: Io, error: NodeJS.ErrnoException, path: string, file: StoredFile): Promise<void> {
  if (error.code === 'EEXIST') {
    const found = await io.stat(path);
    if (found?.kind === 'file' && found.bytes === file.bytes) return;
    throw new ServiceError('STATE', `${path} exists already and is another file: remove it`);
  }
  const advice =
    error.code === 'EXDEV'
      ? 'it lies on another file system: download the file instead'
      : `${error.code ?? error.message}: the service must be able to write there`;
  throw new ServiceError('STATE', `${path} cannot be made: ${advice}`, { cause: error });
}
