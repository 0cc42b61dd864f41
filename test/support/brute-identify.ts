import { stars } from '../../lib/index.js';
import { transform } from '../../lib/math/linear.js';

/** The attitude that explains most stars, and how many. */
export interface BestAttitude {
  readonly matrix: stars.Matrix3;
  readonly matched: number;
}

const distance = (a: stars.Vector, b: stars.Vector): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
const handOf = (a: stars.Vector, b: stars.Vector, c: stars.Vector): number =>
  a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0]);

/**
 * Every triangle of the frame against every triangle of the catalogue, without index or order: those whose three sides
 * and handedness agree give an attitude, and the one that explains most stars is the best. For small catalogues.
 * @param toleranceRad of a side, and of a star that is explained
 */
export function bruteForce(
  seen: readonly stars.Vector[],
  known: readonly stars.Vector[],
  toleranceRad: number,
): BestAttitude | null {
  let best: BestAttitude | null = null;
  for (const triangle of trianglesOf(seen.length)) {
    const sides = triangle.map((i) => seen[i]!);
    for (const found of sameTriangles(sides, known, toleranceRad)) {
      const pairs = sides.map((sensor, index) => ({ sensor, reference: known[found[index]!]!, sigmaRad: 1e-4 }));
      const { matrix } = stars.solveAttitude(pairs);
      const places = known.map((star) => transform(matrix, star));
      const matched = seen.filter((star) => places.some((place) => distance(star, place) < toleranceRad)).length;
      if (best === null || matched > best.matched) best = { matrix, matched };
    }
  }
  return best;
}

function* trianglesOf(count: number): Generator<readonly [number, number, number]> {
  for (let a = 0; a < count; a += 1)
    for (let b = a + 1; b < count; b += 1) for (let c = b + 1; c < count; c += 1) yield [a, b, c];
}

function* sameTriangles(
  [a, b, c]: readonly stars.Vector[],
  known: readonly stars.Vector[],
  tolerance: number,
): Generator<readonly [number, number, number]> {
  const [ab, bc, ca, hand] = [distance(a!, b!), distance(b!, c!), distance(c!, a!), handOf(a!, b!, c!)];
  for (const [i, one] of known.entries()) {
    for (const [j, two] of known.entries()) {
      if (Math.abs(distance(one, two) - ab) > tolerance) continue;
      for (const [k, three] of known.entries()) {
        if (Math.abs(distance(two, three) - bc) > tolerance || Math.abs(distance(three, one) - ca) > tolerance)
          continue;
        if (handOf(one, two, three) * hand > 0) yield [i, j, k];
      }
    }
  }
}
