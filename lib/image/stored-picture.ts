import { StateError } from '../runtime/errors.js';
import { decodeFrame, readHeader } from './decode.js';
import type { StoredPicture } from './decode.js';
import type { FileBytes } from './file-bytes.js';
import type { AnyFrame } from './frame.js';
import { requireRows } from './stored.js';
import type { RowWindow, StoredImage } from './stored.js';

/** A whole file that libvips decodes; its memory is used up. Rejects with ImageError. */
export async function storePicture({ bytes, sha256 }: FileBytes, label: string): Promise<StoredImage> {
  const sizeBytes = bytes.length;
  const { size, format, metadata, warnings, decoderBytes, ...header } = await readHeader(bytes, label);
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
    orientation: header.stored.orientation,
    format,
    sizeBytes,
    metadata,
    nodata: null,
    buffers: [
      { name: 'file', bytes: sizeBytes },
      { name: 'decoder', bytes: decoderBytes },
    ],
    warnings,
    sha256,
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
