/** Things in an order that is total, found in logarithmic time. What is in it must not change its place meanwhile. */
export class Sorted<T> implements Iterable<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #items: T[] = [];

  /** @param compare 0 for the same thing only */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  get items(): readonly T[] {
    return this.#items;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#items[Symbol.iterator]();
  }

  add(item: T): void {
    this.#items.splice(
      this.place((other) => this.#compare(other, item)),
      0,
      item,
    );
  }

  /** Whether it was there. */
  remove(item: T): boolean {
    const place = this.place((other) => this.#compare(other, item));
    if (this.#items[place] !== item) return false;
    this.#items.splice(place, 1);
    return true;
  }

  /** The place of the first thing that does not come before: `compare` is negative for those that do. */
  place(compare: (item: T) => number): number {
    let [low, high] = [0, this.#items.length];
    // Most come last.
    if (high > 0 && compare(this.#items[high - 1]!) < 0) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.#items[middle]!) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
