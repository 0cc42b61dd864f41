import { colourPlanes } from '../../image/planes.js';
import { fullScale, typeScale } from '../../image/samples.js';
import { copySamples } from '../../image/frame.js';
import type { AnyFrame } from '../../image/frame.js';
import type { Plane } from '../../image/planes.js';
import type { Scope } from '../../runtime/scope.js';
import { breathe } from '../measure/breathe.js';
import type { StarPlane } from '../measure/plane.js';
import { StreakProfile } from '../measure/profile.js';
import type { StarProfile } from '../measure/profile.js';
import { RESTING, addStar } from '../simulate/light.js';
import type { Place } from '../sky/place.js';
import { untouched } from './method.js';
import type { MeasuredFrame, RestoredFrame, StarRestoration } from './method.js';

/** Of a star as drawn, what extractors are made for. */
const DRAWN_OPTICS = { sigmaPx: 1, defocusRadiusPx: 0 };
/**
 * Light is taken off this many standard deviations and pixels around the trail or disk. Beyond it is below the sky's
 * noise but for the brightest stars.
 */
const REACH = 4;
const MARGIN_PX = 1;

/**
 * Draws the stars as they were measured, as compact Gaussian spots over a sky from which their blurred light has been
 * taken. Nothing is deconvolved: what was not fitted is not drawn, and spots show nothing of a star but its place and
 * flux, in white.
 */
export const drawAsMeasured: StarRestoration = {
  method: 'render',
  buffers: ({ width, height }) => [
    { name: 'drawn light', bytes: 4 * width * height },
    { name: 'pixels of stars', bytes: width * height },
  ],
  restore: render,
};

async function render({ frame: source, plane, stars: { fit } }: MeasuredFrame, scope: Scope): Promise<RestoredFrame> {
  if (fit.stars.length === 0) return untouched(source);
  const { width, height } = source;
  const frame = { ...source, data: copySamples(source.data) } as AnyFrame;
  const cleaned = new Uint8Array(width * height);
  const light = { width, height, data: new Float32Array(width * height) };
  for (const star of fit.stars) {
    markLight(cleaned, plane, star, fit.profile);
    addStar(light, star, RESTING, DRAWN_OPTICS);
  }
  return { ...untouched(frame), clipped: await exchangeLight(frame, plane, cleaned, light, scope) };
}

/** Takes the light off marked pixels and adds the drawn one; returns how many samples it does not fit into. */
async function exchangeLight(
  frame: AnyFrame,
  plane: StarPlane,
  cleaned: Uint8Array,
  light: Plane,
  scope: Scope,
): Promise<number> {
  const { width, channels, data, depth } = frame;
  const full = fullScale(frame);
  const most = depth === 32 ? Infinity : typeScale(frame);
  const colours = colourPlanes(frame);
  let clipped = 0;
  for (let row = 0; row < light.height; row += 1) {
    await breathe(row, width, scope);
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) {
      if (cleaned[pixel] === 0 && light.data[pixel] === 0) continue;
      const change = full * (light.data[pixel]! - (cleaned[pixel] === 1 ? plane.data[pixel]! : 0));
      for (let colour = 0; colour < colours; colour += 1) {
        const value = data[pixel * channels + colour]! + change;
        if (value > most) clipped += 1;
        data[pixel * channels + colour] = depth === 32 ? value : Math.max(0, Math.min(most, Math.round(value)));
      }
    }
  }
  return clipped;
}

/** Marks the pixels that a star's blurred light reaches. */
function markLight(marked: Uint8Array, { width, height }: StarPlane, { x, y }: Place, profile: StarProfile): void {
  const isTrail = profile instanceof StreakProfile;
  const [lengthPx, angleRad] = isTrail ? profile.shape : [0, 0];
  const radiusPx = isTrail ? 0 : profile.extentPx / 2;
  const [cos, sin] = [Math.cos(angleRad), Math.sin(angleRad)];
  const far = radiusPx + REACH * profile.sigmaPx + MARGIN_PX;
  const reach = lengthPx / 2 + far;
  for (let row = Math.max(0, Math.ceil(y - reach)); row <= Math.min(height - 1, y + reach); row += 1) {
    for (let column = Math.max(0, Math.ceil(x - reach)); column <= Math.min(width - 1, x + reach); column += 1) {
      const [along, across] = [(column - x) * cos - (row - y) * sin, (column - x) * sin + (row - y) * cos];
      if (Math.hypot(Math.max(0, Math.abs(along) - lengthPx / 2), across) <= far) marked[row * width + column] = 1;
    }
  }
}
