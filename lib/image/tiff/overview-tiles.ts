import type { Layout } from './layout.js';
import { undoOf } from './predictor.js';
import { SAMPLE_BYTES, toFrameSamples } from './samples.js';
import { COMPRESSION } from './tags.js';
import { unpackerOf } from './unpack.js';
import type { TiffSamples } from './write-blocks.js';
import type { TiffDescription, TiffGrid } from './write-description.js';
import type { BlockList } from './write-directory.js';
import { maskGridOf, maskOf } from './write-mask.js';
import type { ByteSpool } from '../write-sink.js';

const [HORIZONTAL, FLOATING_POINT] = [2, 3];

/** A picture in tiles that the writer has made, all samples of a pixel together. */
export interface TiledPicture {
  readonly description: TiffDescription;
  readonly grid: TiffGrid;
  readonly spool: ByteSpool;
  /** Where the tiles are in the spool. */
  readonly blocks: BlockList;
  /** Where those of its mask are; null: it has none. */
  readonly mask: BlockList | null;
}

/** Reads the rows of a row of tiles into an array that has room for them. Returns their number. */
export async function readTileRow(
  { description, grid, spool, blocks }: Omit<TiledPicture, 'mask'>,
  tileRow: number,
  rows: TiffSamples,
  signal: AbortSignal,
): Promise<number> {
  const { width, height, channels } = description;
  const layout = layoutOf(description, grid);
  const [unpack, undo] = [unpackerOf(layout), undoOf(layout, true)];
  const count = Math.min(grid.height, height - tileRow * grid.height);
  for (let column = 0; column < grid.across; column += 1) {
    signal.throwIfAborted();
    const index = tileRow * grid.across + column;
    const packed = await spool.read(blocks.offsets[index]!, blocks.byteCounts[index]!);
    const bytes = await unpack(Buffer.from(packed.buffer, packed.byteOffset, packed.length), signal);
    undo(bytes);
    const tile = toFrameSamples(bytes, grid.sampleType);
    const left = column * grid.width;
    const length = Math.min(grid.width, width - left) * channels;
    for (let row = 0; row < count; row += 1) {
      const from = row * grid.width * channels;
      rows.set(tile.subarray(from, from + length), (row * width + left) * channels);
    }
  }
  return count;
}

/** The mask of a picture as a picture of its own; null: it has none. */
export function maskPictureOf({ description, grid, spool, mask }: TiledPicture): Omit<TiledPicture, 'mask'> | null {
  return mask && { description: maskOf(description), grid: maskGridOf(grid), spool, blocks: mask };
}

/** The layout of what the writer makes, as the reader has it. */
function layoutOf(
  { width, height, channels }: TiffDescription,
  { width: blockWidth, height: blockHeight, across, down, sampleType }: TiffGrid,
): Layout {
  const predictor = sampleType === 'float32' ? FLOATING_POINT : HORIZONTAL;
  return {
    ...{ width, height, bands: channels, sampleType, bits: 8 * SAMPLE_BYTES[sampleType] },
    ...{ isTiled: true, blockWidth, blockHeight, across, down, isPlanar: false, blockBands: channels },
    ...{ compression: COMPRESSION.deflate, predictor, isBig: false },
  };
}
