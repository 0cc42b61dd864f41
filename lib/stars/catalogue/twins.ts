import type { Vector } from '../../math/linear.js';
import type { Pauses } from '../../runtime/pauses.js';
import { toRad } from '../sky/angles.js';
import { skyDirection } from '../sky/catalogue.js';
import type { TableStar } from '../sky/star-table.js';

/** An arc second. */
const TWIN_DEGREES = 1 / 3600;
const TWIN_RAD = toRad(TWIN_DEGREES);
/** Of a cube of directions: stars within an arc second of one are in at most 8 of them. */
const CELL = 2 * TWIN_RAD;
/** Beyond an arc second, for what rounding does to a direction. */
const REACH = TWIN_RAD * (1 + 1e-6);
/** What finding the twins of a star takes: a link, and up to two heads. */
export const TWIN_BYTES = 12;
const NONE = -1;

/**
 * Stars without those that are within an arc second of a brighter one that is kept, in the same order. Rejects with
 * the signal's reason. @param stars brightest first
 */
export async function withoutTwins(stars: readonly TableStar[], pauses: Pauses): Promise<TableStar[]> {
  const kept: TableStar[] = [];
  const cells = new Cells(stars.length);
  for (const star of stars) {
    if (pauses.isDue) await pauses.take();
    const place = skyDirection(star.raDegrees, star.decDegrees);
    if (cells.some(place, (other) => isNear(star, kept[other]!))) continue;
    cells.add(place, kept.length);
    kept.push(star);
  }
  return kept;
}

/**
 * Stars that are kept, by the cubes that their directions are in. A cube holds few, as none are within an arc second
 * of another.
 */
class Cells {
  readonly #heads: Int32Array;
  readonly #links: Int32Array;

  constructor(most: number) {
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(2, most)))).fill(NONE);
    this.#links = new Int32Array(most);
  }

  add(place: Vector, star: number): void {
    const [x, y, z] = place.map(cellOf) as [number, number, number];
    const slot = this.#slotOf(x, y, z);
    this.#links[star] = this.#heads[slot]!;
    this.#heads[slot] = star;
  }

  /** Whether one of the stars around a place is so; stars that are far away may be asked for too. */
  some([x, y, z]: Vector, isSo: (star: number) => boolean): boolean {
    for (let i = cellOf(x - REACH); i <= cellOf(x + REACH); i += 1)
      for (let j = cellOf(y - REACH); j <= cellOf(y + REACH); j += 1)
        for (let k = cellOf(z - REACH); k <= cellOf(z + REACH); k += 1)
          for (let star = this.#heads[this.#slotOf(i, j, k)]!; star !== NONE; star = this.#links[star]!)
            if (isSo(star)) return true;
    return false;
  }

  #slotOf(x: number, y: number, z: number): number {
    let hash = Math.imul(x, 73_856_093) ^ Math.imul(y, 19_349_663) ^ Math.imul(z, 83_492_791);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & (this.#heads.length - 1);
  }
}

const cellOf = (part: number): number => Math.floor(part / CELL);

/** The chord, which holds at the poles and across 0 hours too. */
function isNear(one: TableStar, other: TableStar): boolean {
  const [a, b] = [toRad(one.decDegrees), toRad(other.decDegrees)];
  const across = Math.sin(toRad(one.raDegrees - other.raDegrees) / 2);
  const up = Math.sin((a - b) / 2);
  const half = Math.hypot(up, Math.sqrt(Math.cos(a) * Math.cos(b)) * across);
  return 2 * half <= TWIN_RAD;
}
