import { profilesOf } from '../../psf/profiles.js';
import type { Psf } from '../../psf/psf.js';

/** Pixels around images: more than clusters and what predicts them reach. */
const MARGIN = 12;
/** Of places, the first pixel of a cluster is so far beyond an image at most. */
const BEYOND = 6;
/** Pixels around a sample that predict it, in each direction. */
export const REACH = 2;
export const SIDE = 2 * REACH + 1;

/** What a simple scene looks like behind a PSF, with margins, and how far its samples are from what is predicted. */
export interface BlurredImage {
  readonly samples: Float64Array;
  readonly departures: Float64Array;
  readonly pitch: number;
  /** Where there is something to see. */
  readonly from: { readonly x: number; readonly y: number };
  readonly to: { readonly x: number; readonly y: number };
}

/**
 * A point of light, and bright half planes right of and below the middle.
 * @param weights of the 5 x 5 around a sample, row by row, that predict it
 */
export function imagesBehind(psf: Psf, weights: Float64Array): BlurredImage[] {
  const { width, height, data } = psf;
  const isIn = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < width && y < height;
  const point = imageOf(width, height, weights, (x, y) => (isIn(x, y) ? data[y * width + x]! : 0));
  const { columns, rows } = profilesOf(psf);
  const [across, down] = [rise(columns), rise(rows)];
  return [point, imageOf(width, 1, weights, (x) => across(x)), imageOf(1, height, weights, (_, y) => down(y))];
}

/** The light of an edge, from 0 before its profile to 1 beyond it. */
function rise(profile: Float64Array): (place: number) => number {
  let sum = 0;
  const sums = profile.map((weight) => (sum += weight));
  return (place) => (place < 0 ? 0 : sums[Math.min(place, sums.length - 1)]!);
}

function imageOf(
  width: number,
  height: number,
  weights: Float64Array,
  at: (x: number, y: number) => number,
): BlurredImage {
  const [pitch, lines] = [width + 2 * MARGIN, height + 2 * MARGIN];
  const samples = Float64Array.from({ length: pitch * lines }, (_, i) =>
    at((i % pitch) - MARGIN, Math.floor(i / pitch) - MARGIN),
  );
  const departures = new Float64Array(samples.length);
  for (let y = REACH; y < lines - REACH; y += 1) {
    for (let x = REACH; x < pitch - REACH; x += 1) {
      departures[y * pitch + x] = departureAt(samples, y * pitch + x, pitch, weights);
    }
  }
  const from = { x: MARGIN - BEYOND, y: MARGIN - BEYOND };
  return { samples, departures, pitch, from, to: { x: width + MARGIN + BEYOND, y: height + MARGIN + BEYOND } };
}

function departureAt(samples: Float64Array, at: number, pitch: number, weights: Float64Array): number {
  let departure = samples[at]!;
  let tap = 0;
  for (let y = -REACH; y <= REACH; y += 1) {
    for (let x = -REACH; x <= REACH; x += 1) {
      departure -= weights[tap]! * samples[at + y * pitch + x]!;
      tap += 1;
    }
  }
  return departure;
}
