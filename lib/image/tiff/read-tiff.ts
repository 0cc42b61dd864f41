import type { ByteSource } from '../../files/byte-source.js';
import { toReadingError } from '../codec/inspection.js';
import type { Orientation } from '../codec/inspection.js';
import type { ImageMetadata } from '../metadata/image-metadata.js';
import { stateWhite } from './bands.js';
import { isForLibvips } from './decoder-choice.js';
import { openTiffFile } from './directory.js';
import type { Directory } from './directory.js';
import { maskOfNumber, openMissingColour } from './palette.js';
import { choosePage, readPages } from './pages.js';
import type { Page } from './pages.js';
import { openMask, openSamples } from './open-samples.js';
import type { OpenSamples } from './open-samples.js';
import { parseDecodedNodata, parseNodata, readNodataText, stateNodata } from './nodata.js';
import type { Nodata } from './nodata.js';
import { readOrientation } from './orientation.js';
import { readMetadata } from './read-metadata.js';
import { readRows } from './read-rows.js';
import type { TiffRows } from './rows.js';
import type { FrameSamples } from './samples.js';
import { countPictures, withoutStack } from './stacks.js';
import type { OwnWords } from './stacks.js';
import { PHOTOMETRIC, TAG } from './tags.js';
import { requireWholeDirectories } from './whole.js';

/** A page of a TIFF file whose directory was read and checked. */
export interface TiffPicture {
  readonly metadata: ImageMetadata;
  readonly orientation: Orientation;
  /** Value of missing samples, as they are read (GDAL_NODATA); null: none is named, or none that they can have. */
  readonly nodata: number | null;
  /** Pages of the file; overviews and masks are none. */
  readonly pageCount: number;
  /** What is said of the file and no error, for people; each goes on after the file's name. */
  readonly warnings: readonly string[];
  /** The band that is alpha, from 0, where it is not the last of the file, as it is of the samples; else null. */
  readonly alphaBand: number | null;
  /** The longer side of its tiles in pixels; undefined: it has strips. */
  readonly tileSize: number | undefined;
  /** Where the page's directory is. */
  readonly directoryAt: number;
  /** The samples; null: libvips decodes them from the whole file. */
  readonly samples: TiffRows | null;
  /** The page's mask, one sample a pixel, 0 where it is missing; null: it has none. */
  readonly mask: TiffRows<Uint8Array> | null;
}

/** What is asked of a TIFF file. */
export interface OpenTiffOptions {
  readonly signal: AbortSignal;
  /** Number of the page, from 1; where it is missing there must be one page alone. */
  readonly page?: number | undefined;
  /** The page of a file that has several, where `page` is missing; one that has one page alone needs none. */
  readonly pageOfSeveral?: number | undefined;
}

/**
 * Reads the directories of a file that begins as a TIFF does, and decodes nothing. Rejects with ImageError where it is
 * damaged or of a kind that is not read, ArgumentError for a page that it has not, or the signal's reason.
 * @param label of the file, for messages
 */
export async function openTiff(source: ByteSource, label: string, options: OpenTiffOptions): Promise<TiffPicture> {
  const { signal, pageOfSeveral } = options;
  return await translated(label, signal, () =>
    source.use(signal, async (read) => {
      const file = await openTiffFile(source.sizeBytes, read);
      const pages = await readPages(file);
      const number = options.page ?? (pages.pages.length > 1 ? pageOfSeveral : undefined);
      const page = choosePage(pages, number, label);
      const isOneOfMany = (await countPictures(pages, number)) > 1;
      const own = isOneOfMany ? await withoutStack(page.directory) : { directory: page.directory, warnings: [] };
      const picture = await openPage(page, own, (samples) => toSamples(source, label, samples));
      await requireWholeDirectories(pages.directories);
      return { ...picture, pageCount: pages.pages.length };
    }),
  );
}

/** No sample stands for a missing one. */
const NO_VALUE: Nodata = { value: null, problem: null };

/** Adds to samples what reads their rows. */
type WithRows = <S extends FrameSamples>(samples: OpenSamples) => TiffRows<S>;

async function openPage(
  { directory, mask }: Page,
  own: OwnWords,
  withRows: WithRows,
): Promise<Omit<TiffPicture, 'pageCount'>> {
  const orientation = await readOrientation(directory);
  const { metadata, warnings } = await readMetadata(own.directory, orientation);
  const samples = (await isForLibvips(directory)) ? null : await openSamples(directory);
  const photometric = await directory.value(TAG.photometric, PHOTOMETRIC.blackIsZero);
  const colour = photometric === PHOTOMETRIC.palette && !mask ? await openMissingColour(directory) : null;
  const nodata = samples?.nodata ?? (colour ? NO_VALUE : await readDecodedNodata(directory, photometric));
  return {
    // The number of a colour means nothing where colours are written.
    metadata:
      photometric === PHOTOMETRIC.palette
        ? stateNodata(metadata, null, 'none')
        : stateWhite(withNodata(metadata, nodata), samples?.size),
    alphaBand: samples?.alphaBand ?? null,
    orientation: orientation.turn,
    nodata: nodata.value,
    warnings: [
      ...own.warnings,
      ...warnings,
      ...(samples?.warnings ?? []),
      ...(nodata.problem === null ? [] : [nodata.problem]),
    ],
    tileSize: await readTileSize(directory),
    directoryAt: directory.offset,
    samples: samples && withRows(samples),
    mask: colour ? maskOfNumber(withRows(colour.numbers), colour.missing) : mask && withRows(await openMask(mask)),
  };
}

async function readDecodedNodata(directory: Directory, photometric: number): Promise<Nodata> {
  const bits = await directory.value(TAG.bits, 1);
  return parseDecodedNodata(await readNodataText(directory), { bits, photometric });
}

async function readTileSize(directory: Directory): Promise<number | undefined> {
  const [width, height] = [await directory.value(TAG.tileWidth, 0), await directory.value(TAG.tileHeight, 0)];
  return Math.max(width, height) || undefined;
}

/** Metadata with the value of missing samples as they are read, where that is another than the one of stored ones. */
function withNodata(metadata: ImageMetadata, { value }: Nodata): ImageMetadata {
  const { tiffFields = [] } = metadata;
  const text = tiffFields.find(({ tag }) => tag === TAG.gdalNodata)?.data.toString('latin1');
  const isAsStored = text === undefined || value === null || Object.is(parseNodata(text, 'float32').value, value);
  return isAsStored ? metadata : stateNodata(metadata, value, value);
}

/** Samples with what reads their rows. */
function toSamples<S extends FrameSamples>(source: ByteSource, label: string, samples: OpenSamples): TiffRows<S> {
  const { size, decoderBytes, reader } = samples;
  const readPart = (top: number, count: number, signal: AbortSignal): Promise<S> =>
    translated(label, signal, () =>
      source.use(signal, async (read) => {
        const output = samples.allocate(count) as S;
        await readRows(read, reader, top, output, signal);
        return output;
      }),
    );
  return { size, layout: reader.layout, decoderBytes, readRows: readPart };
}

/** Runs some work on a file whose failures leave as errors of this package. */
async function translated<T>(label: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw toReadingError(cause, label, signal);
  }
}
