import { MAX_SIDE } from '../image/frame.js';
import type { AnyFrame, AnyFrameSize, Region } from '../image/frame.js';
import { isWhole } from '../image/missing/whole.js';
import { fullScale } from '../image/samples.js';
import { ArgumentError, ImageError } from '../runtime/errors.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import { requireInteger, requireKnownKeys } from '../runtime/validate.js';
import { measureGradients } from './edges.js';
import type { MetricInput } from './input.js';
import type { MeasuredFrame } from './measured.js';
import { checkMetricOptions, measureMetric } from './metric.js';
import type { Metric, MetricOptions } from './metric.js';
import { measureSlantedEdge } from './slanted-edge.js';
import type { Patch } from './slanted-edge.js';

/** Side of the cells of the addon's gradient statistics, and of the windows looked at, in cells. */
const CELL = 16;
const WINDOW_CELLS = 2;
/** Windows that are measured, the steepest first. */
const MOST_WINDOWS = 400;
/** How much of the gradient's power must point one way: 1 for a single straight edge. */
const MIN_COHERENCE = 0.8;
/** Least and largest side of a region, in pixels. */
const [MIN_REGION, MAX_REGION] = [20, 4096];

/** Options of {@link mtf50} and {@link slantedEdges}. */
export interface Mtf50Options extends MetricOptions {
  /**
   * A part of 20 to 4096 pixels a side that holds one slanted edge and nothing else. By default straight edges are
   * looked for in the whole frame.
   */
  readonly region?: Region;
}

/** What the slanted edges of a frame tell. Frequencies in cycles per pixel. */
export interface SlantedEdges {
  /** Frequency at which the transfer falls to one half; the median of all edges. */
  readonly mtf50: number;
  /** Edges that it comes from. */
  readonly edges: number;
  /** The quartiles of what the edges give. */
  readonly quartiles: readonly [number, number];
}

/**
 * MTF50 in cycles per pixel from slanted edges (ISO 12233), of the luminance; the median of all edges. The edges of a
 * scene are never perfect steps: without a target, compare frames of one scene only. Rejects with ArgumentError, or
 * ImageError where there is no such edge.
 */
export async function mtf50(frame: MetricInput, options: Mtf50Options = {}): Promise<number> {
  return (await slantedEdges(frame, options)).mtf50;
}

/** What {@link mtf50} comes from. Rejects as that does. */
export async function slantedEdges(frame: MetricInput, options: Mtf50Options = {}): Promise<SlantedEdges> {
  checkMetricOptions(options, ['region']);
  return measureMetric(edgesMetric(options.region), [frame], options);
}

/** {@link mtf50}. */
export const mtf50Metric: Metric<number> = {
  name: 'mtf50',
  measure: async (scope, frame) => (await measureEdges(scope, frame)).mtf50,
};

/** {@link slantedEdges}. Throws ArgumentError. */
function edgesMetric(given?: Region): Metric<SlantedEdges> {
  if (given === undefined) return { name: 'mtf50', measure: measureEdges };
  const region = checkRegion(given);
  return {
    name: 'mtf50',
    check: (size) => requireWithin(region, size),
    // Its luminance as float64, and the same turned.
    extraBytes: 2 * 8 * region.width * region.height,
    measure: (scope, frame) => measureRegion(scope, frame, region),
  };
}

async function measureEdges(scope: Scope, measured: MeasuredFrame): Promise<SlantedEdges> {
  const pauses = new Pauses(scope.signal);
  const side = WINDOW_CELLS * CELL;
  const found: number[] = [];
  for (const [left, top] of await findWindows(scope, measured)) {
    const value = await measureSlantedEdge(
      readPatch(measured.brightness, { left, top, width: side, height: side }),
      pauses,
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

function checkRegion(region: Region): Region {
  requireKnownKeys('region', region, ['left', 'top', 'width', 'height']);
  return {
    left: requireInteger('region.left', region.left, 0, MAX_SIDE - 1),
    top: requireInteger('region.top', region.top, 0, MAX_SIDE - 1),
    width: requireInteger('region.width', region.width, MIN_REGION, MAX_REGION),
    height: requireInteger('region.height', region.height, MIN_REGION, MAX_REGION),
  };
}

function requireWithin({ left, top, width, height }: Region, frame: AnyFrameSize): void {
  if (left + width <= frame.width && top + height <= frame.height) return;
  throw new ArgumentError(
    `region ${width}x${height} at ${left},${top} is not within the frame of ${frame.width}x${frame.height} pixels`,
  );
}

async function measureRegion({ signal }: Scope, measured: MeasuredFrame, region: Region): Promise<SlantedEdges> {
  const { left, top, width, height } = region;
  if (!isWhole(measured.valid, measured.frame.width, region))
    throw new ImageError(
      'IMAGE_INVALID',
      `The region ${width}x${height} at ${left},${top} has pixels that are missing`,
    );
  const value = await measureSlantedEdge(readPatch(measured.brightness, region), new Pauses(signal));
  if (typeof value === 'string')
    throw new ImageError('IMAGE_INVALID', `The region ${width}x${height} at ${left},${top} has no MTF50: ${value}`);
  return { mtf50: value, edges: 1, quartiles: [value, value] };
}

/** Corners of windows, apart from each other, whose gradients point one way. */
async function findWindows(scope: Scope, measured: MeasuredFrame): Promise<readonly (readonly [number, number])[]> {
  const { frame, valid } = measured;
  const { cells } = await measureGradients(scope, measured);
  const [columns, rows] = [Math.floor(frame.width / CELL), Math.floor(frame.height / CELL)];
  const powers = new Float64Array(columns * rows);
  const candidates: number[] = [];
  for (let row = 0; row + WINDOW_CELLS <= rows; row += 1) {
    for (let column = 0; column + WINDOW_CELLS <= columns; column += 1) {
      const [xx, yy, xy] = sumCells(cells, columns, column, row);
      const power = xx + yy;
      if (!(power > 0 && Math.hypot(xx - yy, 2 * xy) > MIN_COHERENCE * power)) continue;
      const cell = row * columns + column;
      powers[cell] = power;
      candidates.push(cell);
    }
  }
  candidates.sort((a, b) => powers[b]! - powers[a]! || a - b);
  const taken = new Set<number>();
  const chosen: (readonly [number, number])[] = [];
  for (const cell of candidates) {
    if (chosen.length === MOST_WINDOWS) break;
    if ([-1, 1, -columns, columns].some((step) => taken.has(cell + step))) continue;
    const [left, top] = [(cell % columns) * CELL, Math.floor(cell / columns) * CELL];
    if (!isWhole(valid, frame.width, { left, top, width: WINDOW_CELLS * CELL, height: WINDOW_CELLS * CELL })) continue;
    taken.add(cell);
    chosen.push([left, top]);
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
