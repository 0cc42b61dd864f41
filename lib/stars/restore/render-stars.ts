import { colourPlanes } from '../../image/planes.js';
import { fullScale } from '../../image/samples.js';
import type { AnyFrame } from '../../image/frame.js';
import type { StarFit } from '../measure/fit.js';
import type { StarPlane } from '../measure/plane.js';
import { StreakProfile } from '../measure/profile.js';
import type { StarProfile } from '../measure/profile.js';
import { addStar } from './render.js';

/** Standard deviation in pixels of a star as drawn, what extractors are made for. */
const DRAWN_SIGMA = 1;
/** Light is taken off this many standard deviations and pixels around the trail or disk; beyond it is below the sky's noise but for the brightest. */
const REACH = 4;
const MARGIN = 1;

/**
 * Draws the stars as they were measured, as compact Gaussian spots over a sky from which their blurred light has been taken, in place. Nothing is deconvolved: what
 * was not fitted is not drawn, and spots show nothing of a star but its place and flux, in white. @param stars in units of the plane
 * @returns samples that the spots do not fit into
 */
export function renderStars(
  frame: AnyFrame,
  plane: StarPlane,
  stars: readonly StarFit[],
  profile: StarProfile,
): number {
  const { width, height, channels, data, depth } = frame;
  const full = fullScale(frame);
  const most = depth === 32 ? Infinity : full;
  const colours = colourPlanes(frame);
  const cleaned = new Uint8Array(width * height);
  const light = new Float32Array(width * height);
  for (const star of stars) {
    markLight(cleaned, plane, star, profile);
    addStar(
      { width, height, data: light },
      star.x,
      star.y,
      star.flux,
      [
        [0, 0],
        [0, 0],
      ],
      { sigma: DRAWN_SIGMA, defocusRadius: 0 },
    );
  }
  let clipped = 0;
  for (let pixel = 0; pixel < light.length; pixel += 1) {
    if (cleaned[pixel] === 0 && light[pixel] === 0) continue;
    const change = full * (light[pixel]! - (cleaned[pixel] === 1 ? plane.data[pixel]! : 0));
    for (let colour = 0; colour < colours; colour += 1) {
      const value = data[pixel * channels + colour]! + change;
      if (value > most) clipped += 1;
      data[pixel * channels + colour] = depth === 32 ? value : Math.max(0, Math.min(most, Math.round(value)));
    }
  }
  return clipped;
}

/** Marks the pixels that a star's blurred light reaches. */
function markLight(marked: Uint8Array, { width, height }: StarPlane, { x, y }: StarFit, profile: StarProfile): void {
  const [size, ...rest] = profile.shape as readonly [number, number, number?];
  const isTrail = profile instanceof StreakProfile;
  const [length, angle, radius] = isTrail ? [size, rest[0], 0] : [0, 0, size];
  const [cos, sin, far] = [Math.cos(angle), Math.sin(angle), radius + REACH * profile.shape.at(-1)! + MARGIN];
  const reach = length / 2 + far;
  for (let row = Math.max(0, Math.ceil(y - reach)); row <= Math.min(height - 1, y + reach); row += 1) {
    for (let column = Math.max(0, Math.ceil(x - reach)); column <= Math.min(width - 1, x + reach); column += 1) {
      const [along, across] = [(column - x) * cos - (row - y) * sin, (column - x) * sin + (row - y) * cos];
      if (Math.hypot(Math.max(0, Math.abs(along) - length / 2), across) <= far) marked[row * width + column] = 1;
    }
  }
}
