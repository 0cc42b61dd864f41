import { openFits } from './fits/read-fits.js';
import type { OpenFitsOptions } from './fits/read-fits.js';
import type { AnyFrame } from './frame.js';
import { readingBuffers, requireRows, requireSides } from './stored.js';
import type { RowWindow, StoredImage, StoredOrigin } from './stored.js';

/**
 * An image of a FITS file. Rejects with ImageError, with ArgumentError for a page that it has not, or with the signal's
 * reason.
 */
export async function storeFits(origin: StoredOrigin, options: OpenFitsOptions): Promise<StoredImage> {
  const { label, sha256, source } = origin;
  const picture = await openFits(source, label, options);
  const { size, metadata, nodata, decoderBytes, warnings } = picture;
  requireSides(size, label);
  const readRows = async (rows: RowWindow, signal: AbortSignal): Promise<AnyFrame> => {
    requireRows(rows, size.height);
    const data = await picture.readRows(rows, signal);
    return { ...size, height: rows.count, data } as AnyFrame;
  };
  return {
    ...{ label, header: size, format: 'fits', sizeBytes: source.sizeBytes, metadata, nodata, warnings, sha256 },
    buffers: readingBuffers(origin, decoderBytes),
    readRows,
    readAll: (signal) => readRows({ top: 0, count: size.height }, signal),
  };
}
