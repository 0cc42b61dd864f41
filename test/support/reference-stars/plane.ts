import type { AnyFrame } from '../../../lib/index.js';
import { EVEN_NOISE } from '../../../lib/stars/measure/noise-map.js';
import type { StarPlane } from '../../../lib/stars/measure/plane.js';

/**
 * The sky by star-sensor C.1: medians of blocks of about 64x64 pixels, sigma = 1.4826 times the median absolute
 * deviation. Written from that sentence, pixel by pixel, with every median taken by sorting.
 */
export function readPlane(frame: AnyFrame, saturation: number): StarPlane {
  const { width, height } = frame;
  const full = frame.depth === 32 ? 1 : frame.depth === 16 ? 65_535 : 255;
  const pixels = Array.from({ length: width * height }, (_, index) => coloursOf(frame, index));
  const grey = Float32Array.from(pixels, (colours) => brightness(colours) / full);
  // Also what is no number is not below the limit.
  const invalid = Uint8Array.from(pixels, (colours) => (colours.every((value) => value < saturation * full) ? 0 : 1));
  const across = cutSide(width);
  const down = cutSide(height);
  const oneCount = frame.depth === 32 ? 0 : 1 / full;
  const skies = down.map((rows) => across.map((columns) => skyOf(grey, invalid, width, columns, rows, oneCount)));
  const levels = skies.map((row) => row.map(({ level }) => level));
  const data = grey.map((value, index) => {
    const level = interpolate(levels, index % width, Math.floor(index / width), width, height);
    return value - level;
  });
  const sigma = middleOf(skies.flat().map((sky) => sky.sigma));
  return { width, height, data, invalid, sigma, noise: EVEN_NOISE, background: middleOf(levels.flat()) };
}

/** One sample, or red, green and blue; alpha is no colour. */
function coloursOf({ data, channels }: AnyFrame, pixel: number): number[] {
  return Array.from(data.subarray(pixel * channels, pixel * channels + (channels < 3 ? 1 : 3)));
}

/** ITU-R BT.601. */
const brightness = (colours: readonly number[]): number =>
  colours.length === 1 ? colours[0]! : 0.299 * colours[0]! + 0.587 * colours[1]! + 0.114 * colours[2]!;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Parts of a side that are as near to 64 pixels as parts of about equal length can be. */
function cutSide(side: number): Span[] {
  const parts = Math.max(1, Math.round(side / 64));
  return Array.from({ length: parts }, (_, part) => ({
    from: Math.floor((part * side) / parts),
    to: Math.floor(((part + 1) * side) / parts),
  }));
}

function skyOf(
  grey: Float32Array,
  invalid: Uint8Array,
  width: number,
  columns: Span,
  rows: Span,
  oneCount: number,
): { readonly level: number; readonly sigma: number } {
  const block: number[] = [];
  for (let y = rows.from; y < rows.to; y += 1)
    for (let x = columns.from; x < columns.to; x += 1) block.push(y * width + x);
  // About 1024 samples stand for a block, an odd number of pixels apart.
  const apart = Math.floor(block.length / 1024) | 1;
  const seen = block.filter((_, index) => index % apart === 0);
  const valid = seen.filter((pixel) => invalid[pixel] === 0);
  // A block that is saturated all over is its own sky.
  const samples = (valid.length > 0 ? valid : seen).map((pixel) => grey[pixel]!).filter(Number.isFinite);
  const rounding = oneCount / Math.sqrt(12);
  if (samples.length === 0) return { level: 0, sigma: rounding };
  const level = middleOf(samples);
  const sigma = 1.4826 * middleOf(samples.map((value) => Math.abs(value - level)));
  if (sigma > oneCount) return { level, sigma };
  const clipped = clip(samples, level, Math.max(sigma, oneCount), oneCount, 4);
  return { level: clipped.level, sigma: Math.max(clipped.sigma, rounding) };
}

/** Mean and deviation of what is within 4 sigma: where noise is about a count, a median cannot tell its parts. */
function clip(
  samples: readonly number[],
  level: number,
  sigma: number,
  oneCount: number,
  times: number,
): { readonly level: number; readonly sigma: number } {
  const near = samples.filter((value) => Math.abs(value - level) <= 4 * Math.max(sigma, oneCount / 2));
  if (times === 0 || near.length === 0) return { level, sigma };
  const mean = meanOf(near);
  return clip(samples, mean, Math.sqrt(meanOf(near.map((value) => (value - mean) ** 2))), oneCount, times - 1);
}

/** Bilinear between the middles of blocks; beyond the outermost middles their level goes on. */
function interpolate(levels: readonly number[][], x: number, y: number, width: number, height: number): number {
  const columns = levels[0]!.length;
  const rows = levels.length;
  const along = (row: readonly number[]): number => between(row, ((x + 0.5) * columns) / width - 0.5);
  return between(levels.map(along), ((y + 0.5) * rows) / height - 0.5);
}

/** A list of values read at a place between its indices. */
function between(values: readonly number[], place: number): number {
  const inside = Math.min(values.length - 1, Math.max(0, place));
  const [before, after] = [values[Math.floor(inside)]!, values[Math.ceil(inside)]!];
  return before + (inside % 1) * (after - before);
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The median. */
function middleOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return meanOf([sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!]);
}
