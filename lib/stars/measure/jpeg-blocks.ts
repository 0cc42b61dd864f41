import { findJpegNoise } from '../../estimate/jpeg/jpeg-noise.js';
import type { AnyFrame } from '../../image/frame.js';
import { rgbBands } from '../../image/planes.js';
import type { StarFit } from './fit.js';
import type { MeasuredStars } from './search.js';

/** Half the side of the window that must not be flat, in pixels. */
const REACH_PX = 3;
/** Of a dark sky JPEG leaves the mean of each block, rounded, and at most one coefficient: so many steps of 8 bits. */
const FLAT = 2;

/**
 * The stars of a frame without those that JPEG may have made: of blocks that differ in brightness by a step or two.
 * Others that are as faint go with them; what is left of these in the file does not tell them apart.
 * @param isJpeg whether the file is one; of others their samples tell, where enough coefficients are left
 */
export function withoutBlocks(frame: AnyFrame, isJpeg: boolean, found: MeasuredStars): MeasuredStars {
  if (frame.depth !== 8) return found;
  const { stars } = found.fit;
  const clear = stars.filter((star) => !isFlat(frame, star));
  if (clear.length === stars.length || !(isJpeg || findJpegNoise(frame))) return found;
  return { ...found, fit: { ...found.fit, stars: clear } };
}

/** Whether all samples of a band around a star are within a few steps, in each band. */
function isFlat(frame: AnyFrame, star: StarFit): boolean {
  const [bands = [0]] = rgbBands(frame);
  return bands.every((band) => rangeAround(frame, star, band) <= FLAT);
}

function rangeAround(
  { width, height, channels, data }: AnyFrame,
  { x: starX, y: starY }: StarFit,
  band: number,
): number {
  const [middleX, middleY] = [Math.round(starX), Math.round(starY)];
  const [right, bottom] = [Math.min(width - 1, middleX + REACH_PX), Math.min(height - 1, middleY + REACH_PX)];
  let [least, most] = [Infinity, -Infinity];
  for (let y = Math.max(0, middleY - REACH_PX); y <= bottom; y += 1) {
    for (let x = Math.max(0, middleX - REACH_PX); x <= right; x += 1) {
      const sample = data[(y * width + x) * channels + band]!;
      least = Math.min(least, sample);
      most = Math.max(most, sample);
    }
  }
  return most - least;
}
