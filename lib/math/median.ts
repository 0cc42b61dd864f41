import { Pauses } from '../runtime/pauses.js';

/** The value at the middle of an order, the later one of two; undefined without any. */
export function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/**
 * {@link median} of many values, NaN and infinite ones left out; NaN without any. By Hoare's selection, in linear time.
 */
export async function medianOfMany(values: Float32Array, pauses = new Pauses()): Promise<number> {
  const known = values.filter((value) => Number.isFinite(value));
  const rank = known.length >> 1;
  let [low, high] = [0, known.length - 1];
  while (low < high) {
    if (pauses.isDue) await pauses.take();
    const [below, above] = partition(known, low, high, known[(low + high) >> 1]!);
    if (rank <= below) high = below;
    else if (rank >= above) low = above;
    else return known[rank]!;
  }
  return known[rank] ?? NaN;
}

/** Moves what is below the pivot before what is above; returns where the one ends and the other begins. */
function partition(values: Float32Array, low: number, high: number, pivot: number): readonly [number, number] {
  let [i, j] = [low, high];
  while (i <= j) {
    while (values[i]! < pivot) i += 1;
    while (values[j]! > pivot) j -= 1;
    if (i > j) break;
    [values[i], values[j]] = [values[j]!, values[i]!];
    i += 1;
    j -= 1;
  }
  return [j, i];
}
