import type { Pauses } from '../../runtime/pauses.js';
import type { AnyFrame } from '../frame.js';

/** Pixels between two looks at the clock. */
const PIXELS_AT_A_TIME = 2 ** 16;

/** Interleaved samples of whole pixels. */
interface Pixels {
  readonly samples: AnyFrame['data'];
  readonly channels: number;
}

/** Moves the band at a place behind all others, in place: frames have alpha there. */
export function moveToLast(pixels: Pixels, place: number, pauses: Pauses): Promise<void> {
  return eachPixel(pixels, pauses, (samples, first, last) => {
    const moved = samples[first + place]!;
    samples.copyWithin(first + place, first + place + 1, last + 1);
    samples[last] = moved;
  });
}

/** Moves the last band to a place, in place: the files that they come from may have alpha there. */
export function moveFromLast(pixels: Pixels, place: number, pauses: Pauses): Promise<void> {
  return eachPixel(pixels, pauses, (samples, first, last) => {
    const moved = samples[last]!;
    samples.copyWithin(first + place + 1, first + place, last);
    samples[first + place] = moved;
  });
}

/** @param move takes the numbers of the first and the last sample of a pixel */
async function eachPixel(
  { samples, channels }: Pixels,
  pauses: Pauses,
  move: (samples: AnyFrame['data'], first: number, last: number) => void,
): Promise<void> {
  for (let start = 0; start < samples.length; start += PIXELS_AT_A_TIME * channels) {
    if (pauses.isDue) await pauses.take();
    const end = Math.min(samples.length, start + PIXELS_AT_A_TIME * channels);
    for (let first = start; first < end; first += channels) move(samples, first, first + channels - 1);
  }
}
