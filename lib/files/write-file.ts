import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { access, constants, open, readlink, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { ImageError, IntegrityError } from '../runtime/errors.js';

/** Links that lead to nothing yet are followed this often: as Linux does. */
const MOST_LINKS = 40;
/** Bytes between two looks at the signal. */
const CHUNK_BYTES = 8 * 2 ** 20;
/** Permissions, without the bits that run a program as somebody else. */
const PERMISSIONS = 0o777;
const OWNER_ONLY = 0o600;

/** An error with code `OUTPUT_UNWRITABLE`. */
export function unwritable(path: string, reason: string, options?: ErrorOptions): ImageError {
  return new ImageError('OUTPUT_UNWRITABLE', `Cannot write ${path}: ${reason}`, options);
}

/** Throws ImageError where the path is no place for a file, or its folder is missing or cannot be written. */
export async function checkWritable(path: string): Promise<void> {
  const target = await followLinks(path);
  const existing = await stat(target).catch(() => null);
  const refused = existing && refusal(existing);
  if (refused) throw unwritable(path, refused);
  const folder = await stat(dirname(target)).catch((cause: NodeJS.ErrnoException) => {
    const reason =
      cause.code === 'ENOENT' ? `the folder ${dirname(target)} does not exist (ENOENT): make it` : cause.message;
    throw unwritable(path, reason, { cause });
  });
  if (!folder.isDirectory()) throw unwritable(path, `${dirname(target)} is not a directory`);
  await access(dirname(target), constants.W_OK | constants.X_OK).catch((cause: Error) => {
    throw unwritable(path, cause.message, { cause });
  });
}

/**
 * Writes a file whole or not at all: under a temporary name in the same folder, synced, then renamed. A symbolic link
 * stays, and what it leads to is written. Permissions and owner of an existing file stay, as far as that is allowed.
 * Rejects with ImageError, or with the signal's reason; nothing is left behind then.
 */
export async function writeAtomically(
  path: string,
  parts: readonly Uint8Array[],
  signal?: AbortSignal,
  verify?: VerifyFile,
): Promise<void> {
  await writeFileWith(path, async ({ handle }) => writeParts(handle, parts, signal), signal, verify);
}

/** Reads a file that was just written, under a temporary name. Rejects with IntegrityError where it is not as meant. */
export type VerifyFile = (path: string) => Promise<void>;

/** A file that is being written under a temporary name. */
export interface FileInTheMaking {
  /** Open for reading and writing; closed by whoever made it. */
  readonly handle: FileHandle;
  /** Where it is made, and where temporary files beside it may be. */
  readonly folder: string;
}

/**
 * {@link writeAtomically} for a file that `write` writes piece by piece, in any order. What it rejects with is told as
 * the reason of an ImageError, but for an IntegrityError.
 * @param verify reads the file before it gets its name
 */
export async function writeFileWith(
  path: string,
  write: (file: FileInTheMaking) => Promise<void>,
  signal?: AbortSignal,
  verify?: VerifyFile,
): Promise<void> {
  const target = await followLinks(path);
  const existing = await stat(target).catch(() => null);
  const refused = existing && refusal(existing);
  if (refused) throw unwritable(path, refused);
  const folder = dirname(target);
  const temporary = temporaryName(folder);
  try {
    await makeFile(temporary, existing, async (handle) => write({ handle, folder }));
    await verify?.(temporary);
    signal?.throwIfAborted();
    await rename(temporary, target);
  } catch (error) {
    // What kept the file from being written is what matters, also where the rest cannot be removed.
    await rm(temporary, { force: true }).catch(() => {});
    if (signal?.aborted) throw signal.reason;
    if (error instanceof IntegrityError) throw error;
    throw unwritable(path, (error as Error).message, { cause: error });
  }
  await syncFolder(folder);
}

/** Short, and not made from the name of a file: that may be as long as the file system allows. */
const temporaryName = (folder: string): string => join(folder, `.${randomBytes(8).toString('hex')}.tmp`);

/** An empty file in a folder that has no name any more: it is gone when it is closed, or its process ends. */
export async function openNameless(folder: string): Promise<FileHandle> {
  const path = temporaryName(folder);
  const handle = await open(path, 'wx+', OWNER_ONLY);
  await rm(path);
  return handle;
}

/** Why something that exists is not replaced by a file, or null. */
export function refusal(found: Stats): string | null {
  if (found.isDirectory()) return 'it is a directory';
  return found.isFile() ? null : 'it is a device, a named pipe or a socket';
}

/** Where a chain of symbolic links leads, also when there is nothing yet. */
export async function followLinks(path: string): Promise<string> {
  let target = path;
  for (let count = 0; count < MOST_LINKS; count += 1) {
    const next = await readlink(target).catch(() => null);
    if (next === null) return target;
    target = isAbsolute(next) ? next : `${dirname(target)}/${next}`;
  }
  throw unwritable(path, 'its symbolic links lead in a circle');
}

async function makeFile(
  path: string,
  existing: Stats | null,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  await using handle = await open(path, 'wx+');
  if (existing) await keepAttributes(handle, existing);
  await write(handle);
  await handle.sync();
}

async function writeParts(
  handle: FileHandle,
  parts: readonly Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const part of parts) {
    for (let start = 0; start < part.length; start += CHUNK_BYTES) {
      signal?.throwIfAborted();
      await handle.writeFile(part.subarray(start, start + CHUNK_BYTES));
    }
  }
}

/** Gives a new file what belongs to the one that it replaces. Only root may give files away: others keep their own. */
export async function keepAttributes(file: FileHandle, { mode, uid, gid }: Stats): Promise<void> {
  const own = await file.stat();
  if (own.uid !== uid || own.gid !== gid) await file.chown(uid, gid).catch(() => {});
  if ((own.mode & PERMISSIONS) !== (mode & PERMISSIONS)) await file.chmod(mode & PERMISSIONS).catch(() => {});
}

/**
 * Makes the rename itself durable where the folder can be opened: one may be allowed to write it and not to read it.
 */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => null);
  // The file is there and whole; some file systems cannot sync a folder.
  await folder?.sync().catch(() => {});
  await folder?.close();
}
