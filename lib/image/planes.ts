import { hasAlpha } from './frame.js';
import type { AnyFrameSize } from './frame.js';

/** One plane of floats, row by row; NaN where nothing is known. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** What says how many channels there are, and what they are. */
type Bands = Pick<AnyFrameSize, 'channels' | 'alpha' | 'rgb'>;

/** Channels that are not alpha, 1 to 16; they are the first ones. */
export function colourPlanes(frame: Bands): number {
  return hasAlpha(frame) ? frame.channels - 1 : frame.channels;
}

/** Channels, from 0, that make pictures in colour. */
export function rgbBands(frame: Bands): readonly (readonly number[])[] {
  return frame.rgb ?? (colourPlanes(frame) === 3 ? [[0, 1, 2]] : []);
}

/**
 * The channels that are pictures of their own, in the order of their first ones: red, green and blue together, and each
 * other one that is not alpha alone.
 */
export function bandGroups(frame: Bands): readonly (readonly number[])[] {
  const triples = rgbBands(frame);
  const coloured = new Set(triples.flat());
  const others = Array.from({ length: colourPlanes(frame) }, (_, channel) => channel)
    .filter((channel) => !coloured.has(channel))
    .map((channel) => [channel]);
  return [...triples, ...others].sort((a, b) => Math.min(...a) - Math.min(...b));
}
