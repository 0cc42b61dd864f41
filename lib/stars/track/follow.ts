import type { Scope } from '../../runtime/scope.js';
import { detectStars } from '../measure/detect.js';
import type { Detection } from '../measure/detect.js';
import { noiseAround } from '../measure/noise-map.js';
import type { StarPlane } from '../measure/plane.js';
import type { StarProfile } from '../measure/profile.js';
import type { Place } from '../sky/place.js';

/** Stars of a window that may be the one looked for. */
const MOST_NEAR = 8;
/** Rows or columns that a peak has around it. */
const LEAST_SIDE = 3;

/** Looks for one star around each place, by the matched filter in a window there. @param reachPx how far it may be */
export async function detectNear(
  plane: StarPlane,
  profile: StarProfile,
  places: readonly Place[],
  { reachPx, threshold }: { readonly reachPx: number; readonly threshold: number },
  scope: Scope,
): Promise<Detection[]> {
  const found: Detection[] = [];
  const half = Math.ceil(reachPx + profile.reachPx) + 2;
  for (const place of places) {
    const window = cutAround(plane, place, half);
    if (window === null) continue;
    const { left, top, part } = window;
    const near = await detectStars(part, profile, { threshold, most: MOST_NEAR }, scope);
    const candidates = near
      .map((star) => ({ ...star, x: star.x + left, y: star.y + top }))
      .filter((star) => distance(star, place) <= reachPx);
    // A window may show the neighbour of its star as well.
    const best = candidates
      .sort((a, b) => distance(a, place) - distance(b, place))
      .find((star) => found.every((other) => distance(other, star) > profile.reachPx / 2));
    if (best) found.push(best);
  }
  return found.sort((a, b) => b.flux - a.flux);
}

const distance = (a: Place, b: Place): number => Math.hypot(a.x - b.x, a.y - b.y);

/** A part of a plane, and where it is. */
interface Cut {
  readonly left: number;
  readonly top: number;
  readonly part: StarPlane;
}

/** The window around a place; null where hardly any of it is in the frame. @param half of its side, in pixels */
function cutAround(plane: StarPlane, { x, y }: Place, half: number): Cut | null {
  const [left, top] = [Math.max(0, Math.round(x) - half), Math.max(0, Math.round(y) - half)];
  const width = Math.min(plane.width, Math.round(x) + half + 1) - left;
  const height = Math.min(plane.height, Math.round(y) + half + 1) - top;
  if (width < LEAST_SIDE || height < LEAST_SIDE) return null;
  const [data, invalid] = [new Float32Array(width * height), new Uint8Array(width * height)];
  for (let row = 0; row < height; row += 1) {
    const start = (top + row) * plane.width + left;
    data.set(plane.data.subarray(start, start + width), row * width);
    invalid.set(plane.invalid.subarray(start, start + width), row * width);
  }
  const noise = noiseAround(plane, { x, y });
  return { left, top, part: { ...plane, width, height, data, invalid, noise } };
}
