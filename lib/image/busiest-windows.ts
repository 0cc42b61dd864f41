import type { AnyFrame, Region } from './frame.js';
import { rgbBands } from './planes.js';
import { fullScale } from './samples.js';

/** Side of the cells in which gradients are summed; windows begin at their corners. */
const CELL = 32;
/** Samples above this part of full scale may be clipped. */
const CLIPPED = 0.98;
/** A window with this part of clipped pixels is not used. */
const MOST_CLIPPED = 0.05;

/** The window of a size with the highest energy of gradients, among those with few clipped pixels. */
export function busiestWindow(frame: AnyFrame, width: number, height: number): Region {
  return busiestWindows(frame, width, height, 1)[0]!;
}

/**
 * Several that do not overlap, the best first; fewer where there is no room for more.
 * @param valid one byte per pixel, 0 where it is missing, which counts as clipped; null: none is
 */
export function busiestWindows(
  frame: AnyFrame,
  width: number,
  height: number,
  count: number,
  valid: Uint8Array | null = null,
): Region[] {
  if (width >= frame.width && height >= frame.height)
    return [{ left: 0, top: 0, width: frame.width, height: frame.height }];
  const cells = sumCells(frame, valid);
  const regions = corners(frame.height, height).flatMap((top) =>
    corners(frame.width, width).map((left) => ({ left, top, width, height })),
  );
  const ranked = regions.map((region) => ({ region, score: scoreOf(cells, region) })).sort((a, b) => b.score - a.score);
  const chosen: Region[] = [];
  for (const { region } of ranked) {
    if (chosen.length === count) break;
    if (chosen.every(({ left, top }) => Math.abs(left - region.left) >= width || Math.abs(top - region.top) >= height))
      chosen.push(region);
  }
  return chosen;
}

function corners(length: number, side: number): number[] {
  const count = Math.ceil((length - side) / CELL);
  return Array.from({ length: count + 1 }, (_, index) => Math.min(index * CELL, length - side));
}

interface Cells {
  readonly columns: number;
  readonly energy: Float64Array;
  readonly clipped: Float64Array;
}

/** Sums over cells of the squared differences of neighbours, and of clipped pixels, in the middle colour. */
function sumCells(frame: AnyFrame, valid: Uint8Array | null): Cells {
  const { width, height, channels, data } = frame;
  const channel = rgbBands(frame)[0]?.[1] ?? 0;
  const columns = Math.ceil(width / CELL);
  const [energy, clipped] = [
    new Float64Array(columns * Math.ceil(height / CELL)),
    new Float64Array(columns * Math.ceil(height / CELL)),
  ];
  const limit = CLIPPED * fullScale(frame);
  for (let y = 1; y < height; y += 1) {
    for (let x = 1; x < width; x += 1) {
      const pixel = y * width + x;
      const isMissing = valid && (valid[pixel] === 0 || valid[pixel - 1] === 0 || valid[pixel - width] === 0);
      const index = pixel * channels + channel;
      const value = data[index]!;
      const [dx, dy] = [value - data[index - channels]!, value - data[index - width * channels]!];
      const cell = Math.floor(y / CELL) * columns + Math.floor(x / CELL);
      const change = dx * dx + dy * dy;
      if (value >= limit || isMissing) clipped[cell]! += 1;
      else if (change < Infinity) energy[cell]! += change;
    }
  }
  return { columns, energy, clipped };
}

function scoreOf({ columns, energy, clipped }: Cells, { left, top, width, height }: Region): number {
  let [sum, lost] = [0, 0];
  for (let row = Math.floor(top / CELL); row < Math.floor((top + height) / CELL); row += 1) {
    for (let column = Math.floor(left / CELL); column < Math.floor((left + width) / CELL); column += 1) {
      sum += energy[row * columns + column]!;
      lost += clipped[row * columns + column]!;
    }
  }
  return sum * Math.max(0, 1 - lost / (MOST_CLIPPED * width * height));
}
