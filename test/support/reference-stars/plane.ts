import { fullScale } from '../../../lib/image/samples.js';
import { colourPlanes } from '../../../lib/image/planes.js';
import { luminanceOf } from '../../../lib/image/luminance.js';
import type { AnyFrame } from '../../../lib/image/frame.js';

/** Samples from this part of full scale on may be cut off: real 8-bit sensors end at 249 to 255. */
export const DEFAULT_SATURATION = 0.97;

/** The brightness of a frame above its background, in parts of full scale. */
export interface StarPlane {
  readonly width: number;
  readonly height: number;
  /** Background subtracted. */
  readonly data: Float32Array;
  /** 1 where a pixel tells nothing: saturated in any colour, or no number. */
  readonly invalid: Uint8Array;
  /** Standard deviation of the dark sky. */
  readonly sigma: number;
  /** Level of the dark sky, the median of its blocks. */
  readonly background: number;
}

/** Side of the blocks in which the background is measured (star-sensor C). */
const BLOCK = 64;
/** Rounding alone gives this much of one count. */
const ROUNDING = Math.sqrt(1 / 12);
/** The sky of a block where the median absolute deviation is rounded to 0: what remains after clipping at so many deviations. */
const CLIP = 4;
/** Samples of a block that its median is taken of. */
const SAMPLES = 1024;

/** The brightness plane of a frame, its background taken off block by block. @param saturation part of full scale */
export async function readPlane(frame: AnyFrame, saturation: number): Promise<StarPlane> {
  const { width, height } = frame;
  const grey = await luminanceOf(frame);
  const scale = grey.depth === 32 ? 1 : 1 / fullScale(grey);
  const data = new Float32Array(width * height);
  for (let pixel = 0; pixel < data.length; pixel += 1) data[pixel] = scale * grey.data[pixel * grey.channels]!;
  const invalid = findInvalid(frame, saturation);
  const count = frame.depth === 32 ? 0 : 1 / fullScale(frame);
  const blocks = measureBlocks(width, height, data, invalid, count);
  subtractBackground(width, height, data, blocks);
  return { width, height, data, invalid, sigma: median(blocks.sigmas), background: median(blocks.levels) };
}

function findInvalid(frame: AnyFrame, saturation: number): Uint8Array {
  const { data, channels, width, height } = frame;
  const invalid = new Uint8Array(width * height);
  const limit = saturation * fullScale(frame);
  const colours = colourPlanes(frame);
  for (let pixel = 0; pixel < invalid.length; pixel += 1) {
    for (let colour = 0; colour < colours; colour += 1) {
      if (!(data[pixel * channels + colour]! < limit)) invalid[pixel] = 1;
    }
  }
  return invalid;
}

interface Blocks {
  readonly columns: number;
  readonly rows: number;
  readonly levels: Float64Array;
  readonly sigmas: Float64Array;
}

function measureBlocks(width: number, height: number, data: Float32Array, invalid: Uint8Array, count: number): Blocks {
  const [columns, rows] = [Math.max(1, Math.round(width / BLOCK)), Math.max(1, Math.round(height / BLOCK))];
  const [levels, sigmas] = [new Float64Array(columns * rows), new Float64Array(columns * rows)];
  for (let block = 0; block < levels.length; block += 1) {
    const [column, row] = [block % columns, Math.floor(block / columns)];
    const [left, right] = [Math.floor((column * width) / columns), Math.floor(((column + 1) * width) / columns)];
    const [top, bottom] = [Math.floor((row * height) / rows), Math.floor(((row + 1) * height) / rows)];
    const area = (right - left) * (bottom - top);
    // A step that shares no factor with the width, so that columns are met evenly.
    const step = Math.max(1, Math.floor(area / SAMPLES) | 1);
    const [values, all]: [number[], number[]] = [[], []];
    for (let index = 0; index < area; index += step) {
      const pixel = (top + Math.floor(index / (right - left))) * width + left + (index % (right - left));
      all.push(data[pixel]!);
      if (invalid[pixel] === 0) values.push(data[pixel]!);
    }
    // A block that is saturated all over is its own background.
    [levels[block], sigmas[block]] = measureSky(
      Float64Array.from(values.length > 0 ? values : all.filter(Number.isFinite)),
      count,
    );
  }
  return { columns, rows, levels, sigmas };
}

/** Level and standard deviation of the sky among samples with stars. @param count what one count is */
function measureSky(values: Float64Array, count: number): [number, number] {
  if (values.length === 0) return [0, count * ROUNDING];
  const level = median(values);
  const spread = 1.4826 * median(values.map((value) => Math.abs(value - level)));
  if (spread > count) return [level, spread];
  // Few counts: medians are rounded to whole ones, means are not.
  let [mean, sigma] = [level, Math.max(spread, count)];
  for (let pass = 0; pass < 4; pass += 1) {
    const kept = values.filter((value) => Math.abs(value - mean) <= CLIP * Math.max(sigma, count / 2));
    if (kept.length === 0) break;
    mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
    sigma = Math.sqrt(kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / kept.length);
  }
  return [mean, Math.max(sigma, count * ROUNDING)];
}

/** Interpolated between the middles of blocks, the outermost beyond them. */
function subtractBackground(
  width: number,
  height: number,
  data: Float32Array,
  { columns, rows, levels }: Blocks,
): void {
  const place = (index: number, side: number, count: number): [number, number, number] => {
    const position = Math.min(count - 1, Math.max(0, ((index + 0.5) * count) / side - 0.5));
    const low = Math.min(count - 1, Math.floor(position));
    return [low, Math.min(count - 1, low + 1), position - low];
  };
  const across = Array.from({ length: width }, (_, x) => place(x, width, columns));
  const [left, right, share] = [0, 1, 2].map((part) => Float64Array.from(across, (one) => one[part]!)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let y = 0; y < height; y += 1) {
    const [up, down, fy] = place(y, height, rows);
    const line = Float64Array.from(
      { length: columns },
      (_, column) => (1 - fy) * levels[up * columns + column]! + fy * levels[down * columns + column]!,
    );
    for (let x = 0; x < width; x += 1) {
      data[y * width + x]! -= (1 - share[x]!) * line[left[x]!]! + share[x]! * line[right[x]!]!;
    }
  }
}

export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
