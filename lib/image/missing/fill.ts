import { garbage } from '../../runtime/garbage.js';
import type { Pauses } from '../../runtime/pauses.js';
import { copySamples, frameBytes } from '../frame.js';
import type { AnyFrame, AnyFrameSize } from '../frame.js';
import { colourPlanes } from '../planes.js';
import { typeScale } from '../samples.js';
import type { RowWindow } from '../stored.js';
import { curveEdges } from './curve.js';
import type { Plane } from './curve.js';

/** Sweeps of Gauss and Seidel at each scale: the scale before has settled what is coarser. */
const SWEEPS = 12;

/**
 * Rows that are filled at a time, and those above and below that are looked at meanwhile: so that what fills a row
 * depends on some rows around it alone, and windows of a frame are filled as the whole frame is.
 */
const [BAND_ROWS, CONTEXT_ROWS] = [256, 128];

/** The row before which those end that are filled together with a row. */
export const bandEnd = (row: number): number => row - (row % BAND_ROWS) + BAND_ROWS;

/** The rows of a frame that are looked at when those from `row` on to the end of their band are filled. */
export function contextOf(row: number, height: number): RowWindow {
  const end = bandEnd(row);
  const top = Math.max(0, end - BAND_ROWS - CONTEXT_ROWS);
  return { top, count: Math.min(height, end + CONTEXT_ROWS) - top };
}

/** Rows of the most that are looked at. */
const MOST_ROWS = BAND_ROWS + 2 * CONTEXT_ROWS;

/** Bytes that filling takes besides the filled frame. */
export function fillBytes({ width, height }: Pick<AnyFrame, 'width' | 'height'>): number {
  const rows = Math.min(height, MOST_ROWS);
  // Values and marks of the plane, and of all scales below it, which add a third; sides are rounded up.
  return Math.ceil(((4 + 1) * width * rows * 4) / 3) + 64 * (width + rows);
}

/** Bytes that filling a window takes besides, where it must read rows beyond its edges. */
export function contextBytes(size: AnyFrameSize): number {
  return frameBytes({ ...size, height: Math.min(size.height, MOST_ROWS) }) + size.width * MOST_ROWS;
}

/** Some rows, and which of their pixels are there. */
export interface KnownRows {
  readonly frame: AnyFrame;
  readonly valid: Uint8Array | null;
}

/** Where a window lies in a frame, and how rows beyond it are read. */
export interface FrameWindow {
  readonly top: number;
  /** Rows of the whole frame. */
  readonly height: number;
  readonly readRows: (rows: RowWindow) => Promise<KnownRows>;
}

/** How missing pixels beside others continue them: by their level alone, or also by their slopes and curvatures. */
export type Continuation = 'level' | 'curved';

/**
 * A copy of a frame whose missing pixels continue the others without an edge: each is the mean of its neighbours, as
 * a membrane that is held by the pixels that are there (Laplace's equation), solved from coarse to fine.
 * @param window where it is a part of a frame
 */
export async function fillMissing(
  frame: AnyFrame,
  valid: Uint8Array,
  pauses: Pauses,
  window: FrameWindow = { top: 0, height: frame.height, readRows: () => Promise.resolve({ frame, valid }) },
  continuation: Continuation = 'level',
): Promise<AnyFrame> {
  const data = copySamples(frame.data);
  const end = window.top + frame.height;
  for (let band = window.top - (window.top % BAND_ROWS); band < end; band += BAND_ROWS) {
    const [first, last] = [Math.max(window.top, band), Math.min(end, bandEnd(band))];
    const [from, to] = [(first - window.top) * frame.width, (last - window.top) * frame.width];
    if (!valid.subarray(from, to).includes(0)) continue;
    const rows = contextOf(band, window.height);
    const known = await knownRows({ frame, valid }, window, rows);
    const target = data.subarray(from * frame.channels, to * frame.channels);
    await fillRows(known, first - rows.top, target, continuation, pauses);
  }
  return { ...frame, data } as AnyFrame;
}

/** Rows of the frame: those of the window, or read again where it does not have them all. */
async function knownRows(held: KnownRows, window: FrameWindow, { top, count }: RowWindow): Promise<KnownRows> {
  const { frame, valid } = held;
  const start = top - window.top;
  if (start < 0 || start + count > frame.height) return await window.readRows({ top, count });
  const [from, to] = [start * frame.width, (start + count) * frame.width];
  const data = frame.data.subarray(from * frame.channels, to * frame.channels);
  return { frame: { ...frame, height: count, data } as AnyFrame, valid: valid!.subarray(from, to) };
}

