import type { ByteSource, ReadBytes } from '../../files/byte-source.js';
import { toReadingError } from '../codec/inspection.js';
import type { RowWindow } from '../stored.js';
import type { AnyFrame, AnyFrameSize, RgbBands } from '../frame.js';
import { defined } from '../../runtime/validate.js';
import type { ImageMetadata } from '../metadata/image-metadata.js';
import { readChunks, CHUNK_BYTES } from './chunks.js';
import { chooseSamples } from './depth.js';
import { cardsOf } from './cards.js';
import { readHdus } from './hdus.js';
import type { FitsHeader } from './header.js';
import { choosePage } from './pages.js';
import { readRows } from './read-rows.js';
import { readValues } from './values.js';

/** An image of a FITS file whose headers were read and checked. */
export interface FitsPicture {
  /** Rows in the order of the file: FITS pixel (1, 1) is the first sample. */
  readonly size: AnyFrameSize;
  readonly metadata: ImageMetadata;
  /** The value of missing samples; null: none. NaN is one in any case. */
  readonly nodata: number | null;
  /** What is held while rows are read, beside these. */
  readonly decoderBytes: number;
  /** What is said of the file and no error, for people; each goes on after the file's name. */
  readonly warnings: readonly string[];
  /** Some rows, interleaved. Rejects with ImageError or the signal's reason. */
  readRows(rows: RowWindow, signal: AbortSignal): Promise<AnyFrame['data']>;
}

/** What is asked of a FITS file. */
export interface OpenFitsOptions {
  readonly signal: AbortSignal;
  /** Number of the image, from 1; where it is missing there must be one, or one in the primary header. */
  readonly page?: number | undefined;
  /** The page of a file that has several, where `page` is missing; one that has one page alone needs none. */
  readonly pageOfSeveral?: number | undefined;
}

/** Whatever the picture: headers as they are read. */
const FIXED_BYTES = 1e6;

/**
 * Reads the headers of a FITS file, and its samples only where the headers do not say whether they are integers.
 * Rejects with ImageError where it is damaged or of a kind that is not read, ArgumentError for a page that it has not,
 * or the signal's reason.
 * @param label of the file, for messages
 */
export async function openFits(source: ByteSource, label: string, options: OpenFitsOptions): Promise<FitsPicture> {
  const { signal } = options;
  const translated = <T>(active: AbortSignal, work: (read: ReadBytes) => Promise<T>): Promise<T> =>
    source.use(active, work).catch((cause: unknown) => {
      throw toReadingError(cause, label, active);
    });
  return await translated(signal, async (read) => {
    const hdus = await readHdus(source.sizeBytes, read);
    const page = choosePage(hdus, options, label);
    const values = readValues(page.hdu.header);
    const all = { top: 0, count: page.height };
    const { depth, nodata, storedType } = await chooseSamples(
      values,
      readChunks(read, page, values.bitpix, all, signal),
    );
    const { width, height, bands } = page;
    const rgb = bands < 3 ? {} : { rgb: isColour(page.hdu.header, bands) ? COLOURS : [] };
    const size: AnyFrameSize = { width, height, channels: bands, depth, alpha: false, ...rgb };
    const others = hdus.filter(({ dataBytes }) => dataBytes > 0).length - 1;
    return {
      size,
      metadata: { fitsCards: cardsOf(hdus, page.hdu), ...defined({ storedType }) },
      nodata,
      decoderBytes: FIXED_BYTES + 2 * CHUNK_BYTES,
      warnings: warnOfOthers(others),
      readRows: (rows, active) =>
        translated(active, (part) => readRows(part, page, { values, nodata }, size, rows, active)),
    };
  });
}

const COLOURS: readonly RgbBands[] = [[0, 1, 2]];

/** Whether three planes are red, green and blue: the header says so of the third axis. Others are bands. */
function isColour(header: FitsHeader, bands: number): boolean {
  const kind = header.value('CTYPE3');
  return bands === 3 && typeof kind === 'string' && /^RGB$/i.test(kind);
}

function warnOfOthers(count: number): string[] {
  if (count === 0) return [];
  return [
    count === 1
      ? 'has 1 more data unit, which is not read and not kept'
      : `has ${count} more data units, which are not read and not kept`,
  ];
}
