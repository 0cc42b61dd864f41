import { memorySource } from '../files/byte-source.js';
import { ArgumentError } from '../runtime/errors.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import { isTiff } from './codec/inspect.js';
import { openFileOnDisk } from './file-bytes.js';
import type { FileBytes } from './file-bytes.js';
import { isFits } from './fits/header.js';
import { storeFits } from './stored-fits.js';
import { storePicture } from './stored-picture.js';
import { describeTiff, storeTiff } from './stored-tiff.js';
import type { StoredImage } from './stored.js';
import { setFirstDirectory } from './tiff/directory.js';
import { openTiff } from './tiff/read-tiff.js';

/** What is asked of a file. */
export interface StoreFileOptions {
  readonly signal: AbortSignal;
  /** From 1; where it is missing there must be one page alone. */
  readonly page?: number | undefined;
  /** The page of a file that has several, where `page` is missing; one that has one page alone needs none. */
  readonly pageOfSeveral?: number | undefined;
  /** Throws where the file is not the one that was expected. @param sha256 in hex */
  readonly checkDigest: (sha256: string) => void;
}

/**
 * A file that stays on disk, of which parts are read: a FITS, or a TIFF whose samples libvips does not have to decode;
 * null for all others. Rejects with ImageError, ArgumentError for a page that it has not, or the signal's reason.
 */
export async function storeFileOnDisk(path: string, options: StoreFileOptions): Promise<StoredImage | null> {
  const file = await openFileOnDisk(path, options.signal, (beginning) => isTiff(beginning) || isFits(beginning));
  if (!file) return null;
  const { source, beginning, sha256 } = file;
  options.checkDigest(sha256);
  const origin = { label: path, sha256, source };
  if (isFits(beginning)) return await storeFits(origin, options);
  const picture = await openTiff(source, path, options);
  return picture.samples && storeTiff(picture, picture.samples, origin);
}

/** A file that was read whole; its memory is used up. Rejects as {@link storeFileOnDisk}. */
export async function storeFile(file: FileBytes, label: string, options: StoreFileOptions): Promise<StoredImage> {
  const { bytes, sha256 } = file;
  const { page = 1, checkDigest } = options;
  checkDigest(sha256);
  const origin = { label, sha256, source: memorySource(bytes) };
  if (isFits(bytes)) return await storeFits(origin, options);
  if (!isTiff(bytes)) {
    if (page !== 1) throw new ArgumentError(`${label} has one page: there is no page ${page}`);
    return await storePicture(file, label);
  }
  const picture = await openTiff(origin.source, label, options);
  if (picture.samples) return storeTiff(picture, picture.samples, origin);
  setFirstDirectory(bytes, picture.directoryAt);
  const stored = await storePicture(file, label);
  const { maskBytes, ...described } = describeTiff(picture);
  return { ...stored, ...described, buffers: withDecoder(stored.buffers, maskBytes) };
}

/** Buffers whose decoder takes some bytes more. */
function withDecoder(buffers: readonly PlannedBuffer[], more: number): PlannedBuffer[] {
  return buffers.map(({ name, bytes }) => ({ name, bytes: name === 'decoder' ? bytes + more : bytes }));
}