/** Fills some rows. @param first row of the known ones that is the first of the target */
async function fillRows(
  { frame, valid }: KnownRows,
  first: number,
  target: AnyFrame['data'],
  continuation: Continuation,
  pauses: Pauses,
): Promise<void> {
  if (!valid) return;
  const { width, height, channels } = frame;
  const most = frame.depth === 32 ? Infinity : typeScale(frame);
  const values = new Float32Array(width * height);
  for (let band = 0; band < colourPlanes(frame); band += 1) {
    for (let pixel = 0; pixel < values.length; pixel += 1)
      values[pixel] = valid[pixel] === 0 ? 0 : frame.data[pixel * channels + band]!;
    await pauses.take();
    const plane = { width, height, values, known: valid };
    await solve(plane, pauses);
    if (continuation === 'curved') await curveEdges(plane, pauses);
    const isWhole = most !== Infinity;
    for (let pixel = first * width, at = band; at < target.length; pixel += 1, at += channels) {
      if (valid[pixel] === 0)
        target[at] = isWhole ? Math.round(Math.min(most, Math.max(0, values[pixel]!))) : values[pixel]!;
    }
    garbage.add(fillBytes(frame) - values.byteLength);
    garbage.settle(() => {});
    await pauses.take();
  }
  garbage.add(values.byteLength);
}

/** Finds the values that are not known. */
async function solve(level: Plane, pauses: Pauses): Promise<void> {
  if (pauses.isDue) await pauses.take();
  if (!level.known.includes(0)) return;
  const coarse = shrink(level);
  if (level.width > 1 || level.height > 1) await solve(coarse, pauses);
  spread(coarse, level);
  const spans = spansOf(level);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    if (pauses.isDue) await pauses.take();
    relax(level, spans);
  }
}

/** The first and the last unknown value of each row; -1 as the last where all are known. */
function spansOf({ width, height, known }: Plane): Int32Array {
  const spans = new Int32Array(2 * height);
  for (let y = 0; y < height; y += 1) {
    const row = known.subarray(y * width, (y + 1) * width);
    spans[2 * y] = row.indexOf(0);
    spans[2 * y + 1] = row.lastIndexOf(0);
  }
  return spans;
}

/** Half as large: means of the known values of two by two. */
function shrink({ width, height, values, known }: Plane): Plane {
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const coarse = {
    width: columns,
    height: rows,
    values: new Float32Array(columns * rows),
    known: new Uint8Array(columns * rows),
  };
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      let [sum, count] = [0, 0];
      for (let y = 2 * row; y < Math.min(height, 2 * row + 2); y += 1) {
        for (let x = 2 * column; x < Math.min(width, 2 * column + 2); x += 1) {
          if (known[y * width + x] === 0) continue;
          sum += values[y * width + x]!;
          count += 1;
        }
      }
      if (count === 0) continue;
      coarse.values[row * columns + column] = sum / count;
      coarse.known[row * columns + column] = 1;
    }
  }
  return coarse;
}

/** A first guess of what is not known, from half the size. */
function spread(coarse: Plane, { width, height, values, known }: Plane): void {
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * width + x;
      if (known[at] === 0) values[at] = coarse.values[(y >> 1) * coarse.width + (x >> 1)]!;
    }
  }
}

/** Each unknown value becomes the mean of its neighbours; at a side of the frame there are fewer. */
function relax({ width, height, values, known }: Plane, spans: Int32Array): void {
  for (let y = 0; y < height; y += 1) {
    const [first, last] = [spans[2 * y]!, spans[2 * y + 1]!];
    for (let x = Math.max(0, first); x <= last; x += 1) {
      const at = y * width + x;
      if (known[at] !== 0) continue;
      let [sum, count] = [0, 0];
      if (x > 0) [sum, count] = [sum + values[at - 1]!, count + 1];
      if (x + 1 < width) [sum, count] = [sum + values[at + 1]!, count + 1];
      if (y > 0) [sum, count] = [sum + values[at - width]!, count + 1];
      if (y + 1 < height) [sum, count] = [sum + values[at + width]!, count + 1];
      if (count > 0) values[at] = sum / count;
    }
  }
}
