import { detectStars } from '../measure/detect.js';
import type { Detection, DetectOptions } from '../measure/detect.js';
import type { StarPlane } from '../measure/plane.js';
import type { StarProfile } from '../measure/profile.js';
import type { Place } from './transform.js';

/** Looks for one star around each place, by the matched filter in a window there. @param reach how far it may be, in pixels */
export async function detectNear(
  plane: StarPlane,
  profile: StarProfile,
  places: readonly Place[],
  reach: number,
  options: Omit<DetectOptions, 'most'>,
): Promise<Detection[]> {
  const found: Detection[] = [];
  const half = Math.ceil(reach + profile.reach) + 2;
  for (const place of places) {
    const [left, top] = [Math.max(0, Math.round(place.x) - half), Math.max(0, Math.round(place.y) - half)];
    const [right, bottom] = [
      Math.min(plane.width, Math.round(place.x) + half + 1),
      Math.min(plane.height, Math.round(place.y) + half + 1),
    ];
    if (right - left < 3 || bottom - top < 3) continue;
    const near = await detectStars(cut(plane, left, top, right - left, bottom - top), profile, { ...options, most: 8 });
    const candidates = near
      .map((star) => ({ ...star, x: star.x + left, y: star.y + top }))
      .filter((star) => distance(star, place) <= reach);
    // A window may show the neighbour of its star as well.
    const best = candidates
      .sort((a, b) => distance(a, place) - distance(b, place))
      .find((star) => found.every((other) => distance(other, star) > profile.reach / 2));
    if (best) found.push(best);
  }
  return found.sort((a, b) => b.flux - a.flux);
}

const distance = (a: Place, b: Place): number => Math.hypot(a.x - b.x, a.y - b.y);

function cut(plane: StarPlane, left: number, top: number, width: number, height: number): StarPlane {
  const [data, invalid] = [new Float32Array(width * height), new Uint8Array(width * height)];
  for (let y = 0; y < height; y += 1) {
    const start = (top + y) * plane.width + left;
    data.set(plane.data.subarray(start, start + width), y * width);
    invalid.set(plane.invalid.subarray(start, start + width), y * width);
  }
  return { ...plane, width, height, data, invalid };
}
