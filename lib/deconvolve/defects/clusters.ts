import { choleskyInverse } from '../../math/cholesky.js';
import type { Psf } from '../../psf/psf.js';
import { REACH, SIDE, imagesBehind } from './images.js';
import type { BlurredImage } from './images.js';

/** Numbers of a cluster, as native code asks for them. */
const MOST = 9;
/** Rows and columns that they take up at most. */
const SPAN = 4;
const FLOATS = 1 + 2 * MOST + MOST ** 2 + 2;
/** Members of a cluster that depart together in scenes by those of one image only. */
const SEVERAL = 5;
/** Of what no blurred scene could be told from. */
const MOST_SHARE = 1e6;
/** A cluster is alone where what is left around it departs by less than this part of its own departures. */
const MOST_LEFT = 0.5;

type Place = readonly [x: number, y: number];

/**
 * Pixels that may be defects together, rows of them after one another: single ones, pairs within reach, rows of three
 * and four, three and four of a square, blocks of six and nine, a pixel with the four next to it, and the other shapes
 * of four that hang together: T, S and L. Native code knows their number.
 */
const CLUSTERS = [
  ...['#', '##', '#/#', '#./.#', '.#/#.', '#.#', '#/./#', '#../..#', '..#/#..', '#./../.#', '.#/../#.'],
  ...['#../.../..#', '..#/.../#..', '###', '#/#/#', '####', '#/#/#/#', '##/#.', '##/.#', '.#/##', '#./##', '##/##'],
  ...['###/###', '##/##/##', '.#./###/.#.', '###/###/###'],
  ...['###/.#.', '.#./###', '#./##/#.', '.#/##/.#', '##./.##', '.##/##.', '#./##/.#', '.#/##/#.'],
  ...['#../###', '..#/###', '###/#..', '###/..#', '#./#./##', '.#/.#/##', '##/#./#.', '##/.#/.#'],
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
  let [least, leastAlone] = [0, 0];
  CLUSTERS.forEach((places, index) => {
    const inverse = inverseOf(places, weights);
    const cluster = all.subarray(index * FLOATS, (index + 1) * FLOATS);
    cluster[0] = places.length;
    cluster.set(places.flat(), 1);
    for (const [row] of places.entries()) {
      const values = inverse?.subarray(row * places.length, (row + 1) * places.length) ?? [];
      cluster.set(values, 1 + 2 * MOST + row * MOST);
    }
    const share = inverse ? Math.max(least, shareOf(places, inverse, images)) : MOST_SHARE;
    const alone = inverse ? Math.max(leastAlone, aloneShareOf(places, inverse, weights, images)) : MOST_SHARE;
    cluster.set([share, alone], FLOATS - 2);
    // What single samples can be, several can.
    if (index === 0) [least, leastAlone] = [share, alone];
  });
  return all;
}

/** Departures of members from what all around predict, less what is due to other members, are what they are off by. */
function inverseOf(places: readonly Place[], weights: Float64Array): Float64Array | null {
  const matrix = places.flatMap((place, row) =>
    places.map((other, column) => (row === column ? 1 : -weightBetween(weights, place, other))),
  );
  return choleskyInverse(Float64Array.from(matrix), places.length);
}

/** Of a sample in what is predicted for another one. */
function weightBetween(weights: Float64Array, [x, y]: Place, [u, v]: Place): number {
  const [dx, dy] = [u - x, v - y];
  return Math.max(Math.abs(dx), Math.abs(dy)) <= REACH ? weights[(dy + REACH) * SIDE + dx + REACH]! : 0;
}

/** Places within reach of a cluster that are none of its own. */
function ringOf(places: readonly Place[]): Place[] {
  const isWithin = (x: number, y: number, reach: number): boolean =>
    places.some(([u, v]) => Math.max(Math.abs(x - u), Math.abs(y - v)) <= reach);
  const side = 2 * (SPAN + REACH) + 1;
  return Array.from({ length: side ** 2 }, (_, index): Place => {
    return [(index % side) - SPAN - REACH, Math.floor(index / side) - SPAN - REACH];
  }).filter(([x, y]) => isWithin(x, y, REACH) && !isWithin(x, y, 0));
}

