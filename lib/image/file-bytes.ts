import { createHash } from 'node:crypto';
import { RegularFile } from '../files/read-file.js';
import { BudgetError, ImageError, PerifocalError } from '../runtime/errors.js';
import { ownBytes } from './own-bytes.js';

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
  const hash = createHash('sha256');
  try {
    await using file = await RegularFile.open(path);
    if (file.sizeBytes > budgetBytes)
      throw new BudgetError(
        `${path} has ${file.sizeBytes} bytes, more than the budget of ${budgetBytes} bytes for the whole process`,
        file.sizeBytes,
      );
    const bytes = await file.readAll({ signal, onChunk: (chunk) => hash.update(chunk) });
    return { bytes, sha256: hash.digest('hex') };
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof PerifocalError) throw cause;
    throw new ImageError('IMAGE_UNREADABLE', `Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Copies a whole file in memory. @param name of the argument, for messages */
export async function copyFileBytes(input: Uint8Array, signal: AbortSignal, name: string): Promise<FileBytes> {
  const hash = createHash('sha256');
  const bytes = await ownBytes(input, name, { signal, onSlice: (slice) => hash.update(slice) });
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), sha256: hash.digest('hex') };
}
