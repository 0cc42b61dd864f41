import { hasAlpha } from '../frame.js';
import { extraSamplesOf, metadataFields } from '../metadata/tiff.js';
import type { TiffField } from '../metadata/image-metadata.js';
import { writeDirectory } from '../metadata/tiff-fields.js';
import { rgbBands } from '../planes.js';
import type { TiffDescription, TiffGrid } from './write-description.js';
import { COMPRESSION, PHOTOMETRIC, TAG } from './tags.js';
import { longs, longs8, shorts } from './write-fields.js';

const [HORIZONTAL, FLOATING_POINT] = [2, 3];
const [UNSIGNED, FLOAT] = [1, 3];
const [CHUNKY, PLANAR] = [1, 2];
const UNASSOCIATED_ALPHA = 2;
const REDUCED = 1;

/** Where the strips or tiles of a picture lie in the file, in order; bands apart: all of one band, then the next. */
export interface BlockList {
  readonly offsets: readonly number[];
  readonly byteCounts: readonly number[];
}

/** Fields that say how samples are stored. */
export function storageFields(
  picture: TiffDescription,
  grid: TiffGrid,
  blocks: BlockList,
  isBig: boolean,
): TiffField[] {
  const { width, height, channels, depth, isReduced = false } = picture;
  const isFloat = depth === 32;
  const each = (value: number): number[] => new Array<number>(channels).fill(value);
  const extra = extraSamples(picture);
  return [
    ...(isReduced ? [longs(TAG.newSubfileType, [REDUCED])] : []),
    longs(TAG.width, [width]),
    longs(TAG.height, [height]),
    shorts(TAG.bits, each(depth)),
    shorts(TAG.compression, [COMPRESSION.deflate]),
    shorts(TAG.photometric, [isRgb(picture) ? PHOTOMETRIC.rgb : PHOTOMETRIC.blackIsZero]),
    shorts(TAG.samplesPerPixel, [channels]),
    shorts(TAG.planar, [grid.samples < channels ? PLANAR : CHUNKY]),
    shorts(TAG.predictor, [isFloat ? FLOATING_POINT : HORIZONTAL]),
    ...(extra.length > 0 ? [shorts(TAG.extraSamples, extra)] : []),
    shorts(TAG.sampleFormat, each(isFloat ? FLOAT : UNSIGNED)),
    ...blockFields(grid, blocks, isBig),
  ];
}

function blockFields(grid: TiffGrid, { offsets, byteCounts }: BlockList, isBig: boolean): TiffField[] {
  const positions = isBig ? longs8 : longs;
  if (!grid.isTiled)
    return [
      positions(TAG.stripOffsets, offsets),
      longs(TAG.rowsPerStrip, [grid.height]),
      longs(TAG.stripByteCounts, byteCounts),
    ];
  return [
    longs(TAG.tileWidth, [grid.width]),
    longs(TAG.tileHeight, [grid.height]),
    positions(TAG.tileOffsets, offsets),
    longs(TAG.tileByteCounts, byteCounts),
  ];
}

/** Whether the first three channels are one picture in colour. */
function isRgb(picture: TiffDescription): boolean {
  return rgbBands(picture).some(([red, green, blue]) => red === 0 && green === 1 && blue === 2);
}

/** What the channels beyond grey or RGB are: as the source says, else alpha or unspecified. */
function extraSamples(picture: TiffDescription): number[] {
  const count = picture.channels - (isRgb(picture) ? 3 : 1);
  const isLastAlpha = hasAlpha(picture);
  const given = extraSamplesOf(picture.metadata ?? {});
  const isAlpha = (kind: number | undefined): boolean => kind === 1 || kind === 2;
  if (given?.length === count && isAlpha(given.at(-1)) === isLastAlpha) return given;
  const kinds = new Array<number>(count).fill(0);
  if (isLastAlpha) kinds[count - 1] = UNASSOCIATED_ALPHA;
  return kinds;
}

/** Fields of metadata with what they point to, and a directory behind them. */
export interface PlacedDirectory {
  readonly bytes: Buffer;
  /** Where in the file the directory itself begins. */
  readonly start: number;
}

/** The directory of a picture as it stands at an even position, behind the directories of its metadata. */
export function placeDirectory(
  storage: readonly TiffField[],
  metadata: TiffDescription['metadata'],
  position: number,
  isBig: boolean,
): PlacedDirectory {
  const { fields, parts } = metadataFields(metadata ?? {}, position, isBig);
  const start = parts.reduce((sum, { length }) => sum + length, position);
  return { bytes: Buffer.concat([...parts, writeDirectory([...storage, ...fields], start, isBig)]), start };
}

/** First bytes of a file: byte order, version, where the first directory is. */
export function fileHeader(directory: number, isBig: boolean): Buffer {
  const header = Buffer.alloc(isBig ? 16 : 8);
  header.write('II', 'latin1');
  header.writeUInt16LE(isBig ? 43 : 42, 2);
  if (isBig) {
    header.writeUInt16LE(8, 4);
    header.writeBigUInt64LE(BigInt(directory), 8);
  } else header.writeUInt32LE(directory, 4);
  return header;
}
