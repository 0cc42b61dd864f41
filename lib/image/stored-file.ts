import { ArgumentError, StateError } from '../runtime/errors.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import { isTiff } from './codec/inspect.js';
import { decodeFrame, readHeader } from './decode.js';
import type { StoredPicture } from './decode.js';
import { openFileOnDisk } from './file-bytes.js';
import type { FileBytes } from './file-bytes.js';
import { isFits } from './fits/header.js';
import type { AnyFrame } from './frame.js';
import { storeFits } from './stored-fits.js';
import { describeTiff, storeTiff } from './stored-tiff.js';
import { requireRows } from './stored.js';
import type { RowWindow, StoredImage } from './stored.js';
import { memorySource } from './tiff/byte-source.js';
import { setFirstDirectory } from './tiff/directory.js';
import { openTiff } from './tiff/read-tiff.js';

/** What is asked of a file. */
export interface StoreFileOptions {
  readonly signal: AbortSignal;
  /** From 1; where it is missing there must be one page alone. */
  readonly page?: number | undefined;
  /** Throws where the file is not the one that was expected. @param sha256 in hex */
  readonly checkDigest: (sha256: string) => void;
}

/**
 * A file that stays on disk: a TIFF whose samples are read block by block; null for all others. Rejects with
 * ImageError, ArgumentError for a page that it has not, or the signal's reason.
 */
export async function storeFileOnDisk(path: string, options: StoreFileOptions): Promise<StoredImage | null> {
  const file = await openFileOnDisk(path, options.signal, isTiff);
  if (!file) return null;
  const { source, sha256 } = file;
  options.checkDigest(sha256);
  const picture = await openTiff(source, path, options);
  const origin = { label: path, sizeBytes: source.sizeBytes, sha256, isMemory: false };
  return picture.samples && storeTiff(picture, picture.samples, origin);
}

/** A file that was read whole; its memory is used up. Rejects as {@link storeFileOnDisk}. */
export async function storeFile(file: FileBytes, label: string, options: StoreFileOptions): Promise<StoredImage> {
  const { bytes, sha256 } = file;
  const { page, signal, checkDigest } = options;
  checkDigest(sha256);
  if (isFits(bytes)) return await storeFits(file, label, page, signal);
  if (!isTiff(bytes)) {
    if ((page ?? 1) !== 1) throw new ArgumentError(`${label} has one page: there is no page ${page}`);
    return await storePicture(file, label);
  }
  const picture = await openTiff(memorySource(bytes), label, options);
  if (picture.samples)
    return storeTiff(picture, picture.samples, { label, sizeBytes: bytes.length, sha256, isMemory: true });
  setFirstDirectory(bytes, picture.directoryAt);
  const stored = await storePicture(file, label);
  const { maskBytes, ...described } = describeTiff(picture);
  return { ...stored, ...described, buffers: withDecoder(stored.buffers, maskBytes) };
}

/** Buffers whose decoder takes some bytes more. */
function withDecoder(buffers: readonly PlannedBuffer[], more: number): PlannedBuffer[] {
  return buffers.map(({ name, bytes }) => ({ name, bytes: name === 'decoder' ? bytes + more : bytes }));
}

/** A picture that libvips decodes. */
async function storePicture({ bytes, sha256 }: FileBytes, label: string): Promise<StoredImage> {
  const sizeBytes = bytes.length;
  const { size, format, metadata, decoderBytes, ...header } = await readHeader(bytes, label);
  // Let go when it is decoded: the file's memory is free then, also while the source is still in use.
  let stored: StoredPicture | null = header.stored;
  const decode = async (rows: RowWindow, signal: AbortSignal): Promise<AnyFrame> => {
    signal.throwIfAborted();
    const frame = await decodeFrame(requireStored(stored), size, label, rows);
    // libvips cannot be stopped. What it decodes has been waited for: nothing runs on in memory that others may have.
    signal.throwIfAborted();
    return frame;
  };
  return {
    label,
    header: size,
    format,
    sizeBytes,
    metadata,
    nodata: null,
    buffers: [
      { name: 'file', bytes: sizeBytes },
      { name: 'decoder', bytes: decoderBytes },
    ],
    warnings: [],
    sha256: () => sha256,
    readRows: (rows, signal) => {
      requireRows(rows, size.height);
      return decode(rows, signal);
    },
    readAll: async (signal) => {
      const decoding = decode({ top: 0, count: size.height }, signal);
      stored = null;
      return await decoding;
    },
  };
}

function requireStored(stored: StoredPicture | null): StoredPicture {
  if (!stored) throw new StateError('The rows of an image source can be read until its pixels are read');
  return stored;
}
