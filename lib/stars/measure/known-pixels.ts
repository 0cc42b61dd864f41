import { luminancePlane } from '../../image/luminance.js';
import type { AnyFrame } from '../../image/frame.js';
import { colourPlanes } from '../../image/planes.js';
import { fullScale } from '../../image/samples.js';
import type { Pauses } from '../../runtime/pauses.js';

/** What the sky is measured in where pixels are missing: planes of floats, 1 being white, NaN where one is missing. */
export interface KnownPixels {
  readonly brightness: Float32Array;
  /** The brightest band of each pixel; of one band, the same array. */
  readonly brightest: Float32Array;
}

/** What {@link readKnownPixels} takes, in bytes. */
export function knownPixelsBytes(size: Pick<AnyFrame, 'width' | 'height' | 'channels' | 'alpha'>): number {
  return (colourPlanes(size) === 1 ? 1 : 2) * 4 * size.width * size.height;
}

/** @param valid one byte per pixel, 0 where it is missing */
export async function readKnownPixels(frame: AnyFrame, valid: Uint8Array, pauses: Pauses): Promise<KnownPixels> {
  const { data } = await luminancePlane(frame, pauses);
  // The plane may be the frame itself, which is only read.
  const brightness = data === frame.data ? data.slice() : data;
  const brightest = colourPlanes(frame) === 1 ? brightness : await readBrightest(frame, pauses);
  for (let pixel = 0; pixel < valid.length; pixel += 1)
    if (valid[pixel] === 0) brightness[pixel] = brightest[pixel] = NaN;
  return { brightness, brightest };
}

async function readBrightest(frame: AnyFrame, pauses: Pauses): Promise<Float32Array> {
  const { width, height, channels, data } = frame;
  const bands = colourPlanes(frame);
  const scale = 1 / fullScale(frame);
  const plane = new Float32Array(width * height);
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) {
      let most = -Infinity;
      for (let at = pixel * channels; at < pixel * channels + bands; at += 1) most = Math.max(most, scale * data[at]!);
      plane[pixel] = most;
    }
  }
  return plane;
}
