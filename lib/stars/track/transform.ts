import type { Place } from '../sky/place.js';

/** How a field moves between two frames: turned about pixel (0, 0), then shifted. */
export interface FieldMotion {
  /** Of the angle by which it turns, from x to y: clockwise in a picture. */
  readonly cos: number;
  readonly sin: number;
  /** The shift in pixels. */
  readonly dx: number;
  readonly dy: number;
}

/** Stars that vote for a shift, the brightest. */
const VOTERS = 24;
/** Pairs agree on a shift within this distance. */
const AGREEMENT_PX = 3;
/** The part of the stars that must agree, and how many at least. */
const LEAST_PART = 0.4;
const LEAST_VOTES = 3;

/** Where a place goes. */
export function move({ cos, sin, dx, dy }: FieldMotion, { x, y }: Place): Place {
  return { x: cos * x - sin * y + dx, y: sin * x + cos * y + dy };
}

/**
 * The least-squares rotation and shift that takes places to others, pair by pair; null without any. One pair only tells
 * the shift.
 */
export function fitMotion(pairs: readonly (readonly [Place, Place])[]): FieldMotion | null {
  if (pairs.length === 0) return null;
  const mean = (pick: (pair: readonly [Place, Place]) => number): number =>
    pairs.reduce((sum, pair) => sum + pick(pair), 0) / pairs.length;
  const [ax, ay, bx, by] = [mean(([a]) => a.x), mean(([a]) => a.y), mean(([, b]) => b.x), mean(([, b]) => b.y)];
  let [along, across] = [0, 0];
  for (const [a, b] of pairs) {
    along += (a.x - ax) * (b.x - bx) + (a.y - ay) * (b.y - by);
    across += (a.x - ax) * (b.y - by) - (a.y - ay) * (b.x - bx);
  }
  const size = Math.hypot(along, across);
  const [cos, sin] = size > 0 ? [along / size, across / size] : [1, 0];
  return { cos, sin, dx: bx - cos * ax + sin * ay, dy: by - sin * ax - cos * ay };
}

/** The shift that brings most of some places onto others; null where too few agree. @param from, to brightest first */
export function voteShift(from: readonly Place[], to: readonly Place[]): FieldMotion | null {
  const [some, others] = [from.slice(0, VOTERS), to.slice(0, VOTERS)];
  let best: FieldMotion | null = null;
  let most = Math.max(LEAST_VOTES, LEAST_PART * Math.min(some.length, others.length)) - 1;
  for (const a of some) {
    for (const b of others) {
      const [dx, dy] = [b.x - a.x, b.y - a.y];
      const votes = some.filter(({ x, y }) =>
        others.some((other) => Math.hypot(other.x - x - dx, other.y - y - dy) < AGREEMENT_PX),
      ).length;
      if (votes > most) [best, most] = [{ cos: 1, sin: 0, dx, dy }, votes];
    }
  }
  return best;
}
