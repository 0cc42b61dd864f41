import type { Pauses } from '../runtime/pauses.js';
import { partOfSamples } from './count-samples.js';
import type { AnyFrame } from './frame.js';
import { fullScale } from './samples.js';

/** Part of the samples that may be brighter than white: glints and hot pixels. */
const FEW_PART = 1e-3;

/** Warns of a value of white that was given and that many samples exceed: they are taken for overexposed. */
export async function warnOfBright(frame: AnyFrame, valid: Uint8Array | null, pauses: Pauses): Promise<string[]> {
  const white = fullScale(frame);
  const brighter = await partOfSamples(frame, valid, (sample) => sample > white, pauses);
  if (brighter <= FEW_PART) return [];
  const percent = (100 * brighter).toFixed(2);
  return [
    `${percent} % of its samples are brighter than ${white}, which was given as white: they count as overexposed`,
  ];
}
