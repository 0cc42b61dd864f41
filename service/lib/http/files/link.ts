import { basename, extname, join } from 'node:path';
import type { Capture, StoredFile } from '../../capture/capture.js';
import { ServiceError } from '../../errors.js';
import type { Io, IoFolder } from '../../io.js';
import { includesRole } from '../access.js';
import { onDisk } from '../../store/durable.js';
import type { Caller } from '../auth.js';

/**
 * Gives a stored file a second name in a folder of the caller, durably: no byte is copied. The folder must be one of
 * those that the configuration lists for the caller, in the same words, and no symbolic link may be on the way to it,
 * so that none of the caller's can lead elsewhere. Stored files can be written through no name. Asking again gives the
 * same name again.
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
  const target = await openStraight(io, folder);
  try {
    const name = `${capture.id}-${basename(file.name, extname(file.name))}${extname(file.name)}`;
    const path = join(folder, name);
    await target.link(source, name).catch((error: NodeJS.ErrnoException) => settle(target, error, source, path));
    // Whoever has the answer may acknowledge: the name must be there after a power cut.
    await onDisk(`linking ${path}`, () => target.sync());
    return path;
  } finally {
    await target.close();
  }
}

/**
 * A folder of the configuration that somebody has replaced by a link leads anywhere. It is looked at once it is open:
 * what is put in its place from then on is not what the link goes to.
 */
async function openStraight(io: Io, folder: string): Promise<IoFolder> {
  const found = await io.openFolder(folder).catch(() => null);
  if (found?.realPath === folder) return found;
  await found?.close();
  const what = found === null ? 'cannot be opened, or is a symbolic link' : 'lies behind a symbolic link';
  throw new ServiceError('FORBIDDEN', `${folder} ${what}: configure the folder itself`);
}

/** Passes where the name is taken by that very file; explains every other error. */
async function settle(folder: IoFolder, error: NodeJS.ErrnoException, source: string, path: string): Promise<void> {
  if (error.code === 'EEXIST') {
    if (await folder.isSameFile(basename(path), source)) return;
    throw new ServiceError('STATE', `${path} exists already and is another file: remove it`);
  }
  const advice =
    error.code === 'EXDEV'
      ? 'it lies on another file system: download the file instead'
      : `${error.code ?? error.message}: the service must be able to write there`;
  throw new ServiceError('STATE', `${path} cannot be made: ${advice}`, { cause: error });
}
