import type { Pauses } from '../../runtime/pauses.js';
import type { TableStar } from '../sky/star-table.js';

/** Stars that are sorted without a pause: about a millisecond. */
const RUN = 4096;
/** What a star on its way takes: its places in two arrays. */
export const SORT_BYTES = 16;

const compare = (a: TableStar, b: TableStar): number => a.magnitude - b.magnitude || a.number - b.number;

/** Stars brightest first, of the same magnitude by their numbers. Rejects with the signal's reason. */
export async function byMagnitude(stars: readonly TableStar[], pauses: Pauses): Promise<TableStar[]> {
  let from: TableStar[] = [];
  for (let start = 0; start < stars.length; start += RUN) {
    if (pauses.isDue) await pauses.take();
    for (const star of stars.slice(start, start + RUN).sort(compare)) from.push(star);
  }
  for (let size = RUN; size < stars.length; size *= 2) {
    const to: TableStar[] = [];
    for (let start = 0; start < stars.length; start += 2 * size) await merge(from, start, size, to, pauses);
    from = to;
  }
  return from;
}

/** Appends two runs, one after the other from a place on, as one. */
async function merge(
  from: readonly TableStar[],
  start: number,
  size: number,
  to: TableStar[],
  pauses: Pauses,
): Promise<void> {
  const [middle, end] = [Math.min(start + size, from.length), Math.min(start + 2 * size, from.length)];
  let [left, right] = [start, middle];
  while (left < middle || right < end) {
    if (to.length % RUN === 0 && pauses.isDue) await pauses.take();
    const isLeft = right === end || (left < middle && compare(from[left]!, from[right]!) <= 0);
    to.push(from[isLeft ? left++ : right++]!);
  }
}
