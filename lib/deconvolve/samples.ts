import type { AnyFrame } from '../image/frame.js';
import type { SampleWindow, SolverSamples } from '../native/binding.js';
import type { Area } from './noise.js';
import { colourPlanes } from './plan.js';

/** Value of the whitest sample. */
export function fullScale({ depth }: Pick<AnyFrame, 'depth'>): number {
  return depth === 32 ? 1 : 2 ** depth - 1;
}

/** One channel of a frame's samples, from a pixel on. */
export function windowOf({ width, channels }: AnyFrame, samples: SolverSamples, channel: number, left: number, top: number): SampleWindow {
  return { samples, frameWidth: width, channels, channel, left, top };
}

/** What the colours of a frame hold, in parts of full scale. */
export interface Levels {
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
}

/** Ranges over all colours; what is no number does not count. */
export function measureLevels(frame: AnyFrame): Levels {
  const { data, channels } = frame;
  const planes = colourPlanes(frame);
  const scale = 1 / fullScale(frame);
  let [minimum, maximum, sum, count] = [Infinity, -Infinity, 0, 0];
  for (let pixel = 0; pixel < data.length; pixel += channels) {
    for (let index = pixel; index < pixel + planes; index += 1) {
      const value = data[index]!;
      if (!(Math.abs(value) < Infinity)) continue;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
      sum += value;
      count += 1;
    }
  }
  return count === 0 ? { minimum: 0, maximum: 0, mean: 0 } : { minimum: minimum * scale, maximum: maximum * scale, mean: (sum / count) * scale };
}

/** Part of the samples of one colour in a part of the frame that are 0 or saturated: their noise is cut off. */
export function clippedPart(frame: AnyFrame, channel: number, { left, top, width, height }: Area): number {
  const full = fullScale(frame);
  let count = 0;
  for (let y = top; y < top + height; y += 1) {
    for (let x = left; x < left + width; x += 1) {
      const value = frame.data[(y * frame.width + x) * frame.channels + channel]!;
      if (value <= 0 || value >= full) count += 1;
    }
  }
  return count / (width * height);
}
