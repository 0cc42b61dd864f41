import type { Plane } from '../../image/planes.js';
import type { Place } from '../sky/place.js';

/** Stops when the centroid moves less, or after this many rounds (star-sensor C.3). */
const SMALLEST_MOVE_PX = 2e-4;
const MOST_ROUNDS = 20;
/** Weights reach this much further than the star. */
const WIDENING = 1.2;

/** Centre of gravity of the light above a threshold within a radius (star-sensor C.2); null where there is none. */
export function centreOfGravity(plane: Plane, centre: Place, radiusPx: number, threshold: number): Place | null {
  return weigh(plane, centre, radiusPx, (value) => (value > threshold ? value : 0));
}

/**
 * Iteratively weighted centre of gravity: weights I times a Gaussian around the latest estimate (star-sensor C.3); null
 * where there is no light. @param sigmaPx of the star
 */
export function weightedCentre(plane: Plane, start: Place, sigmaPx: number): Place | null {
  const width = WIDENING * sigmaPx;
  let place = start;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { x: cx, y: cy } = place;
    const next = weigh(
      plane,
      place,
      3 * width,
      (value, x, y) => Math.max(0, value) * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * width * width)),
    );
    if (next === null) return null;
    // Of a Gaussian under a Gaussian weight the mean moves by sigma_w^2 / (sigma_w^2 + s^2) of the way: the rest is
    // added.
    const stretch = 1 + (sigmaPx / width) ** 2;
    const moved = { x: cx + stretch * (next.x - cx), y: cy + stretch * (next.y - cy) };
    place = moved;
    if (Math.hypot(moved.x - cx, moved.y - cy) < SMALLEST_MOVE_PX) break;
  }
  return place;
}

function weigh(
  { width, height, data }: Plane,
  { x: cx, y: cy }: Place,
  radiusPx: number,
  weight: (value: number, x: number, y: number) => number,
): Place | null {
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let y = Math.max(0, Math.ceil(cy - radiusPx)); y <= Math.min(height - 1, cy + radiusPx); y += 1) {
    for (let x = Math.max(0, Math.ceil(cx - radiusPx)); x <= Math.min(width - 1, cx + radiusPx); x += 1) {
      const part = weight(data[y * width + x]!, x, y);
      sum += part;
      sumX += part * x;
      sumY += part * y;
    }
  }
  return sum > 0 ? { x: sumX / sum, y: sumY / sum } : null;
}
