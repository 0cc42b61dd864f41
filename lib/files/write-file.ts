import { randomBytes } from 'node:crypto';
import { access, constants, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ImageError } from '../runtime/errors.js';

export function unwritable(path: string, reason: string, options?: ErrorOptions): ImageError {
  return new ImageError('OUTPUT_UNWRITABLE', `Cannot write ${path}: ${reason}`, options);
}

/** Throws ImageError where the path is a directory, or its folder is missing or cannot be written. */
export async function checkWritable(path: string): Promise<void> {
  if ((await stat(path).catch(() => null))?.isDirectory()) throw unwritable(path, 'it is a directory');
  const folder = await stat(dirname(path)).catch((cause: Error) => {
    throw unwritable(path, cause.message, { cause });
  });
  if (!folder.isDirectory()) throw unwritable(path, `${dirname(path)} is not a directory`);
  await access(dirname(path), constants.W_OK).catch((cause: Error) => {
    throw unwritable(path, cause.message, { cause });
  });
}

/** Writes a file whole or not at all: under a temporary name in the same folder, synced, then renamed. Throws ImageError. */
export async function writeAtomically(path: string, parts: readonly Uint8Array[], signal?: AbortSignal): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeAndSync(temporary, parts);
    signal?.throwIfAborted();
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    if (signal?.aborted) throw signal.reason;
    throw unwritable(path, (error as Error).message, { cause: error });
  }
}

async function writeAndSync(path: string, parts: readonly Uint8Array[]): Promise<void> {
  await using file = await open(path, 'wx');
  for (const part of parts) await file.writeFile(part);
  await file.sync();
}

/** Makes the rename itself durable, where folders can be opened at all. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using folder = await open(path);
  await folder.sync();
}
