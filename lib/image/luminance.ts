import { Pauses } from '../runtime/pauses.js';
import type { AnyFrame } from './frame.js';
import { colourPlanes, rgbBands } from './planes.js';
import type { Plane } from './planes.js';
import { fullScale } from './samples.js';

/** ITU-R BT.601: what JPEG's first channel holds. */
const BT601 = [0.299, 0.587, 0.114] as const;

/** A channel, and how much it counts in the brightness. */
type WeightedChannel = readonly [channel: number, weight: number];

/** Of a picture in colour its red, green and blue; else the mean of all bands. */
function weightsOf(frame: AnyFrame): WeightedChannel[] {
  const [triple] = rgbBands(frame);
  if (triple) return triple.map((channel, index) => [channel, BT601[index]!]);
  const planes = colourPlanes(frame);
  return Array.from({ length: planes }, (_, channel) => [channel, 1 / planes]);
}

/** The brightness of a frame, 1 being white; a frame of one band as it is. */
export async function luminanceOf(frame: AnyFrame, pauses = new Pauses()): Promise<AnyFrame> {
  if (colourPlanes(frame) === 1) return frame;
  const { data, ...plane } = await sumChannels(frame, weightsOf(frame), pauses);
  return { ...plane, channels: 1, depth: 32, data };
}

/** The brightness of a frame as floats, 1 being white. */
export async function luminancePlane(frame: AnyFrame, pauses = new Pauses()): Promise<Plane> {
  const { width, height, channels, depth, data, white = 1 } = frame;
  if (depth === 32 && channels === 1 && white === 1) return { width, height, data };
  return sumChannels(frame, weightsOf(frame), pauses);
}

async function sumChannels(frame: AnyFrame, weights: readonly WeightedChannel[], pauses: Pauses): Promise<Plane> {
  const { width, height } = frame;
  const sum = new Float32Array(width * height);
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    const rows = { first: row * width, end: (row + 1) * width };
    if (weights.length === 3) mixRow(frame, weights, sum, rows);
    else for (const weighted of weights) addRow(frame, weighted, sum, rows);
  }
  return { width, height, data: sum };
}

/** Pixels of a row, by their places in the frame. */
interface RowPixels {
  readonly first: number;
  readonly end: number;
}

/** Three channels at once: rounded to floats once only. */
function mixRow(
  frame: AnyFrame,
  weights: readonly WeightedChannel[],
  sum: Float32Array,
  { first, end }: RowPixels,
): void {
  const { data, channels } = frame;
  const [[a, weightA], [b, weightB], [c, weightC]] = weights as [WeightedChannel, WeightedChannel, WeightedChannel];
  const scale = 1 / fullScale(frame);
  for (let pixel = first, at = first * channels; pixel < end; pixel += 1, at += channels) {
    sum[pixel] = scale * (weightA * data[at + a]! + weightB * data[at + b]! + weightC * data[at + c]!);
  }
}

function addRow(
  frame: AnyFrame,
  [channel, weight]: WeightedChannel,
  sum: Float32Array,
  { first, end }: RowPixels,
): void {
  const { data, channels } = frame;
  const scale = weight / fullScale(frame);
  for (let pixel = first, at = first * channels + channel; pixel < end; pixel += 1, at += channels) {
    sum[pixel]! += scale * data[at]!;
  }
}