/**
 * The most that members depart in these images, over the spread of the samples around: any of two, the least of several
 * that can be predicted, as native code asks of all of them that they are impossible. Scenes are sums of images: by
 * chance two members depart by those of two, but several hardly ever by those of several.
 */
function shareOf(places: readonly Place[], inverse: Float64Array, images: readonly BlurredImage[]): number {
  const ring = ringOf(places);
  const judged = [...places.keys()].filter((index) => !isAmid(places, index));
  const choose = places.length < SEVERAL ? Math.max : Math.min;
  let share = 0;
  for (const { samples, departures, pitch, from, to } of images) {
    const offsetsOf = (all: readonly Place[]): Int32Array => Int32Array.from(all, ([x, y]) => y * pitch + x);
    const [members, around] = [offsetsOf(places), offsetsOf(ring)];
    for (let y = from.y; y < to.y; y += 1) {
      for (let at = y * pitch + from.x; at < y * pitch + to.x; at += 1) {
        const own = departuresOf(departures, at, members, inverse);
        const departure = choose(...judged.map((index) => Math.abs(own[index]!)));
        if (departure > 1e-9) share = raised(share, departure, samples, at, around);
      }
    }
  }
  return share;
}

/**
 * The most that members depart together in these images, the root of their mean square, over the spread of the samples
 * around, where nothing else around departs much once they are replaced.
 */
function aloneShareOf(
  places: readonly Place[],
  inverse: Float64Array,
  weights: Float64Array,
  images: readonly BlurredImage[],
): number {
  const ring = ringOf(places);
  const judged = [...places.keys()].filter((index) => !isAmid(places, index));
  const pulls = ring.map((place) => places.map((member) => weightBetween(weights, place, member)));
  let share = 0;
  for (const { samples, departures, pitch, from, to } of images) {
    const offsetsOf = (all: readonly Place[]): Int32Array => Int32Array.from(all, ([x, y]) => y * pitch + x);
    const [members, around] = [offsetsOf(places), offsetsOf(ring)];
    for (let y = from.y; y < to.y; y += 1) {
      for (let at = y * pitch + from.x; at < y * pitch + to.x; at += 1) {
        const own = departuresOf(departures, at, members, inverse);
        const together = Math.sqrt(judged.reduce((sum, index) => sum + own[index]! ** 2, 0) / judged.length);
        if (together <= 1e-9) continue;
        const now = raised(share, together, samples, at, around);
        if (now > share && leftAround(departures, at, around, pulls, own) <= MOST_LEFT * together) share = now;
      }
    }
  }
  return share;
}

/** What members depart by without each other. */
function departuresOf(departures: Float64Array, at: number, members: Int32Array, inverse: Float64Array): number[] {
  return Array.from(members, (_, row) => {
    let departure = 0;
    for (let column = 0; column < members.length; column += 1)
      departure += inverse[row * members.length + column]! * departures[at + members[column]!]!;
    return departure;
  });
}

/** The largest departure around members once they are what is predicted for them. */
function leftAround(
  departures: Float64Array,
  at: number,
  around: Int32Array,
  pulls: readonly (readonly number[])[],
  own: readonly number[],
): number {
  let most = 0;
  around.forEach((offset, index) => {
    const left = own.reduce((sum, departure, k) => sum + pulls[index]![k]! * departure, departures[at + offset]!);
    most = Math.max(most, Math.abs(left));
  });
  return most;
}

/** Whether a member has others left, right, above and below, so that nothing around predicts it. */
function isAmid(places: readonly Place[], index: number): boolean {
  const [x, y] = places[index]!;
  const near = places.map(([u, v]) => [u - x, v - y] as const).filter((to) => Math.max(...to.map(Math.abs)) <= REACH);
  const has = (isThere: (to: Place) => boolean): boolean => near.some(isThere);
  return has(([u]) => u < 0) && has(([u]) => u > 0) && has(([, v]) => v < 0) && has(([, v]) => v > 0);
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
