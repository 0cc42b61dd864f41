import { ImageError, StateError } from '../runtime/errors.js';
import { decodeFrame, readHeader } from './decode.js';
import type { StoredPicture } from './decode.js';
import type { FileBytes } from './file-bytes.js';
import { isFits } from './fits/header.js';
import type { AnyFrame } from './frame.js';
import { nodataOf } from './missing/nodata.js';
import { storeFits } from './stored-fits.js';
import { requireRows } from './stored.js';
import type { RowWindow, StoredImage } from './stored.js';

/**
 * A file that was read whole; its memory is used up. Rejects with ImageError.
 * @param page from 1; by default the only one
 */
export async function storeFile(
  { bytes, sha256 }: FileBytes,
  label: string,
  page: number | undefined,
  signal: AbortSignal,
): Promise<StoredImage> {
  if (isFits(bytes)) return storeFits({ bytes, sha256 }, label, page, signal);
  const sizeBytes = bytes.length;
  const { size, format, metadata, decoderBytes, ...header } = await readHeader(bytes, label);
  if ((page ?? 1) !== 1) throw new ImageError('IMAGE_INVALID', `${label} has one page: there is no page ${page}`);
  const { nodata, warnings } = nodataOf(metadata, size);
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
    nodata,
    buffers: [
      { name: 'file', bytes: sizeBytes },
      { name: 'decoder', bytes: decoderBytes },
    ],
    warnings,
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
