import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { FullError, ServiceError } from '../errors.js';
import { withChunk } from '../chunks.js';
import type { Disk, IoFile } from '../io.js';
import { UNFINISHED } from './layout.js';

/** A file whose sync has failed is written again under a new name, this often in all. */
const MOST_ATTEMPTS = 3;

/** A file's size and digest. */
export interface Sealed {
  readonly bytes: number;
  readonly sha256: string;
}

/** An error of the disk as the store's own: `FULL`, `SYNC` or `UNWRITABLE`, with what was being done. */
export function diskError(error: unknown, doing: string): ServiceError {
  if (error instanceof ServiceError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new FullError(`The disk is full while ${doing} (${code}): it goes on when there is room`, { cause: error });
  }
  const [ours, advice] =
    code === 'EIO' ? (['SYNC', 'what was being written is lost'] as const) : (['UNWRITABLE', 'see the disk'] as const);
  return new ServiceError(ours, `The disk failed while ${doing}: ${message}: ${advice}`, { cause: error });
}

/** Runs something on the disk; its errors come out as the store's own. */
export async function onDisk<T>(doing: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw diskError(error, doing);
  }
}

/** Makes a file's bytes durable. A sync that fails is never tried again: the kernel forgets what it could not write. */
async function sync(file: IoFile, path: string): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    if (diskError(error, '').code === 'FULL') throw error;
    throw new ServiceError('SYNC', `${path} could not be synced: ${(error as Error).message}: make it again`, {
      cause: error,
    });
  }
}

/**
 * Makes a file of a capture durable that somebody has written, and says what is in it. From then on nobody can write
 * it, not even by another name that an app is given.
 */
export const seal = (io: Disk, path: string): Promise<Sealed> =>
  syncing(io, path, async (file) => {
    await file.protect();
    await sync(file, path);
    return digest(file);
  });

/** Makes a file durable that somebody has written. */
export const syncFile = (io: Disk, path: string): Promise<void> => syncing(io, path, (file) => sync(file, path));

/** A file that cannot be synced is removed: it could be synced the next time, and still not be on the disk. */
async function syncing<T>(io: Disk, path: string, run: (file: IoFile) => Promise<T>): Promise<T> {
  return onDisk(`syncing ${path}`, async () => {
    const file = await io.open(path);
    try {
      return await run(file);
    } catch (error) {
      if (diskError(error, '').code === 'SYNC') await io.unlink(path);
      throw error;
    } finally {
      await file.close();
    }
  });
}

/** Size and digest of a file, or null where there is none. */
export async function digestFile(io: Disk, path: string): Promise<Sealed | null> {
  if ((await io.stat(path))?.kind !== 'file') return null;
  const file = await io.open(path);
  try {
    return await digest(file);
  } finally {
    await file.close();
  }
}

const digest = (file: IoFile): Promise<Sealed> =>
  withChunk(async (chunk) => {
    const hash = createHash('sha256');
    let bytes = 0;
    for (;;) {
      const read = await file.read(chunk, bytes);
      if (read === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(chunk.subarray(0, read));
      bytes += read;
    }
  });

/**
 * Puts a small file in place, whole or not at all: written under another name, synced, renamed. The folder is left to
 * be synced by the caller.
 */
export async function writeDurably(io: Disk, path: string, bytes: Uint8Array): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const temporary = `${path}.${attempt}${UNFINISHED}`;
    try {
      return await onDisk(`writing ${path}`, () => writeAndRename(io, temporary, path, bytes));
    } catch (error) {
      await io.unlink(temporary).catch(() => {});
      if ((error as ServiceError).code !== 'SYNC' || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

async function writeAndRename(io: Disk, temporary: string, path: string, bytes: Uint8Array): Promise<void> {
  await io.unlink(temporary);
  const file = await io.create(temporary);
  try {
    await file.write(bytes);
    await sync(file, temporary);
  } finally {
    await file.close();
  }
  await io.rename(temporary, path);
}

/** Makes folders, each in the one before or in one that is durable, and each durable in the one around it. */
export async function makeFolders(io: Disk, folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    await io.makeFolder(folder);
    await io.syncFolder(dirname(folder));
  }
}

/** Folders that are known to be durable: each is synced into its parent once by this process. */
export class Folders {
  readonly #durable = new Set<string>();

  /** The folders below a root, one in the other: the innermost, and those that are still to be made. */
  find(root: string, parts: readonly string[]): { readonly folder: string; readonly missing: readonly string[] } {
    const folders = parts.map((_, index) => join(root, ...parts.slice(0, index + 1)));
    return { folder: folders.at(-1) ?? root, missing: folders.filter((folder) => !this.#durable.has(folder)) };
  }

  /** They are durable. */
  made(folders: readonly string[]): void {
    for (const folder of folders) this.#durable.add(folder);
  }

  forget(folder: string): void {
    this.#durable.delete(folder);
  }
}
