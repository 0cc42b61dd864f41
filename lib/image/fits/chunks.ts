import type { ReadBytes } from '../../files/byte-source.js';
import { Pauses } from '../../runtime/pauses.js';
import type { FitsPage } from './pages.js';
import { toNumbers } from './values.js';
import type { FitsNumbers } from './values.js';

/** Bytes that are read at a time. */
export const CHUNK_BYTES = 2 ** 20;

/** Some consecutive numbers of one band. */
export interface FitsChunk {
  readonly band: number;
  /** Of the first number in the rows that are read, from 0. */
  readonly first: number;
  readonly numbers: FitsNumbers;
}

/** The numbers of some rows, band after band, in pieces. Rejects with the signal's reason. */
export async function* readChunks(
  read: ReadBytes,
  { width, height, bands, dataAt }: Omit<FitsPage, 'hdu'>,
  bitpix: number,
  { top, count }: { readonly top: number; readonly count: number },
  signal: AbortSignal,
): AsyncGenerator<FitsChunk> {
  const pauses = new Pauses(signal);
  const size = Math.abs(bitpix) / 8;
  const step = CHUNK_BYTES / size;
  for (let band = 0; band < bands; band += 1) {
    const start = dataAt + (band * height + top) * width * size;
    for (let first = 0; first < width * count; first += step) {
      if (pauses.isDue) await pauses.take();
      const numbers = Math.min(step, width * count - first);
      const bytes = await read(start + first * size, numbers * size);
      // A copy: what is read may be part of a file in memory, which stays as it is.
      const own = Buffer.allocUnsafeSlow(bytes.length);
      bytes.copy(own);
      yield { band, first, numbers: toNumbers(bitpix, own) };
    }
  }
}
