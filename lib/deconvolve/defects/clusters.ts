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
/** Departures up to this are of rounding. */
const FLAT = 1e-9;
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
    const own = inverse ? sharesOf({ places, inverse, weights }, images) : { share: MOST_SHARE, alone: MOST_SHARE };
    const [share, alone] = [Math.max(least, own.share), Math.max(leastAlone, own.alone)];
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

/** A cluster, and what its members are told by. */
interface Told {
  readonly places: readonly Place[];
  readonly inverse: Float64Array;
  readonly weights: Float64Array;
}

/** What a cluster comes to in images at most, over the spread of the samples around it. */
interface Shares {
  /**
   * Of its members' departures: any of two, the least of several that can be predicted, as native code asks of all of
   * them that they are impossible. Scenes are sums of images: by chance two members depart by those of two, but several
   * hardly ever by those of several.
   */
  share: number;
  /** Of the root of their mean square, where nothing else around departs much once members are replaced. */
  alone: number;
}

function sharesOf(told: Told, images: readonly BlurredImage[]): Shares {
  const { places, weights } = told;
  const ring = ringOf(places);
  const judged = Int32Array.from([...places.keys()].filter((index) => !isAmid(places, index)));
  const pulls = Float64Array.from(
    ring.flatMap((place) => places.map((member) => weightBetween(weights, place, member))),
  );
  const shares: Shares = { share: 0, alone: 0 };
  for (const image of images) raiseIn(image, told, { ring, judged, pulls }, shares);
  return shares;
}

/** What is around a cluster: places, the members that these predict, and how each pulls at each place. */
interface Around {
  readonly ring: readonly Place[];
  readonly judged: Int32Array;
  readonly pulls: Float64Array;
}

/** Raises the shares to what they must be in this image. Nothing is allocated place by place. */
function raiseIn(
  image: BlurredImage,
  { places, inverse }: Told,
  { ring, judged, pulls }: Around,
  shares: Shares,
): void {
  const { samples, departures, pitch, from, to } = image;
  const offsetsOf = (all: readonly Place[]): Int32Array => Int32Array.from(all, ([x, y]) => y * pitch + x);
  const [members, around] = [offsetsOf(places), offsetsOf(ring)];
  const own = new Float64Array(members.length);
  const extreme = places.length < SEVERAL ? largestOf : leastOf;
  for (let y = from.y; y < to.y; y += 1) {
    for (let at = y * pitch + from.x; at < y * pitch + to.x; at += 1) {
      departuresOf(departures, at, members, inverse, own);
      const departure = extreme(own, judged);
      if (departure > FLAT) shares.share = raised(shares.share, departure, samples, at, around);
      const together = rootMeanSquareOf(own, judged);
      if (together <= FLAT) continue;
      const alone = raised(shares.alone, together, samples, at, around);
      const isAlone = alone > shares.alone && leavesLess(departures, at, around, pulls, own, MOST_LEFT * together);
      if (isAlone) shares.alone = alone;
    }
  }
}

/** What members depart by without each other. */
function departuresOf(
  departures: Float64Array,
  at: number,
  members: Int32Array,
  inverse: Float64Array,
  own: Float64Array,
): void {
  const count = members.length;
  own.fill(0);
  for (let column = 0; column < count; column += 1) {
    const departure = departures[at + members[column]!]!;
    if (departure === 0) continue;
    for (let row = 0; row < count; row += 1) own[row]! += inverse[row * count + column]! * departure;
  }
}

function largestOf(own: Float64Array, judged: Int32Array): number {
  let largest = 0;
  for (const index of judged) largest = Math.max(largest, Math.abs(own[index]!));
  return largest;
}

function leastOf(own: Float64Array, judged: Int32Array): number {
  let least = Infinity;
  for (const index of judged) least = Math.min(least, Math.abs(own[index]!));
  return least;
}

function rootMeanSquareOf(own: Float64Array, judged: Int32Array): number {
  let sum = 0;
  for (const index of judged) sum += own[index]! ** 2;
  return Math.sqrt(sum / judged.length);
}

/** Whether all around members departs by less than this once they are what is predicted for them. */
function leavesLess(
  departures: Float64Array,
  at: number,
  around: Int32Array,
  pulls: Float64Array,
  own: Float64Array,
  most: number,
): boolean {
  for (let place = 0; place < around.length; place += 1) {
    let left = departures[at + around[place]!]!;
    for (let member = 0; member < own.length; member += 1) left += pulls[place * own.length + member]! * own[member]!;
    if (Math.abs(left) > most) return false;
  }
  return true;
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
