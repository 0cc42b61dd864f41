import { setImmediate } from 'node:timers/promises';
import { orAbort } from '../runtime/abort.js';
import { fullScale } from '../image/samples.js';
import { ArgumentError, ImageError } from '../runtime/errors.js';
import type { AnyFrame, Region } from '../image/frame.js';
import { requireInteger, requireKnownKeys } from '../runtime/validate.js';
import { readInput } from './input.js';
import type { MetricInput } from './input.js';
import { openContext } from './options.js';
import type { MetricContext, MetricOptions } from './options.js';
import { measureSlantedEdge } from './slanted-edge.js';
import type { Patch } from './slanted-edge.js';

/** Side of the cells of the addon's gradient statistics, and of the windows looked at, in cells. */
const CELL = 16;
const WINDOW_CELLS = 2;
/** Windows that are measured, the steepest first. */
const MOST_WINDOWS = 400;
/** How much of the gradient's power must point one way: 1 for a single straight edge. */
const MIN_COHERENCE = 0.8;
/** Windows measured between two turns of the event loop. */
const WINDOWS_A_TURN = 8;
/** Least side of a region. */
const MIN_REGION = 20;

export interface Mtf50Options extends MetricOptions {
  /** A part that holds one slanted edge and nothing else. By default straight edges are looked for in the whole frame. */
  readonly region?: Region;
}

export interface Mtf50 {
  /** Frequency at which the transfer falls to one half, in cycles per pixel; the median of all edges. */
  readonly mtf50: number;
  /** Edges that it comes from, and the quartiles of what they give. */
  readonly edges: number;
  readonly quartiles: readonly [number, number];
}

/**
 * MTF50 from slanted edges (ISO 12233), of the luminance. The edges of a scene are never perfect steps: without a target,
 * compare frames of one scene only. Rejects with ArgumentError, or ImageError where there is no such edge.
 */
export async function mtf50(frame: MetricInput, options: Mtf50Options = {}): Promise<Mtf50> {
  const context = openContext(options, ['region']);
  return measureMtf50(await readInput('frame', frame, context), context, options.region);
}

/** {@link mtf50} of a frame that was checked. */
export async function measureMtf50(frame: AnyFrame, context: MetricContext, region?: Region): Promise<Mtf50> {
  if (region !== undefined) return measureRegion(frame, region);
  const found: number[] = [];
  for (const [index, [left, top]] of (await findWindows(frame, context)).entries()) {
    if (index % WINDOWS_A_TURN === WINDOWS_A_TURN - 1) await setImmediate(undefined, { signal: context.signal });
    const value = measureSlantedEdge(
      readPatch(frame, { left, top, width: WINDOW_CELLS * CELL, height: WINDOW_CELLS * CELL }),
    );
    if (typeof value === 'number') found.push(value);
  }
  if (found.length === 0)
    throw new ImageError(
      'IMAGE_INVALID',
      'MTF50 needs a straight slanted edge between even sides, and none was found; name a region that holds one',
    );
  found.sort((a, b) => a - b);
  const at = (part: number): number => found[Math.round(part * (found.length - 1))]!;
  return { mtf50: at(0.5), edges: found.length, quartiles: [at(0.25), at(0.75)] };
}

function measureRegion(frame: AnyFrame, region: Region): Mtf50 {
  requireKnownKeys('region', region, ['left', 'top', 'width', 'height']);
  const left = requireInteger('region.left', region.left, 0, frame.width - 1);
  const top = requireInteger('region.top', region.top, 0, frame.height - 1);
  const width = requireInteger('region.width', region.width, MIN_REGION, 4096);
  const height = requireInteger('region.height', region.height, MIN_REGION, 4096);
  if (left + width > frame.width || top + height > frame.height) {
    throw new ArgumentError(
      `region ${width}x${height} at ${left},${top} is not within the frame of ${frame.width}x${frame.height} pixels`,
    );
  }
  const value = measureSlantedEdge(readPatch(frame, { left, top, width, height }));
  if (typeof value === 'string')
    throw new ImageError('IMAGE_INVALID', `The region ${width}x${height} at ${left},${top} has no MTF50: ${value}`);
  return { mtf50: value, edges: 1, quartiles: [value, value] };
}

/** Corners of windows, apart from each other, whose gradients point one way. */
async function findWindows(
  frame: AnyFrame,
  { binding, machine, signal }: MetricContext,
): Promise<readonly (readonly [number, number])[]> {
  const { cells } = await orAbort(binding.measureEdges(frame, machine), signal);
  const [columns, rows] = [Math.floor(frame.width / CELL), Math.floor(frame.height / CELL)];
  const candidates: { readonly column: number; readonly row: number; readonly power: number }[] = [];
  for (let row = 0; row + WINDOW_CELLS <= rows; row += 1) {
    for (let column = 0; column + WINDOW_CELLS <= columns; column += 1) {
      const [xx, yy, xy] = sumCells(cells, columns, column, row);
      const power = xx + yy;
      if (power > 0 && Math.hypot(xx - yy, 2 * xy) > MIN_COHERENCE * power) candidates.push({ column, row, power });
    }
  }
  candidates.sort((a, b) => b.power - a.power || a.row - b.row || a.column - b.column);
  const taken = new Set<number>();
  const chosen: (readonly [number, number])[] = [];
  for (const { column, row } of candidates) {
    if (chosen.length === MOST_WINDOWS) break;
    const cell = row * columns + column;
    if ([-1, 1, -columns, columns].some((step) => taken.has(cell + step))) continue;
    taken.add(cell);
    chosen.push([column * CELL, row * CELL]);
  }
  return chosen;
}

function sumCells(
  cells: Float64Array,
  columns: number,
  column: number,
  row: number,
): readonly [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  for (let cell = 0; cell < WINDOW_CELLS ** 2; cell += 1) {
    const first = 3 * ((row + Math.floor(cell / WINDOW_CELLS)) * columns + column + (cell % WINDOW_CELLS));
    for (const part of [0, 1, 2] as const) sums[part] += cells[first + part]!;
  }
  return sums;
}

function readPatch(frame: AnyFrame, { left, top, width, height }: Region): Patch {
  const { channels, data: samples } = frame;
  const full = fullScale(frame);
  const data = new Float64Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const first = ((top + y) * frame.width + left + x) * channels;
      const level =
        channels < 3
          ? samples[first]!
          : 0.299 * samples[first]! + 0.587 * samples[first + 1]! + 0.114 * samples[first + 2]!;
      data[y * width + x] = level / full;
    }
  }
  return { width, height, data };
}
