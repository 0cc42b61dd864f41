import type { LightPlane } from '../restore/render.js';

/** Stops when the centroid moves less, or after so many rounds (star-sensor C.3). */
const SMALLEST_MOVE = 2e-4;
const MOST_ROUNDS = 20;
/** Weights reach so much further than the star. */
const WIDENING = 1.2;

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Centre of gravity of the light above a threshold within a radius (star-sensor C.2); null where there is none. */
export function centreOfGravity(
  plane: LightPlane,
  centre: Place,
  radius: number,
  threshold: number,
): (Place & { readonly flux: number }) | null {
  return weigh(plane, centre, radius, (value) => (value > threshold ? value : 0));
}

/** Iteratively weighted centre of gravity: weights I times a Gaussian around the latest estimate (star-sensor C.3). @param sigma of the star */
export function weightedCentre(plane: LightPlane, start: Place, sigma: number): Place | null {
  const width = WIDENING * sigma;
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
    // Of a Gaussian under a Gaussian weight the mean moves by sigma_w^2 / (sigma_w^2 + s^2) of the way: the rest is added.
    const gain = 1 + (sigma / width) ** 2;
    const moved = { x: cx + gain * (next.x - cx), y: cy + gain * (next.y - cy) };
    place = moved;
    if (Math.hypot(moved.x - cx, moved.y - cy) < SMALLEST_MOVE) break;
  }
  return place;
}

function weigh(
  { width, height, data }: LightPlane,
  { x: cx, y: cy }: Place,
  radius: number,
  weight: (value: number, x: number, y: number) => number,
): (Place & { flux: number }) | null {
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let y = Math.max(0, Math.ceil(cy - radius)); y <= Math.min(height - 1, cy + radius); y += 1) {
    for (let x = Math.max(0, Math.ceil(cx - radius)); x <= Math.min(width - 1, cx + radius); x += 1) {
      const part = weight(data[y * width + x]!, x, y);
      sum += part;
      sumX += part * x;
      sumY += part * y;
    }
  }
  return sum > 0 ? { x: sumX / sum, y: sumY / sum, flux: sum } : null;
}
