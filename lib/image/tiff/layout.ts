import { damaged, unsupported } from '../codec/inspection.js';
import type { Directory } from './directory.js';
import { sampleTypeOf } from './samples.js';
import type { SampleType } from './samples.js';
import { COMPRESSION, TAG } from './tags.js';

/** How the samples of a picture lie in its file: in strips or tiles, here called blocks. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel. */
  readonly bands: number;
  readonly sampleType: SampleType;
  /** Bits of a sample. */
  readonly bits: number;
  readonly isTiled: boolean;
  /** Columns and rows of a block. The last strip has fewer rows. */
  readonly blockWidth: number;
  readonly blockHeight: number;
  /** Blocks side by side, and one above the other. */
  readonly across: number;
  readonly down: number;
  /** Whether each band has blocks of its own. */
  readonly isPlanar: boolean;
  /** Samples of a pixel in a block: all, or one. */
  readonly blockBands: number;
  readonly compression: number;
  readonly predictor: number;
  readonly isBig: boolean;
}

/** Where the blocks of a picture are: rows of them from the top, band after band where each has its own. */
export interface Blocks {
  readonly offsets: Float64Array;
  readonly sizes: Float64Array;
}

/** Others have no predictor, whatever the tag says. */
const PREDICTED: readonly number[] = [
  ...[COMPRESSION.lzw, COMPRESSION.deflate, COMPRESSION.oldDeflate, COMPRESSION.zstd],
];
/** More blocks than any sensible file has: 65,535 x 65,535 pixels in tiles of 64 x 64, times 4. */
const MOST_BLOCKS = 2 ** 22;
/** Larger ones cannot be unpacked to one array everywhere. */
const MOST_BLOCK_BYTES = 2 ** 31 - 1;

/** The layout of samples. Throws ImageProblem for others. */
export async function readLayout(directory: Directory): Promise<Layout> {
  const [width, height] = [await directory.value(TAG.width, 0), await directory.value(TAG.height, 0)];
  if (width === 0 || height === 0) throw damaged('it does not say how large it is');
  const bands = await directory.value(TAG.samplesPerPixel, 1);
  const { sampleType, bits } = await readSampleType(directory, bands);
  const samples = { width, height, bands, sampleType, bits };
  return checked({ ...samples, ...(await readStorage(directory, samples)) });
}

/** How samples of whatever type are cut into strips or tiles and packed. Throws ImageProblem. */
export async function readStorage(
  directory: Directory,
  { width, height, bands }: Pick<Layout, 'width' | 'height' | 'bands'>,
): Promise<Omit<Layout, 'width' | 'height' | 'bands' | 'sampleType' | 'bits'>> {
  const isTiled = directory.has(TAG.tileOffsets) || directory.has(TAG.tileWidth);
  const [blockWidth, blockHeight] = isTiled
    ? [await directory.value(TAG.tileWidth, 0), await directory.value(TAG.tileHeight, 0)]
    : [width, Math.min(await directory.value(TAG.rowsPerStrip, height), height)];
  if (blockWidth === 0 || blockHeight === 0) throw damaged('its strips or tiles have no size');
  const [across, down] = [Math.ceil(width / blockWidth), Math.ceil(height / blockHeight)];
  const isPlanar = bands > 1 && (await directory.value(TAG.planar, 1)) === 2;
  const compression = await directory.value(TAG.compression, COMPRESSION.none);
  const predictor = PREDICTED.includes(compression) ? await directory.value(TAG.predictor, 1) : 1;
  const blocks = { isTiled, blockWidth, blockHeight, across, down, isPlanar, blockBands: isPlanar ? 1 : bands };
  return { ...blocks, compression, predictor, isBig: directory.file.isBig };
}

