import { hasAlpha } from '../frame.js';
import { extraSamplesOf, metadataFields } from '../metadata/tiff.js';
import type { TiffField } from '../metadata/image-metadata.js';
import { writeDirectory } from '../metadata/tiff-fields.js';
import { rgbBands } from '../planes.js';
import type { TiffDescription, TiffGrid } from './write-description.js';
import { alphaBandOf } from './write-description.js';
import { SAMPLE_BYTES } from './samples.js';
import { COMPRESSION, PHOTOMETRIC, TAG } from './tags.js';
import { longs, longs8, shorts } from './write-fields.js';

const [HORIZONTAL, FLOATING_POINT] = [2, 3];
/** SampleFormat (TIFF 6.0, section 19). */
const FORMATS = { uint8: 1, uint16: 1, int8: 2, int16: 2, float32: 3 } as const;
const [CHUNKY, PLANAR] = [1, 2];
const UNASSOCIATED_ALPHA = 2;
/** Bits of NewSubfileType. */
const [REDUCED, MASK] = [1, 4];

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
  const { width, height, channels, isReduced = false, isMask = false } = picture;
  const kind = (isReduced ? REDUCED : 0) | (isMask ? MASK : 0);
  const photometric = isMask ? PHOTOMETRIC.mask : isRgb(picture) ? PHOTOMETRIC.rgb : PHOTOMETRIC.blackIsZero;
  const { sampleType } = grid;
  const each = (value: number): number[] => new Array<number>(channels).fill(value);
  const extra = extraSamples(picture);
  return [
    ...(kind === 0 ? [] : [longs(TAG.newSubfileType, [kind])]),
    longs(TAG.width, [width]),
    longs(TAG.height, [height]),
    shorts(TAG.bits, each(8 * SAMPLE_BYTES[sampleType])),
    shorts(TAG.compression, [COMPRESSION.deflate]),
    shorts(TAG.photometric, [photometric]),
    shorts(TAG.samplesPerPixel, [channels]),
    shorts(TAG.planar, [grid.samples < channels ? PLANAR : CHUNKY]),
    shorts(TAG.predictor, [sampleType === 'float32' ? FLOATING_POINT : HORIZONTAL]),
    ...(extra.length > 0 ? [shorts(TAG.extraSamples, extra)] : []),
    shorts(TAG.sampleFormat, each(FORMATS[sampleType])),
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

/** What the bands beyond grey or RGB are: as the source says, else alpha or unspecified. */
function extraSamples(picture: TiffDescription): number[] {
  const { channels } = picture;
  const count = channels - (isRgb(picture) ? 3 : 1);
  const alpha = alphaBandOf(picture) - channels + count;
  const given = extraSamplesOf(picture.metadata ?? {});
  const isAlpha = given?.[alpha] === 1 || given?.[alpha] === 2;
  if (given?.length === count && isAlpha === hasAlpha(picture)) return given;
  const kinds = new Array<number>(count).fill(0);
  if (hasAlpha(picture)) kinds[alpha] = UNASSOCIATED_ALPHA;
  return kinds;
}

/** Directories with what they point to. */
export interface PlacedDirectories {
  readonly bytes: Buffer;
  /** Where in the file the first of them begins. */
  readonly start: number;
}

/**
 * Directories of a picture and of what belongs to it, as they stand at an even position: behind what the metadata of
 * the first point to, each pointing to the next.
 */
export function placeDirectories(
  storages: readonly (readonly TiffField[])[],
  metadata: TiffDescription['metadata'],
  position: number,
  isBig: boolean,
): PlacedDirectories {
  const { fields, parts } = metadataFields(metadata ?? {}, position, isBig);
  const start = parts.reduce((sum, { length }) => sum + length, position);
  const pieces = [...parts];
  let at = start;
  for (const [index, storage] of storages.entries()) {
    const all = index === 0 ? [...storage, ...fields] : storage;
    const end = at + writeDirectory(all, 0, isBig).length;
    pieces.push(writeDirectory(all, at, isBig, index + 1 < storages.length ? end : 0));
    at = end;
  }
  return { bytes: Buffer.concat(pieces), start };
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
