import type { Pauses } from '../runtime/pauses.js';
import type { AnyFrame } from './frame.js';
import { colourPlanes } from './planes.js';
import { fullScale } from './samples.js';

/** Part of the samples that may be brighter than white: glints and hot pixels. */
const FEW_PART = 1e-3;

/** Warns of a value of white that was given and that many samples exceed: they are taken for overexposed. */
export async function warnOfBright(frame: AnyFrame, valid: Uint8Array | null, pauses: Pauses): Promise<string[]> {
  const { width, height, channels, data } = frame;
  const bands = colourPlanes(frame);
  const white = fullScale(frame);
  let [count, brighter] = [0, 0];
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) {
      if (valid?.[pixel] === 0) continue;
      count += bands;
      for (let at = pixel * channels; at < pixel * channels + bands; at += 1) if (data[at]! > white) brighter += 1;
    }
  }
  if (brighter <= FEW_PART * count) return [];
  const percent = ((100 * brighter) / count).toFixed(2);
  return [
    `${percent} % of its samples are brighter than ${white}, which was given as white: they count as overexposed`,
  ];
}
