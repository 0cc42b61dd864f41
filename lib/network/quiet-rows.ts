/**
 * How far around a pixel the input must be constant for its residual to be taken as nothing, in pixels. No model
 * restores blurs that reach so far; what it finds there is rounding, and the black that convolutions pad with.
 */
export const QUIET_REACH = 16;
const SPAN = 2 * QUIET_REACH + 1;

/** Bytes that `QuietRows` holds. */
export const quietBytes = (width: number): number => 4 * width;

/**
 * Where the input of a pass is constant: a network of 8 bits answers a constant with 1/255 of rounding, and with more
 * at the rim, which would show in a uniform sky. Windows end at the rims of the pass.
 */
export class QuietRows {
  readonly #width: number;
  /** Rows, up to `SPAN`, that have been constant from here upwards, in a window as wide. */
  readonly #runs: Uint8Array;
  readonly #above: Uint8Array;
  #isFirst = true;
  /** Whether a run is longer than 0. */
  #hasRuns = false;

  constructor(width: number) {
    this.#width = width;
    this.#runs = new Uint8Array(width);
    this.#above = new Uint8Array(width * 3);
  }

  /** Takes the next row of the pass. */
  add(row: Uint8Array): void {
    const runs = this.#runs;
    // Above the first row nothing changes.
    const first = this.#isFirst ? QUIET_REACH + 1 : 1;
    this.#isFirst = false;
    let end = 0;
    for (const [from, to] of constantParts(row, this.#width)) {
      if (this.#hasRuns) runs.fill(0, end, from);
      for (let column = from; column < to; column += 1) {
        const run = this.#hasRuns && this.#isAsAbove(row, column) ? runs[column]! + 1 : first;
        runs[column] = Math.min(SPAN, run);
      }
      end = to;
    }
    if (this.#hasRuns) runs.fill(0, end);
    this.#hasRuns = end > 0;
    if (this.#hasRuns) this.#above.set(row);
  }

  /** Takes a row below the last one, where nothing changes. */
  addNothing(): void {
    const runs = this.#runs;
    for (let column = 0; column < runs.length; column += 1) {
      if (runs[column]! > 0) runs[column] = Math.min(SPAN, runs[column]! + 1);
    }
  }

  /** Adds `bit` where the row `QUIET_REACH` above the newest is quiet; returns whether it is anywhere. */
  write(target: Uint8Array, bit: number): boolean {
    if (!this.#hasRuns) return false;
    let isAny = false;
    for (let column = 0; column < this.#width; column += 1) {
      if (this.#runs[column] !== SPAN) continue;
      target[column]! |= bit;
      isAny = true;
    }
    return isAny;
  }

  #isAsAbove(row: Uint8Array, column: number): boolean {
    const [above, index] = [this.#above, 3 * column];
    return row[index] === above[index] && row[index + 1] === above[index + 1] && row[index + 2] === above[index + 2];
  }
}

/** The columns of a row around which `QUIET_REACH` pixels are constant on both sides, as [from, to). */
function constantParts(row: Uint8Array, width: number): [from: number, to: number][] {
  const parts: [number, number][] = [];
  let start = 0;
  for (let column = 1; column <= width; column += 1) {
    const index = 3 * column;
    const isSame =
      column < width &&
      row[index] === row[index - 3] &&
      row[index + 1] === row[index - 2] &&
      row[index + 2] === row[index - 1];
    if (isSame) continue;
    const from = start === 0 ? 0 : start + QUIET_REACH;
    const to = column === width ? width : column - QUIET_REACH;
    if (from < to) parts.push([from, to]);
    start = column;
  }
  return parts;
}
