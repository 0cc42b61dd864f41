import type { AnyFrame } from '../../image/frame.js';
import { rgbBands } from '../../image/planes.js';

/** Side of JPEG's blocks (ITU-T T.81). */
export const SIDE = 8;
/** Blocks whose coefficients are taken; more would tell no more. */
const MOST_BLOCKS = 2000;
/** Rows, and columns, that tell where blocks begin. */
const MOST_LINES = 96;
/** The most that a sample can be. */
const MOST = 255;
/** What is taken off samples before they are transformed. */
const MIDDLE = 128;
/** What samples of 8 bits are multiplied by where they are stored in 16. */
const WIDENING = [257, 256];
/** Samples that are looked at for that, about; more would tell no more. */
const MOST_SAMPLES = 2 ** 20;
/** ITU-R BT.601, as JPEG has it. */
const RED_GREEN_BLUE = [0.299, 0.587, 0.114];

/** The brightness of a pixel in steps of 8 bits, as an encoder has computed it; NaN where a sample is cut off. */
type Brightness = (x: number, y: number) => number;

/** Where the blocks of a frame begin, in pixels from its corner. */
export type GridStart = readonly [x: number, y: number];

/** Coefficients of many blocks: 64 after one another, row by row from the mean of a block. */
export interface Coefficients {
  readonly blocks: number;
  readonly values: Float32Array;
}

/** What a step of 8 bits is in samples of a frame: 1, or more in a copy in 16 bits; null where it holds none of 8. */
export function stepOf8Bits({ depth, data }: AnyFrame): number | null {
  if (depth !== 16) return depth === 8 ? 1 : null;
  const stride = Math.ceil(data.length / MOST_SAMPLES);
  const isMultipleOf = (factor: number): boolean => {
    for (let index = 0; index < data.length; index += stride) if (data[index]! % factor !== 0) return false;
    return true;
  };
  return WIDENING.find(isMultipleOf) ?? null;
}

/** What an encoder took for the brightness of a frame. @param step what a step of 8 bits is in its samples */
export function brightnessOf(frame: AnyFrame, step: number): Brightness {
  const { width, channels, data } = frame;
  const [bands = [0]] = rgbBands(frame);
  const weights = bands.length === 3 ? RED_GREEN_BLUE : [1];
  return (x, y) => {
    const first = (y * width + x) * channels;
    let sum = 0;
    for (let band = 0; band < bands.length; band += 1) {
      const sample = data[first + bands[band]!]! / step;
      sum += sample > 0 && sample < MOST ? weights[band]! * sample : NaN;
    }
    return sum;
  };
}

/** Where blocks begin, should there be any: where neighbours differ most from what both sides go on with. */
export function findGrid({ width, height }: AnyFrame, brightness: Brightness): GridStart {
  const across = findStart(width, height, brightness);
  const down = findStart(height, width, (along, line) => brightness(line, along));
  return [across, down];
}

function findStart(length: number, lines: number, brightness: Brightness): number {
  const jumps = new Float64Array(SIDE);
  const step = Math.max(1, Math.floor(lines / MOST_LINES));
  for (let line = step >> 1; line < lines; line += step) {
    let [before, last, next] = [brightness(0, line), brightness(1, line), brightness(2, line)];
    for (let at = 2; at + 1 < length; at += 1) {
      const after = brightness(at + 1, line);
      const jump = Math.abs(3 * (next - last) - (after - before));
      if (jump >= 0) jumps[at % SIDE]! += jump;
      [before, last, next] = [last, next, after];
    }
  }
  return jumps.indexOf(Math.max(...jumps));
}

/** Rows of cosines: of every frequency at every place. */
const COSINES = Float64Array.from({ length: SIDE ** 2 }, (_, index) => {
  const [frequency, place] = [Math.floor(index / SIDE), index % SIDE];
  const scale = frequency === 0 ? Math.sqrt(1 / SIDE) : Math.sqrt(2 / SIDE);
  return scale * Math.cos(((2 * place + 1) * frequency * Math.PI) / (2 * SIDE));
});

/** Coefficients of blocks all over a frame, but of none with a sample that is cut off at black or white. */
export function readCoefficients(frame: AnyFrame, brightness: Brightness, [left, top]: GridStart): Coefficients {
  const [columns, rows] = [Math.floor((frame.width - left) / SIDE), Math.floor((frame.height - top) / SIDE)];
  const count = Math.min(columns * rows, MOST_BLOCKS);
  const values = new Float32Array(count * SIDE ** 2);
  const block = new Float64Array(SIDE ** 2);
  let blocks = 0;
  for (let index = 0; index < count; index += 1) {
    const place = Math.floor((index * columns * rows) / count);
    const [x, y] = [left + SIDE * (place % columns), top + SIDE * Math.floor(place / columns)];
    for (let at = 0; at < block.length; at += 1) block[at] = brightness(x + (at % SIDE), y + (at >> 3));
    if (block.some(Number.isNaN)) continue;
    transform(block, values.subarray(blocks * SIDE ** 2, (blocks + 1) * SIDE ** 2));
    blocks += 1;
  }
  return { blocks, values };
}

function transform(block: Float64Array, coefficients: Float32Array): void {
  const across = new Float64Array(SIDE ** 2);
  for (let index = 0; index < across.length; index += 1) {
    const [y, u] = [index >> 3, index % SIDE];
    for (let x = 0; x < SIDE; x += 1) across[index]! += COSINES[u * SIDE + x]! * (block[y * SIDE + x]! - MIDDLE);
  }
  for (let index = 0; index < across.length; index += 1) {
    const [v, u] = [index >> 3, index % SIDE];
    let sum = 0;
    for (let y = 0; y < SIDE; y += 1) sum += COSINES[v * SIDE + y]! * across[y * SIDE + u]!;
    coefficients[index] = sum;
  }
}
