/** The value made last, with what it was made for: frames of one camera have one size. */
export class Cached<Key, Value> {
  #last: { readonly key: string; readonly value: Value } | null = null;

  /** The value for a key of plain data: the last one where it is for the same, else what `make` gives. */
  get(key: Key, make: () => Value): Value {
    const text = JSON.stringify(key);
    if (this.#last?.key !== text) this.#last = { key: text, value: make() };
    return this.#last.value;
  }
}
