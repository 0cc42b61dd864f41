import type { Scope } from './scope.js';

/** What the generator shares with its pieces. It knows nothing of the generator, which may be forgotten. */
interface Run<Piece> {
  pieces: AsyncGenerator<Piece, void, void> | null;
  aborted: { readonly reason: unknown } | null;
  isEnding: boolean;
}

/** A generator that was dropped half-way would hold its memory for ever, and others would wait for it. */
const forgotten = new FinalizationRegistry<AsyncGenerator<unknown, void, void>>(endUnheard);

/**
 * What an operation gives piece by piece. It begins when the first piece is asked for. Where its scope is aborted while
 * nobody asks for a piece, it ends all the same, and whoever asks next is told the reason. It also ends where it is
 * collected.
 */
export class ScopedGenerator<Piece> implements AsyncGenerator<Piece, void, void> {
  readonly #run: Run<Piece> = { pieces: null, aborted: null, isEnding: false };
  readonly #pieces: AsyncGenerator<Piece, void, void>;

  /** @param begin gives the scope, which lasts to the end of the generator; throws where there can be none */
  constructor(begin: () => Scope, produce: (scope: Scope) => AsyncGenerator<Piece, void, void>) {
    this.#pieces = runPieces(this.#run, begin, produce);
    this.#run.pieces = this.#pieces;
    forgotten.register(this, this.#pieces);
  }

  async next(): Promise<IteratorResult<Piece, void>> {
    const result = await this.#pieces.next();
    const { aborted } = this.#run;
    if (!result.done || !aborted) return result;
    this.#run.aborted = null;
    throw aborted.reason;
  }

  return(): Promise<IteratorResult<Piece, void>> {
    this.#run.isEnding = true;
    return this.#pieces.return();
  }

  throw(error: unknown): Promise<IteratorResult<Piece, void>> {
    this.#run.isEnding = true;
    return this.#pieces.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

async function* runPieces<Piece>(
  run: Run<Piece>,
  begin: () => Scope,
  produce: (scope: Scope) => AsyncGenerator<Piece, void, void>,
): AsyncGenerator<Piece, void, void> {
  using scope = begin();
  const { signal } = scope;
  const pieces = produce(scope);
  let isAsked = true;
  const end = (): void => {
    if (isAsked || run.isEnding) return;
    run.aborted = { reason: signal.reason };
    if (run.pieces) endUnheard(run.pieces); // Whoever asks next is told the reason.
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

function endUnheard(pieces: AsyncGenerator<unknown, void, void>): void {
  pieces.return().catch(() => {});
}
