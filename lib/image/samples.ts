import type { AnyFrame, AnyFrameSize, Region } from './frame.js';
import type { SampleWindow, SolverSamples } from '../runtime/native/binding.js';
import { colourPlanes } from './planes.js';

/** Largest value of a sample of a depth; 1 for floats. */
export function typeScale({ depth }: Pick<AnyFrameSize, 'depth'>): number {
  return depth === 32 ? 1 : 2 ** depth - 1;
}

/** Value of a white sample. */
export function fullScale(frame: Pick<AnyFrameSize, 'depth' | 'white'>): number {
  return frame.white ?? typeScale(frame);
}

/** One channel of a frame's samples, from a pixel on. */
export function windowOf(
  frame: AnyFrame,
  samples: SolverSamples,
  channel: number,
  left: number,
  top: number,
): SampleWindow {
  const { width: frameWidth, channels } = frame;
  return { samples, frameWidth, channels, channel, left, top, white: fullScale(frame) };
}

/**
 * Whether nothing can be restored: all samples of the colours are 0 (or less, as floats may be) or no number, or all
 * are saturated.
 */
export function isBlank(frame: AnyFrame): boolean {
  const { data, channels, depth } = frame;
  const planes = colourPlanes(frame);
  const full = depth === 32 ? Infinity : fullScale(frame);
  let [isDark, isBright] = [true, true];
  // Ends within some samples of any other frame.
  for (let pixel = 0; pixel < data.length && (isDark || isBright); pixel += channels) {
    for (let index = pixel; index < pixel + planes; index += 1) {
      isDark &&= !(data[index]! > 0);
      isBright &&= data[index]! >= full;
    }
  }
  return isDark || isBright;
}

/** Mean of the samples of the colours that are numbers, 1 being full scale. */
export function meanLevel(frame: AnyFrame): number {
  const { data, channels } = frame;
  const planes = colourPlanes(frame);
  let sum = 0;
  let count = 0;
  for (let pixel = 0; pixel < data.length; pixel += channels) {
    for (let index = pixel; index < pixel + planes; index += 1) {
      if (!(Math.abs(data[index]!) < Infinity)) continue;
      sum += data[index]!;
      count += 1;
    }
  }
  return count > 0 ? sum / count / fullScale(frame) : 0;
}

/**
 * Part of the samples of one colour in a part of the frame that are 0 or saturated: their noise is cut off.
 * @param counts whether a pixel of the frame is to be looked at
 */
export function clippedPart(
  frame: AnyFrame,
  channel: number,
  { left, top, width, height }: Region,
  counts: (pixel: number) => boolean,
): number {
  const full = fullScale(frame);
  let [clipped, all] = [0, 0];
  for (let y = top; y < top + height; y += 1) {
    for (let pixel = y * frame.width + left; pixel < y * frame.width + left + width; pixel += 1) {
      if (!counts(pixel)) continue;
      const value = frame.data[pixel * frame.channels + channel]!;
      all += 1;
      if (value <= 0 || value >= full) clipped += 1;
    }
  }
  return all > 0 ? clipped / all : 0;
}
