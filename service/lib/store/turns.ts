/** Lets things be done one at a time: all, or those under the same name. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs once everything that was asked for before under this name is done. */
  async take<T>(name: string, run: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const mine = before.then(run, run);
    const settled = mine.catch(() => {});
    this.#last.set(name, settled);
    try {
      return await mine;
    } finally {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    }
  }
}
