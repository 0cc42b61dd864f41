import { choleskyInverse } from '../../math/cholesky.js';
import type { Psf } from '../../psf/psf.js';
import { REACH, SIDE, imagesBehind } from './images.js';
import type { BlurredImage } from './images.js';

/** Numbers of a cluster, as native code asks for them. */
const MOST = 4;
const FLOATS = 1 + 2 * MOST + MOST ** 2 + 1;
/** Of what no blurred scene could be told from. */
const MOST_SHARE = 1e6;

type Place = readonly [x: number, y: number];

/**
 * Pixels that may be defects together, rows of them after one another: single ones, pairs within reach, rows of three
 * and four, three and four of a square. Native code knows their number.
 */
const CLUSTERS = [
  ...['#', '##', '#/#', '#./.#', '.#/#.', '#.#', '#/./#', '#../..#', '..#/#..', '#./../.#', '.#/../#.'],
  ...['#../.../..#', '..#/.../#..', '###', '#/#/#', '####', '#/#/#/#', '##/#.', '##/.#', '.#/##', '#./##', '##/##'],
].map(placesOf);

/** From the first of them. */
function placesOf(pattern: string): Place[] {
  const all = pattern
    .split('/')
    .flatMap((row, y) => Array.from(row).flatMap((pixel, x) => (pixel === '#' ? [[x, y] as const] : [])));
  const [first] = all[0]!;
  return all.map(([x, y]) => [x - first, y]);
}

/**
 * What all clusters of pixels are behind a PSF, in the layout that native code asks for.
 * @param weights that predict a sample from those around it, row by row
 */
export function clustersBehind(psf: Psf, weights: Float64Array): Float32Array {
  const images = imagesBehind(psf, weights);
  const all = new Float32Array(CLUSTERS.length * FLOATS);
  CLUSTERS.forEach((places, index) => {
    const inverse = inverseOf(places, weights);
    const cluster = all.subarray(index * FLOATS, (index + 1) * FLOATS);
    cluster[0] = places.length;
    cluster.set(places.flat(), 1);
    for (const [row] of places.entries()) {
      const values = inverse?.subarray(row * places.length, (row + 1) * places.length) ?? [];
      cluster.set(values, 1 + 2 * MOST + row * MOST);
    }
    cluster[FLOATS - 1] = inverse ? shareOf(places, inverse, images) : MOST_SHARE;
  });
  return all;
}

/** Departures of members from what all around predict, less what is due to other members, are what they are off by. */
function inverseOf(places: readonly Place[], weights: Float64Array): Float64Array | null {
  const weightOf = (x: number, y: number): number =>
    Math.max(Math.abs(x), Math.abs(y)) <= REACH ? weights[(y + REACH) * SIDE + x + REACH]! : 0;
  const matrix = places.flatMap(([x, y], row) =>
    places.map(([u, v], column) => (row === column ? 1 : -weightOf(u - x, v - y))),
  );
  return choleskyInverse(Float64Array.from(matrix), places.length);
}

/** Places within reach of a cluster that are none of its own. */
function ringOf(places: readonly Place[]): Place[] {
  const isWithin = (x: number, y: number, reach: number): boolean =>
    places.some(([u, v]) => Math.max(Math.abs(x - u), Math.abs(y - v)) <= reach);
  const side = 2 * (MOST + REACH) + 1;
  return Array.from({ length: side ** 2 }, (_, index): Place => {
    return [(index % side) - MOST - REACH, Math.floor(index / side) - MOST - REACH];
  }).filter(([x, y]) => isWithin(x, y, REACH) && !isWithin(x, y, 0));
}

/** The most that any member departs in these images, over the spread of the samples around. */
function shareOf(places: readonly Place[], inverse: Float64Array, images: readonly BlurredImage[]): number {
  const ring = ringOf(places);
  let share = 0;
  for (const { samples, departures, pitch, from, to } of images) {
    const offsetsOf = (all: readonly Place[]): Int32Array => Int32Array.from(all, ([x, y]) => y * pitch + x);
    const [members, around] = [offsetsOf(places), offsetsOf(ring)];
    for (let y = from.y; y < to.y; y += 1) {
      for (let at = y * pitch + from.x; at < y * pitch + to.x; at += 1) {
        const farthest = farthestOf(departures, at, members, inverse);
        if (farthest > 1e-9) share = raised(share, farthest, samples, at, around);
      }
    }
  }
  return share;
}

function farthestOf(departures: Float64Array, at: number, members: Int32Array, inverse: Float64Array): number {
  let farthest = 0;
  for (let row = 0; row < members.length; row += 1) {
    let departure = 0;
    for (let column = 0; column < members.length; column += 1)
      departure += inverse[row * members.length + column]! * departures[at + members[column]!]!;
    farthest = Math.max(farthest, Math.abs(departure));
  }
  return farthest;
}

/** A share, raised to what a departure needs with the samples around it. */
function raised(share: number, departure: number, samples: Float64Array, at: number, around: Int32Array): number {
  let [largest, least] = [-Infinity, Infinity];
  for (const offset of around) {
    const sample = samples[at + offset]!;
    if (sample > largest) largest = sample;
    if (sample < least) least = sample;
    // Spreads only grow.
    if (share * (largest - least) >= departure) return share;
  }
  return largest > least ? Math.min(departure / (largest - least), MOST_SHARE) : MOST_SHARE;
}
