import { createHash } from 'node:crypto';
import { FileSource } from '../files/byte-source.js';
import { RegularFile } from '../files/read-file.js';
import { BudgetError } from '../runtime/errors.js';
import { toReadingError } from './codec/inspection.js';
import { ownBytes } from './own-bytes.js';

/** Enough to tell formats. */
const BEGINNING_BYTES = 16;

/** Bytes of a file that are this package's own, and their digest. */
export interface FileBytes {
  readonly bytes: Buffer;
  /** In hex. */
  readonly sha256: string;
}

/**
 * Reads a whole file. Rejects with ImageError, with BudgetError where it is larger than the budget, or with the
 * signal's reason.
 */
export async function readFileBytes(path: string, signal: AbortSignal, budgetBytes: number): Promise<FileBytes> {
  return await withFile(path, signal, async (file) => {
    const hash = createHash('sha256');
    if (file.sizeBytes > budgetBytes)
      throw new BudgetError(
        `${path} has ${file.sizeBytes} bytes, more than the budget of ${budgetBytes} bytes for the whole process`,
        file.sizeBytes,
      );
    const bytes = await file.readAll({ signal, onChunk: (chunk) => hash.update(chunk) });
    return { bytes, sha256: hash.digest('hex') };
  });
}

/** A file that stays on disk, and its digest. */
export interface FileOnDisk {
  readonly source: FileSource;
  readonly beginning: Buffer;
  /** In hex. */
  readonly sha256: string;
}

/**
 * Opens a file whose parts are read when they are wanted; null where it does not begin as is asked. Rejects with
 * ImageError or the signal's reason.
 */
export async function openFileOnDisk(
  path: string,
  signal: AbortSignal,
  hasBeginning: (beginning: Buffer) => boolean,
): Promise<FileOnDisk | null> {
  return await withFile(path, signal, async (file) => {
    const beginning = await file.read(0, Math.min(BEGINNING_BYTES, file.sizeBytes));
    if (!hasBeginning(beginning)) return null;
    const hash = createHash('sha256');
    await file.visit((chunk) => hash.update(chunk), signal);
    return { source: new FileSource(file), beginning, sha256: hash.digest('hex') };
  });
}

async function withFile<T>(path: string, signal: AbortSignal, work: (file: RegularFile) => Promise<T>): Promise<T> {
  try {
    await using file = await RegularFile.open(path);
    return await work(file);
  } catch (cause) {
    throw toReadingError(cause, path, signal);
  }
}

/** Copies a whole file in memory. @param name of the argument, for messages */
export async function copyFileBytes(input: Uint8Array, signal: AbortSignal, name: string): Promise<FileBytes> {
  const hash = createHash('sha256');
  const bytes = await ownBytes(input, name, { signal, onSlice: (slice) => hash.update(slice) });
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), sha256: hash.digest('hex') };
}
