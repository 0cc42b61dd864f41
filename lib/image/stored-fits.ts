import { StateError } from '../runtime/errors.js';
import { defined } from '../runtime/validate.js';
import type { FileBytes } from './file-bytes.js';
import { openFits } from './fits/read-fits.js';
import type { AnyFrame } from './frame.js';
import { requireRows, requireSides } from './stored.js';
import type { RowWindow, StoredImage } from './stored.js';
import { memorySource } from './tiff/byte-source.js';

/**
 * A FITS file that was read whole. Rejects with ImageError, with ArgumentError for a page that it has not, or with the
 * signal's reason.
 * @param page from 1; by default the primary image, or the only one
 */
export async function storeFits(
  { bytes, sha256 }: FileBytes,
  label: string,
  page: number | undefined,
  signal: AbortSignal,
): Promise<StoredImage> {
  const sizeBytes = bytes.length;
  // Let go when all is read: the file's memory is free then, also while the source is still in use.
  let file: Buffer | null = bytes;
  const source = memorySource(bytes);
  const picture = await openFits(
    { ...source, use: (active, work) => memorySource(requireFile(file)).use(active, work) },
    label,
    { signal, ...defined({ page }) },
  );
  const { size, metadata, nodata, decoderBytes, warnings } = picture;
  requireSides(size, label);
  const readRows = async (rows: RowWindow, active: AbortSignal): Promise<AnyFrame> => {
    const data = await picture.readRows(rows, active);
    return { ...size, height: rows.count, data } as AnyFrame;
  };
  return {
    ...{ label, header: size, format: 'fits', sizeBytes, metadata, nodata, warnings },
    buffers: [
      { name: 'file', bytes: sizeBytes },
      { name: 'decoder', bytes: decoderBytes },
    ],
    sha256: () => sha256,
    readRows: (rows, active) => {
      requireRows(rows, size.height);
      return readRows(rows, active);
    },
    readAll: async (active) => {
      const frame = await readRows({ top: 0, count: size.height }, active);
      file = null;
      return frame;
    },
  };
}

function requireFile(file: Buffer | null): Buffer {
  if (!file) throw new StateError('The rows of an image source can be read until its pixels are read');
  return file;
}
