import type { Pauses } from '../runtime/pauses.js';
import type { AnyFrame } from './frame.js';
import { colourPlanes } from './planes.js';
import { fullScale } from './samples.js';

/** Samples below 0 by this part of white are not noise around black. */
const FAR_PART = 0.1;
/** Part of the samples that may be such: dead pixels. */
const FEW_PART = 1e-4;

/**
 * Warns of floats far below 0, such as decibels and degrees. Methods take 0 for black: nothing can be darker. None
 * where there are few.
 */
export async function warnOfNegatives(frame: AnyFrame, valid: Uint8Array | null, pauses: Pauses): Promise<string[]> {
  if (frame.depth !== 32) return [];
  const { width, height, channels, data } = frame;
  const bands = colourPlanes(frame);
  const least = -FAR_PART * fullScale(frame);
  let [count, far] = [0, 0];
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) {
      if (valid?.[pixel] === 0) continue;
      count += bands;
      for (let at = pixel * channels; at < pixel * channels + bands; at += 1) if (data[at]! < least) far += 1;
    }
  }
  if (far <= FEW_PART * count) return [];
  const percent = Math.max(0.01, (100 * far) / count).toFixed(2);
  return [
    `${percent} % of its samples are far below 0, which is taken for black: add a number that makes all positive`,
  ];
}
