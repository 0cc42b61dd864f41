import { basename, extname, join } from 'node:path';
import type { Capture, StoredFile } from '../../capture/capture.js';
import { ServiceError } from '../../errors.js';
import type { Io } from '../../io.js';
import { includesRole } from '../access.js';
import { onDisk } from '../../store/durable.js';
import type { Caller } from '../auth.js';

/**
 * Gives a stored file a second name in a folder of the caller, durably: no byte is copied. The folder must be one of
 * those that the configuration lists for the caller, in the same words, and no symbolic link may be on the way to it,
 * so that none of the caller's can lead elsewhere. The file can be written through no name any more. Asking again gives
 * the same name again.
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
  if (!includesRole(caller.role, 'requester')) {
    throw new ServiceError('FORBIDDEN', `${caller.app} is ${caller.role}: a link needs the role requester`);
  }
  await requireStraight(io, folder);
  const kind = basename(file.name, extname(file.name));
  const path = join(folder, `${capture.id}-${kind}${extname(file.name)}`);
  await io.protect(source);
  await io.link(source, path).catch((error: NodeJS.ErrnoException) => settle(io, error, source, path));
  // Whoever has the answer may acknowledge: the name must be there after a power cut.
  await onDisk(`linking ${path}`, () => io.syncFolder(folder));
  return path;
}

/** A folder of the configuration that somebody has replaced by a link leads anywhere. */
async function requireStraight(io: Io, folder: string): Promise<void> {
  const real = await io.realPath(folder).catch(() => null);
  if (real === folder) return;
  const what = real === null ? 'cannot be found' : 'is or lies behind a symbolic link';
  throw new ServiceError('FORBIDDEN', `${folder} ${what}: configure the folder itself`);
}

/** Passes where the name is taken by that very file; explains every other error. */
async function settle(io: Io, error: NodeJS.ErrnoException, source: string, path: string): Promise<void> {
  if (error.code === 'EEXIST') {
    if (await io.isSameFile(source, path)) return;
    throw new ServiceError('STATE', `${path} exists already and is another file: remove it`);
  }
  const advice =
    error.code === 'EXDEV'
      ? 'it lies on another file system: download the file instead'
      : `${error.code ?? error.message}: the service must be able to write there`;
  throw new ServiceError('STATE', `${path} cannot be made: ${advice}`, { cause: error });
}
