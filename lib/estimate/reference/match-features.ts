import type { Pauses } from '../../runtime/pauses.js';
import { fitAffine } from './affine.js';
import type { Affine, Match } from './affine.js';
import { DESCRIPTOR, findFeatures } from './features.js';
import type { Features } from './features.js';
import type { Plane } from '../../image/planes.js';

/**
 * The best match of a corner is to be more like it than any other elsewhere: their distances, one over the other (Lowe
 * 2004).
 */
const MOST_RATIO = 0.85;
/** Places nearer than this, in pixels of the level, are the same one. */
const SAME_PLACE = 10;
/** So many of the most distinct matches are tried, two by two. */
const BEST_MATCHES = 80;
/** A match agrees with a map within so many pixels of its level. */
const TOLERANCE = 3;
/** Different places that must agree, at least so many pixels of the coarser level apart. */
const LEAST_AGREEING = 10;

/** A corner of the frame with its place on the reference. */
interface Candidate extends Match {
  /** Distance to the best over that to the next best descriptor elsewhere. */
  readonly ratio: number;
  /** Size of a pixel of the levels where both were found. */
  readonly fromScale: number;
  readonly toScale: number;
}

/**
 * The map from pixels of the frame to those of the reference by their corners, however these are turned, scaled and
 * shifted; null where too few agree. Deterministic.
 */
export async function registerByFeatures(frame: Plane, reference: Plane, pauses: Pauses): Promise<Affine | null> {
  const candidates = await matchFeatures(
    await findFeatures(frame, pauses),
    await findFeatures(reference, pauses),
    pauses,
  );
  const agreeing = await agree(candidates, pauses);
  return countPlaces(agreeing) < LEAST_AGREEING ? null : fitAffine(agreeing).affine;
}

/** Corners that are each other's best match, the most distinct first. */
async function matchFeatures(a: Features, b: Features, pauses: Pauses): Promise<Candidate[]> {
  const found: Candidate[] = [];
  const likeness = new Float32Array(b.count);
  const backwards = new Float32Array(a.count);
  for (let index = 0; index < a.count; index += 1) {
    if (pauses.isDue) await pauses.take();
    const best = findBest(a, index, b, likeness);
    const ratio = best < 0 ? 1 : Math.sqrt((1 - likeness[best]! + 1e-9) / (1 - nextBest(b, likeness, best) + 1e-9));
    if (ratio > MOST_RATIO || findBest(b, best, a, backwards) !== index) continue;
    found.push({
      from: [a.places[2 * index]!, a.places[2 * index + 1]!],
      to: [b.places[2 * best]!, b.places[2 * best + 1]!],
      ratio,
      fromScale: a.scales[index]!,
      toScale: b.scales[best]!,
    });
  }
  return found.sort((p, q) => p.ratio - q.ratio);
}

/** The corner of `b` that is most like a corner of `a`; -1 without any. @param likeness set to the cosines of all */
function findBest(a: Features, index: number, b: Features, likeness: Float32Array): number {
  const wanted = a.descriptors.subarray(index * DESCRIPTOR, (index + 1) * DESCRIPTOR);
  const { count, descriptors } = b;
  const { length } = wanted;
  let best = -1;
  for (let other = 0, at = 0; other < count; other += 1) {
    let sum = 0;
    for (let i = 0; i < length; i += 1, at += 1) sum += wanted[i]! * descriptors[at]!;
    likeness[other] = sum;
    if (best < 0 || sum > likeness[best]!) best = other;
  }
  return best;
}

/** The largest likeness elsewhere: one place shows at several levels. */
function nextBest({ count, places, scales }: Features, likeness: Float32Array, best: number): number {
  const limit = (SAME_PLACE * scales[best]!) ** 2;
  let next = -1;
  for (let other = 0; other < count; other += 1) {
    if (likeness[other]! <= next) continue;
    if ((places[2 * other]! - places[2 * best]!) ** 2 + (places[2 * other + 1]! - places[2 * best + 1]!) ** 2 > limit)
      next = likeness[other]!;
  }
  return next;
}

/**
 * The largest set of matches that agree on a turn, a scale and a shift: random sample consensus (Fischler and Bolles
 * 1981) with the most distinct matches first (Chum and Matas 2005), all pairs of which are tried.
 */
async function agree(candidates: readonly Candidate[], pauses: Pauses): Promise<readonly Candidate[]> {
  const tried = candidates.slice(0, BEST_MATCHES);
  let largest: readonly Candidate[] = [];
  for (const [index, first] of tried.entries()) {
    if (pauses.isDue) await pauses.take();
    for (const second of tried.slice(0, index)) {
      const map = fitSimilarity(first, second);
      if (!map) continue;
      const agreeing = candidates.filter((match) => isNearBy(map, match));
      if (agreeing.length > largest.length) largest = agreeing;
    }
  }
  return largest;
}

function isNearBy([a, b, c, d, e, f]: Affine, { from, to, toScale }: Candidate): boolean {
  const x = a * from[0] + b * from[1] + c - to[0];
  const y = d * from[0] + e * from[1] + f - to[1];
  return x * x + y * y <= (TOLERANCE * toScale) ** 2;
}

/** The turn, scale and shift through two matches; null where these are too close to each other. */
function fitSimilarity(p: Candidate, q: Candidate): Affine | null {
  const [x, y] = [q.from[0] - p.from[0], q.from[1] - p.from[1]];
  const [u, v] = [q.to[0] - p.to[0], q.to[1] - p.to[1]];
  const square = x * x + y * y;
  const isApart = (dx: number, dy: number, scale: number): boolean => dx * dx + dy * dy > (4 * SAME_PLACE * scale) ** 2;
  if (!isApart(x, y, Math.max(p.fromScale, q.fromScale)) || !isApart(u, v, Math.max(p.toScale, q.toScale))) return null;
  const [cos, sin] = [(u * x + v * y) / square, (v * x - u * y) / square];
  return [
    cos,
    -sin,
    p.to[0] - cos * p.from[0] + sin * p.from[1],
    sin,
    cos,
    p.to[1] - sin * p.from[0] - cos * p.from[1],
  ];
}

/** Matches at different places of both pictures. */
function countPlaces(matches: readonly Candidate[]): number {
  const kept: Candidate[] = [];
  const isNear = (a: readonly [number, number], b: readonly [number, number], scale: number): boolean =>
    Math.hypot(a[0] - b[0], a[1] - b[1]) < SAME_PLACE * scale;
  for (const match of matches) {
    if (
      !kept.some(
        (other) => isNear(match.from, other.from, match.fromScale) || isNear(match.to, other.to, match.toScale),
      )
    )
      kept.push(match);
  }
  return kept.length;
}