/** The type of all samples: they may say it for each band, but cannot differ. */
async function readSampleType(directory: Directory, bands: number): Promise<Pick<Layout, 'sampleType' | 'bits'>> {
  if (bands < 1 || bands > 65_535) throw damaged(`it has ${bands} samples per pixel`);
  const sizes = await directory.numbers(TAG.bits, bands);
  const formats = await directory.numbers(TAG.sampleFormat, bands);
  if (sizes.some((one) => one !== sizes[0]) || formats.some((one) => one !== formats[0]))
    throw unsupported('its bands have samples of different types', 'write all with the same');
  const [bits = 1, format = 1] = [sizes[0], formats[0]];
  return { sampleType: sampleTypeOf(format, bits), bits };
}

function checked(layout: Layout): Layout {
  const { across, down, bands, isPlanar } = layout;
  const count = across * down * (isPlanar ? bands : 1);
  const name = nameOf(layout);
  if (count > MOST_BLOCKS) throw unsupported(`it has ${count} ${name}s`, `write it with larger ${name}s`);
  if (blockBytes(layout) > MOST_BLOCK_BYTES)
    throw unsupported(`one of its ${name}s has ${blockBytes(layout)} bytes`, `write it with smaller ${name}s`);
  return layout;
}

/** What its blocks are called. */
export function nameOf({ isTiled }: Pick<Layout, 'isTiled'>): 'tile' | 'strip' {
  return isTiled ? 'tile' : 'strip';
}

/** Bytes of a row of a block, unpacked. */
export function blockRowBytes({ blockWidth, blockBands, bits }: Layout): number {
  return Math.ceil((blockWidth * blockBands * bits) / 8);
}

/** Bytes of a whole block, unpacked. */
export function blockBytes(layout: Layout): number {
  return layout.blockHeight * blockRowBytes(layout);
}

/** Rows of a block that are in the file: strips end with the picture, tiles do not. */
export function storedRows({ isTiled, blockHeight, height }: Layout, blockRow: number): number {
  return isTiled ? blockHeight : Math.min(blockHeight, height - blockRow * blockHeight);
}

/**
 * Where the blocks of a picture are. One of no bytes at offset 0 is a hole, as GDAL leaves them. Throws ImageProblem
 * where others are missing or lie beyond the end of the file.
 */
export async function readBlocks(directory: Directory, layout: Layout): Promise<Blocks> {
  const { isTiled, across, down, bands, isPlanar } = layout;
  const count = across * down * (isPlanar ? bands : 1);
  const [offsetTag, sizeTag] = isTiled
    ? [TAG.tileOffsets, TAG.tileByteCounts]
    : [TAG.stripOffsets, TAG.stripByteCounts];
  const name = nameOf(layout);
  if (directory.count(offsetTag) < count) throw damaged(`it has ${directory.count(offsetTag)} of ${count} ${name}s`);
  if (directory.count(sizeTag) < count)
    throw unsupported(`it does not say how long its ${name}s are`, 'write it again');
  const blocks = { offsets: await directory.numbers(offsetTag, count), sizes: await directory.numbers(sizeTag, count) };
  requireInFile(blocks, layout, directory.file.sizeBytes);
  return blocks;
}

function requireInFile({ offsets, sizes }: Blocks, layout: Layout, fileBytes: number): void {
  const [name, count] = [nameOf(layout), offsets.length];
  for (let index = 0; index < count; index += 1) {
    const [offset, size] = [offsets[index]!, sizes[index]!];
    if (size === 0 && offset !== 0) throw damaged(`its ${name} ${index + 1} of ${count} is empty`);
    if (offset + size > fileBytes)
      throw damaged(`its ${name} ${index + 1} of ${count} ends at byte ${offset + size}, the file at ${fileBytes}`);
    if (layout.compression === COMPRESSION.none && size !== 0 && size < neededBytes(layout, index))
      throw damaged(`its ${name} ${index + 1} of ${count} has ${size} of ${neededBytes(layout, index)} bytes`);
  }
}

/** Bytes of a block that is not packed. */
function neededBytes(layout: Layout, index: number): number {
  const row = Math.floor(index / layout.across) % layout.down;
  return storedRows(layout, row) * blockRowBytes(layout);
}
