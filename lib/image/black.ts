import type { Pauses } from '../runtime/pauses.js';
import { partOfSamples } from './count-samples.js';
import type { AnyFrame } from './frame.js';
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
  const least = -FAR_PART * fullScale(frame);
  const far = await partOfSamples(frame, valid, (sample) => sample < least, pauses);
  if (far <= FEW_PART) return [];
  const percent = Math.max(0.01, 100 * far).toFixed(2);
  return [
    `${percent} % of its samples are far below 0, which is taken for black: add a number that makes all positive`,
  ];
}
