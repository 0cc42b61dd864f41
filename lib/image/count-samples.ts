import type { Pauses } from '../runtime/pauses.js';
import type { AnyFrame } from './frame.js';
import { colourPlanes } from './planes.js';

/** How many samples there are, and how many of them are counted. */
export interface SampleCount {
  readonly all: number;
  readonly counted: number;
}

/** The part of the samples of a frame that are counted, 0 to 1; alpha and missing pixels are left out. */
export async function partOfSamples(...args: Parameters<typeof countSamples>): Promise<number> {
  const { all, counted } = await countSamples(...args);
  return all > 0 ? counted / all : 0;
}

/** Counts samples of a frame, without alpha and missing pixels. */
export async function countSamples(
  frame: AnyFrame,
  valid: Uint8Array | null,
  isCounted: (sample: number) => boolean,
  pauses: Pauses,
): Promise<SampleCount> {
  const { width, height, channels, data } = frame;
  const bands = colourPlanes(frame);
  let [all, counted] = [0, 0];
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) {
      if (valid?.[pixel] === 0) continue;
      all += bands;
      for (let at = pixel * channels; at < pixel * channels + bands; at += 1) if (isCounted(data[at]!)) counted += 1;
    }
  }
  return { all, counted };
}
