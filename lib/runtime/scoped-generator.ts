import type { Scope } from './scope.js';

/**
 * What an operation gives piece by piece. It begins when the first piece is asked for. Where its scope is aborted while
 * nobody asks for a piece, it ends all the same, and whoever asks next is told the reason.
 */
export class ScopedGenerator<Piece> implements AsyncGenerator<Piece, void, void> {
  readonly #pieces: AsyncGenerator<Piece, void, void>;
  #aborted: { readonly reason: unknown } | null = null;
  #isEnding = false;

  /** @param begin gives the scope, which lasts to the end of the generator; throws where there can be none */
  constructor(begin: () => Scope, produce: (scope: Scope) => AsyncGenerator<Piece, void, void>) {
    this.#pieces = this.#run(begin, produce);
  }

  async next(): Promise<IteratorResult<Piece, void>> {
    const result = await this.#pieces.next();
    if (!result.done || !this.#aborted) return result;
    const { reason } = this.#aborted;
    this.#aborted = null;
    throw reason;
  }

  return(): Promise<IteratorResult<Piece, void>> {
    this.#isEnding = true;
    return this.#pieces.return();
  }

  throw(error: unknown): Promise<IteratorResult<Piece, void>> {
    this.#isEnding = true;
    return this.#pieces.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async *#run(
    begin: () => Scope,
    produce: (scope: Scope) => AsyncGenerator<Piece, void, void>,
  ): AsyncGenerator<Piece, void, void> {
    using scope = begin();
    const { signal } = scope;
    const pieces = produce(scope);
    let isAsked = true;
    const end = (): void => {
      if (isAsked || this.#isEnding) return;
      this.#aborted = { reason: signal.reason };
      this.#pieces.return().catch(() => {}); // Whoever asks next is told the reason.
    };
    signal.addEventListener('abort', end);
    try {
      for await (const piece of pieces) {
        signal.throwIfAborted();
        isAsked = false;
        yield piece;
        isAsked = true;
      }
    } finally {
      signal.removeEventListener('abort', end);
    }
  }
}
