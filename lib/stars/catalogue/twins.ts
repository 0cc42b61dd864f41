import type { TableStar } from '../sky/star-table.js';
import { toRad } from '../sky/angles.js';

/** An arc second. */
const TWIN_DEGREES = 1 / 3600;

/** Stars without those that are within an arc second of a brighter one that is kept. */
export function withoutTwins(stars: readonly TableStar[]): TableStar[] {
  const sorted = [...stars].sort((a, b) => a.decDegrees - b.decDegrees);
  const brighter = [...sorted.keys()].sort((a, b) => compare(sorted[a]!, sorted[b]!));
  const isLeft = new Uint8Array(sorted.length);
  for (const index of brighter) if (isLeft[index] === 0) leaveTwins(sorted, index, isLeft);
  return sorted.filter((_, index) => isLeft[index] === 0);
}

const compare = (a: TableStar, b: TableStar): number => a.magnitude - b.magnitude || a.number - b.number;

/** Marks the stars around one in both directions of the declination. */
function leaveTwins(sorted: readonly TableStar[], index: number, isLeft: Uint8Array): void {
  const one = sorted[index]!;
  for (const step of [-1, 1]) {
    for (let other = index + step; other >= 0 && other < sorted.length; other += step) {
      const star = sorted[other]!;
      if (Math.abs(star.decDegrees - one.decDegrees) > TWIN_DEGREES) break;
      if (isNear(one, star)) isLeft[other] = 1;
    }
  }
}

/** The chord, which holds at the poles and across 0 hours too. */
function isNear(one: TableStar, other: TableStar): boolean {
  const [a, b] = [toRad(one.decDegrees), toRad(other.decDegrees)];
  const across = Math.sin(toRad(one.raDegrees - other.raDegrees) / 2);
  const up = Math.sin((a - b) / 2);
  const half = Math.hypot(up, Math.sqrt(Math.cos(a) * Math.cos(b)) * across);
  return 2 * half <= toRad(TWIN_DEGREES);
}
