import { writeFileWith } from '../files/write-file.js';
import type { FileInTheMaking } from '../files/write-file.js';
import type { ReadBack } from './read-back.js';
import { defined } from '../runtime/validate.js';
import type { ImageFormat } from './codec/sharp.js';
import { describeFits } from './fits/describe.js';
import { FitsWriter, fitsWriterBytes } from './fits/write-fits.js';
import type { FitsWriterState } from './fits/write-fits.js';
import { sizeOf } from './frame.js';
import type { AnyFrame, AnyFrameSize } from './frame.js';
import type { ImageMetadata } from './metadata/image-metadata.js';
import { CogWriter, cogWriterBytes } from './tiff/cog.js';
import type { TiffForm } from './tiff/form.js';
import { gridOf } from './tiff/write-description.js';
import type { TiffDescription } from './tiff/write-description.js';
import { withSpools } from './tiff/write-file.js';
import { TiffWriter, tiffWriterBytes } from './tiff/write.js';
import type { TiffWriterState } from './tiff/write-state.js';
import { FileSpool } from './write-sink.js';
import type { ByteSpool } from './write-sink.js';

/** Formats that are written row by row. */
const ROW_FORMATS = ['tiff', 'fits'] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

/** Whether files of a format are written row by row. */
export function isRowFormat(format: ImageFormat | undefined): format is RowFormat {
  return ROW_FORMATS.some((one) => one === format);
}

/** A picture that is to be written row by row. */
export interface RowPicture {
  readonly format: RowFormat;
  readonly size: AnyFrameSize;
  readonly metadata: ImageMetadata;
  /** Of a TIFF. */
  readonly form: TiffForm;
}

/** What a writer has written, for another that goes on: plain data, to be kept as JSON. */
export interface WrittenRows {
  /** The row to go on with. */
  readonly nextRow: number;
  /** Bytes of the file that hold what was written. */
  readonly position: number;
}

/** What tells a state of a writer from later ones of the same picture. */
export interface RowMark extends WrittenRows {
  /** Of a FITS: `FitsWriterState.sum`. */
  readonly sum?: number;
}

/** Writes a picture from top to bottom. */
export interface RowWriter {
  /**
   * Takes interleaved rows, and those of the mask where the metadata say that there is one. Rejects with the system's
   * error, or the signal's reason.
   */
  writeRows(samples: AnyFrame['data'], count: number, mask: Uint8Array | null): Promise<void>;
  /** What is in the file. */
  state(): Promise<WrittenRows>;
  /**
   * Writes the rest of the picture: into the open file, or another one at the path. Resolves to whether the open one is
   * the picture.
   */
  finish(path: string): Promise<boolean>;
}

/** How a picture is written row by row. */
export interface RowWriterOptions {
  readonly threads: number;
  readonly signal: AbortSignal;
  /** What an earlier writer has written; nothing by default. */
  readonly from?: WrittenRows | undefined;
  /** Reads a file that is another one than the open one, before it gets its name. */
  readonly readBack?: ReadBack | undefined;
}

const describeTiff = ({ size, metadata, form: { tileSize, hasMask } }: RowPicture): TiffDescription => ({
  ...sizeOf(size),
  metadata,
  tileSize,
  hasMask,
});

/** Rows that are written together: a writer can be left after a multiple of them. */
export function rowsWrittenAtOnce(picture: RowPicture): number {
  return picture.format === 'fits' ? 1 : gridOf(describeTiff(picture)).height;
}

/** What writing takes beside the rows. */
export function rowWriterBytes(picture: RowPicture, threads: number): number {
  if (picture.format === 'fits') return fitsWriterBytes(describeFits(picture.size, picture.metadata));
  const description = describeTiff(picture);
  return picture.form.cog ? cogWriterBytes(description, threads) : tiffWriterBytes(description, threads);
}

/** A place and a length of a block, as text: once more with its digest, and once as bytes. */
const BLOCK_TEXT_BYTES = 3 * 24;

/** What a state takes as text: a TIFF's lists all blocks. */
export function rowStateBytes(picture: RowPicture): number {
  if (picture.format === 'fits') return 0;
  const { across, down, planes } = gridOf(describeTiff(picture));
  return BLOCK_TEXT_BYTES * across * down * (planes + (picture.form.hasMask ? 1 : 0));
}

/** The mark of a state. */
export function markOf(written: WrittenRows): RowMark {
  const { nextRow, position, sum } = written as RowMark;
  return { nextRow, position, ...defined({ sum }) };
}

/** What was written before some of it: the state that a mark was made of. */
export function writtenBefore(picture: RowPicture, written: WrittenRows, mark: RowMark): WrittenRows {
  if (picture.format === 'fits') return mark;
  const { height, across } = gridOf(describeTiff(picture));
  const blocks = Math.ceil(mark.nextRow / height) * across;
  const { offsets, byteCounts } = written as TiffWriterState;
  const cut = (lists: TiffWriterState['offsets']): number[][] => lists.map((list) => list.slice(0, blocks));
  return { ...mark, offsets: cut(offsets), byteCounts: cut(byteCounts) } as TiffWriterState;
}

/** A writer into an open file. Throws ArgumentError where it cannot go on from there. */
export function createRowWriter(spool: ByteSpool, picture: RowPicture, options: RowWriterOptions): RowWriter {
  if (picture.format === 'fits') return createFitsWriter(spool, picture, options);
  return picture.form.cog ? createCogWriter(spool, picture, options) : createTiffWriter(spool, picture, options);
}

function createTiffWriter(spool: ByteSpool, picture: RowPicture, { from, ...how }: RowWriterOptions): RowWriter {
  const description = describeTiff(picture);
  const writer = from
    ? TiffWriter.resume(spool, description, from as TiffWriterState, how)
    : TiffWriter.create(spool, description, how);
  return {
    writeRows: (samples, count, mask) => writer.writeRows(samples, count, mask),
    state: () => writer.state(),
    finish: async () => {
      await writer.finish();
      return true;
    },
  };
}

/** A file of FITS holds no mask: a warning says so. */
function createFitsWriter(spool: ByteSpool, picture: RowPicture, { signal, from }: RowWriterOptions): RowWriter {
  const description = describeFits(picture.size, picture.metadata);
  const writer = new FitsWriter(spool, description, signal, from as FitsWriterState | undefined);
  return {
    writeRows: (samples, count) => writer.writeRows(samples, count),
    state: async () => writer.state,
    finish: async () => {
      await writer.finish();
      return true;
    },
  };
}

/** What it writes into the open file are tiles, of which the picture is made in the end. */
function createCogWriter(
  spool: ByteSpool,
  picture: RowPicture,
  { from, readBack, ...how }: RowWriterOptions,
): RowWriter {
  const description = describeTiff(picture);
  const writer = from
    ? CogWriter.resume(spool, description, from as TiffWriterState, how)
    : CogWriter.create(spool, description, how);
  return {
    writeRows: (samples, count, mask) => writer.writeRows(samples, count, mask),
    state: () => writer.state(),
    finish: async (path) => {
      const write = async ({ handle, folder }: FileInTheMaking): Promise<void> =>
        withSpools(folder, async (openSpool) => {
          await writer.finish(readBack?.openSpool(handle) ?? new FileSpool(handle), openSpool);
        });
      await writeFileWith(path, write, how.signal, readBack?.verify);
      return false;
    },
  };
}
