import { frameBytes } from '../../image/frame.js';
import type { AnyFrameSize } from '../../image/frame.js';
import { bandEnd, contextBytes, contextOf, fillBytes, fillMissing } from '../../image/missing/fill.js';
import type { Continuation } from '../../image/missing/fill.js';
import type { ImageSource } from '../../image/source.js';
import { garbage } from '../../runtime/garbage.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Scope } from '../../runtime/scope.js';
import type { SceneBand, SceneRows } from './scene-stream.js';
import { cutSource } from './window-rows.js';

/** The last rows of a scene that are read together, at least: those beyond it are reflected from them. */
const LEAST_ROWS = 4;
/** Rows that are given at a time. */
export const FILLED_ROWS = bandEnd(0);
/** The same, at most. */
const MOST_ROWS = FILLED_ROWS + LEAST_ROWS;

/** Bytes of the rows that are read at a time, and what filling them takes. */
export function filledRowsBytes(size: AnyFrameSize, isMasked: boolean): number {
  const band = frameBytes({ ...size, height: Math.min(size.height, MOST_ROWS) });
  if (!isMasked) return band;
  // Valid pixels of the rows before are let go of a little later.
  return contextBytes(size) + fillBytes(size) + band + size.width * MOST_ROWS;
}

/** Rows of a scene without gaps, as they are in the whole frame without gaps. */
export class FilledRows implements SceneRows {
  readonly height: number;
  readonly #source: ImageSource;
  readonly #continuation: Continuation;
  readonly #scope: Scope;
  readonly #pauses: Pauses;
  #givenBytes = 0;

  constructor(source: ImageSource, continuation: Continuation, scope: Scope) {
    this.height = source.header.height;
    this.#source = source;
    this.#continuation = continuation;
    this.#scope = scope;
    this.#pauses = new Pauses(scope.signal);
  }

  async read(row: number): Promise<SceneBand> {
    garbage.add(this.#givenBytes);
    garbage.settle(() => this.#scope.binding.trimHeap());
    const { header, isMasked } = this.#source;
    const end = bandEnd(row) + LEAST_ROWS > this.height ? this.height : bandEnd(row);
    const context = isMasked ? contextOf(row, this.height) : { top: row, count: end - row };
    const known = await this.#source.readRows(context, this.#scope.signal);
    this.#givenBytes = frameBytes({ ...header, height: context.count + (isMasked ? end - row : 0) });
    const { frame, valid } = cutSource(known, row - context.top, end - row);
    if (!valid) return { top: row, frame, valid };
    const window = {
      top: row,
      height: this.height,
      readRows: async (rows: typeof context) =>
        rows.top === context.top ? known : this.#source.readRows(rows, this.#scope.signal),
    };
    const filled = await fillMissing(frame, valid, this.#pauses, window, this.#continuation);
    return { top: row, frame: filled, valid };
  }
}
