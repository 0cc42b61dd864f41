import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { RegularFile } from '../files/read-file.js';
import type { VerifyFile } from '../files/write-file.js';
import { IntegrityError } from '../runtime/errors.js';
import { SealingSpool, isSealed } from './seal.js';
import { storeFile, storeFileOnDisk } from './stored-file.js';
import type { StoredImage } from './stored.js';
import { readFileBytes } from './file-bytes.js';
import { frameBytes } from './frame.js';
import type { AnyFrame, AnyFrameSize } from './frame.js';
import type { ImageFormat } from './codec/sharp.js';
import { CODEC_BYTES } from './frame-memory.js';
import { roundIntegers } from './integers.js';
import type { IntegerRule } from './integers.js';
import type { FileSpool } from './write-sink.js';

/** Bytes of samples that are read and compared at a time. */
const CHUNK_BYTES = 4e6;

/** What reading a file back takes, beside the frame that was written to it. */
export function readBackBytes(frame: AnyFrameSize, format: ImageFormat): number {
  if (format === 'tiff' || format === 'fits') return CODEC_BYTES + 3 * CHUNK_BYTES;
  // The file and what is decoded of it; of formats with losses, the file as it is encoded once more.
  return CODEC_BYTES + (format === 'png' ? 2 : 1) * frameBytes(frame);
}

/**
 * That a file of a format without losses holds the samples of a frame.
 * @param rule by which it has them as signed integers; null: it does not
 */
export function holdsFrame(frame: AnyFrame, rule: IntegerRule | null, signal: AbortSignal, path: string): VerifyFile {
  return readingBack(path, signal, async (stored) => {
    const { width, height, channels } = frame;
    const { header } = stored;
    const isAlike = header.width === width && header.height === height && header.channels === channels;
    if (!isAlike || header.depth !== frame.depth) throw readsOtherwise(path, 'the size of the picture');
    const rowBytes = width * channels * (frame.depth / 8);
    const rows = stored.format === 'png' ? height : Math.max(1, Math.floor(CHUNK_BYTES / rowBytes));
    for (let top = 0; top < height; top += rows) {
      const count = Math.min(rows, height - top);
      const { data } = await stored.readRows({ top, count }, signal);
      if (bytesOf(data).equals(bytesOf(rowsMeant(frame, rule, top, count)))) continue;
      throw readsOtherwise(path, `rows ${top + 1} to ${top + count}`);
    }
  });
}

/** Samples of some rows as a file has them. */
function rowsMeant(
  { data, width, channels }: AnyFrame,
  rule: IntegerRule | null,
  top: number,
  count: number,
): AnyFrame['data'] {
  const rows = data.subarray(top * width * channels, (top + count) * width * channels);
  if (!rule) return rows;
  const rounded = rows.slice();
  roundIntegers(rounded, rule);
  return rounded;
}

/** How a file that is written piece by piece is read back before it gets its name. */
export interface ReadBack {
  /** Where its pieces go through. */
  readonly openSpool: (handle: FileHandle) => FileSpool;
  readonly verify: VerifyFile;
}

/**
 * That a file holds all bytes that were handed to it, header, metadata, masks and overviews included, and then what
 * `compare` asks.
 */
export function holdsWritten(compare: VerifyFile, signal: AbortSignal, path: string): ReadBack {
  let spool: SealingSpool;
  return {
    openSpool: (handle) => (spool = new SealingSpool(handle)),
    verify: async (file) => {
      await using opened = await RegularFile.open(file);
      if (!(await isSealed(opened, spool.seal(), signal))) throw readsOtherwise(path, 'its bytes');
      await compare(file);
    },
  };
}

/** Writes a file, and once more where it reads back otherwise; resolves to how often. */
export async function untilItReadsBack(write: () => Promise<void>): Promise<1 | 2> {
  try {
    await write();
    return 1;
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    await write();
    return 2;
  }
}

/** That a file holds these bytes. */
export function holdsBytes(parts: readonly Uint8Array[], signal: AbortSignal, path: string): VerifyFile {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const meant = hash.digest('hex');
  return async (file) => {
    await using opened = await RegularFile.open(file);
    const found = createHash('sha256');
    await opened.visit((chunk) => found.update(chunk), signal);
    if (found.digest('hex') !== meant) throw readsOtherwise(path, 'its bytes');
  };
}

/** Reads a picture that was just written. What keeps it from being read is an IntegrityError. */
export function readingBack(
  path: string,
  signal: AbortSignal,
  compare: (stored: StoredImage) => Promise<void>,
): VerifyFile {
  return async (file) => {
    const asked = { signal, checkDigest: () => {} };
    try {
      const onDisk = await storeFileOnDisk(file, asked);
      await compare(onDisk ?? (await storeFile(await readFileBytes(file, signal, Infinity), file, asked)));
    } catch (cause) {
      signal.throwIfAborted();
      throw cause instanceof IntegrityError ? cause : readsOtherwise(path, (cause as Error).message, { cause });
    }
  };
}

/** @param what differs */
export function readsOtherwise(path: string, what: string, options?: ErrorOptions): IntegrityError {
  return new IntegrityError(
    `${path} reads back otherwise than it was written (${what}), and was not kept: check the memory and the disk`,
    options,
  );
}

function bytesOf({ buffer, byteOffset, byteLength }: AnyFrame['data']): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
