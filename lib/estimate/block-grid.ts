import { gridCorners, spreadStarts } from '../image/blocks.js';
import type { AnyFrame } from '../image/frame.js';
import type { Periodogram } from '../runtime/native/binding.js';
import { isWhole } from '../image/missing/whole.js';
import { windowOf } from '../image/samples.js';
import type { Scope } from '../runtime/scope.js';
import { settleAll } from '../runtime/settle-all.js';

/** Sides of blocks, larger first: the larger resolve the rings of a wide blur. */
const SIDES: readonly number[] = [256, 128];
/** Blocks with a larger part of samples at 0 or full scale tell of edges that the sensor has cut. */
const MOST_CLIPPED = 0.02;
/** Blocks per cell of a field along an axis, at least: fewer give no curve smooth enough for a fit. */
const BLOCKS_PER_CELL = 4;
const MOST_CELLS = 4;
/** Where pixels are missing, larger blocks are taken where at least so many are whole. */
const ENOUGH_WHOLE = 12;

/** The smallest frame that can be told from, in pixels of its shorter side. */
export const LEAST_SIDE = SIDES.at(-1)!;

/** The sides of a frame, in pixels. */
type FrameSides = Pick<AnyFrame, 'width' | 'height'>;

/** Whether a frame is large enough to tell its blur. */
export const isLargeEnough = ({ width, height }: FrameSides): boolean => Math.min(width, height) >= LEAST_SIDE;

/** Blocks that overlap by half, cell by cell of a grid over the frame. */
export interface BlockGrid {
  readonly side: number;
  readonly columns: number;
  readonly rows: number;
  /** Left and top of the blocks of every cell, row by row of cells. */
  readonly cells: readonly Uint32Array[];
}

/**
 * Blocks without a missing pixel. The frame's sides are at least {@link LEAST_SIDE}.
 * @param valid one byte per pixel, 0 where it is missing; null: none is
 */
export function layOutBlocks(size: FrameSides, valid: Uint8Array | null = null): BlockGrid {
  const grids = sidesOf(size).map((side) => layOut(size, side));
  if (!valid) return grids[0]!;
  const whole = grids.map((grid) => ({
    ...grid,
    cells: grid.cells.map((corners) => wholeCorners(corners, grid.side, size, valid)),
  }));
  return (
    whole.find(({ cells }) => cells.reduce((sum, { length }) => sum + length / 2, 0) >= ENOUGH_WHOLE) ?? whole.at(-1)!
  );
}

/** Those that fit in, larger first. */
export function sidesOf({ width, height }: FrameSides): number[] {
  return SIDES.filter((side) => Math.min(width, height) >= side);
}

function wholeCorners(corners: Uint32Array, side: number, { width }: FrameSides, valid: Uint8Array): Uint32Array {
  const isThere = (block: number): boolean => {
    const [left, top] = [corners[2 * block]!, corners[2 * block + 1]!];
    return isWhole(valid, width, { left, top, width: side, height: side });
  };
  return corners.filter((_, index) => isThere(Math.floor(index / 2)));
}

/** The grid of blocks of a side. */
export function layOut({ width, height }: FrameSides, side: number): BlockGrid {
  const [xs, ys] = [startsAlong(width, side), startsAlong(height, side)];
  const columns = Math.max(1, Math.min(MOST_CELLS, Math.floor(xs.length / BLOCKS_PER_CELL)));
  const rows = Math.max(1, Math.min(MOST_CELLS, Math.floor(ys.length / BLOCKS_PER_CELL)));
  const share = (values: readonly number[], cell: number, count: number): readonly number[] =>
    values.slice(Math.round((values.length * cell) / count), Math.round((values.length * (cell + 1)) / count));
  const cells = Array.from({ length: columns * rows }, (_, cell) =>
    Uint32Array.from(
      gridCorners(share(xs, cell % columns, columns), share(ys, Math.floor(cell / columns), rows)).flat(),
    ),
  );
  return { side, columns, rows, cells };
}

/** From one end of the frame to the other, half a side apart or somewhat less. */
function startsAlong(length: number, side: number): number[] {
  return spreadStarts(length, side, Math.ceil((length - side) / (side / 2)) + 1);
}

/** The spectra of all cells of one channel. */
export async function measureCells(
  scope: Scope,
  frame: AnyFrame,
  channel: number,
  grid: BlockGrid,
): Promise<Periodogram[]> {
  const window = windowOf(frame, frame.data, channel, 0, 0);
  return settleAll(
    grid.cells.map((corners) =>
      scope.call((binding, ticket) => {
        const request = { window, side: grid.side, corners, mostClipped: MOST_CLIPPED };
        return binding.measurePeriodogram(request, scope.isa, ticket);
      }, 1),
    ),
  );
}

/** The mean over all blocks of all cells, summed in their order. */
export function joinSpectra(spectra: readonly Periodogram[]): Periodogram {
  const blocks = spectra.reduce((sum, cell) => sum + cell.blocks, 0);
  const power = new Float64Array(spectra[0]!.power.length);
  for (const cell of spectra)
    cell.power.forEach((value, bin) => {
      power[bin]! += (value * cell.blocks) / Math.max(blocks, 1);
    });
  return { power, blocks };
}
