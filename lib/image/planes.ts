import type { AnyFrameSize } from './frame.js';

/** One plane of floats, row by row; NaN where nothing is known. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Planes of colour in a frame, 1 or 3; a second or fourth channel is alpha. */
export function colourPlanes(frame: AnyFrameSize): 1 | 3 {
  return frame.channels < 3 ? 1 : 3;
}
