import { expected, requireInteger } from '../../runtime/validate.js';
import { requireTileSize } from './form.js';
import type { TiffDescription, TiffGrid } from './write-description.js';
import type { WrittenBlocks } from './write-queue.js';

/** What a writer has written, for another that goes on: plain numbers, to be kept as JSON. */
export interface TiffWriterState extends WrittenBlocks {
  /** The row to go on with: the first that is in no finished strip or row of tiles. */
  readonly nextRow: number;
}

/** Lists of blocks: one a plane, and one of the mask. */
export const listCount = ({ hasMask = false }: TiffDescription, { planes }: TiffGrid): number =>
  planes + (hasMask ? 1 : 0);

/** Throws ArgumentError for a description that makes no sense. */
export function checkDescription({ width, height, channels, tileSize }: TiffDescription): void {
  requireInteger('width', width, 1, 2 ** 31 - 1);
  requireInteger('height', height, 1, 2 ** 31 - 1);
  requireInteger('channels', channels, 1, 16);
  if (tileSize !== undefined) requireTileSize(tileSize);
}

/** Throws ArgumentError unless the state lists all blocks up to its row. */
export function checkState(grid: TiffGrid, description: TiffDescription, state: TiffWriterState): void {
  const { nextRow, position, offsets, byteCounts } = state;
  const { height } = description;
  requireInteger('nextRow of the state', nextRow, 0, height);
  requireInteger('position of the state', position, 8, Number.MAX_SAFE_INTEGER);
  const isBetween = nextRow % grid.height !== 0 && nextRow !== height;
  const count = Math.ceil(nextRow / grid.height) * grid.across;
  const all = listCount(description, grid);
  const isWhole = (lists: TiffWriterState['offsets']): boolean =>
    lists.length === all && lists.every((list) => list.length === count);
  if (isBetween || !isWhole(offsets) || !isWhole(byteCounts))
    throw expected(`${count} blocks in each of ${all} planes`, 'the state of a TIFF writer', nextRow);
}
