import type { PassShape } from '../runtime/native/binding.js';
import { EQUAL_REACH, EqualRows, equalBytes } from './equal-rows.js';
import { QUIET_REACH, QuietRows, quietBytes } from './quiet-rows.js';

/** Beside the bits of `SHARED`. */
const QUIET = 8;
const SHARED_BITS = 7;
/** Residual rows that a push or drain may give beyond a strip. */
const EXTRA_ROWS = 32;

/** Most pass rows from the oldest whose residual is still to come to the newest that was fed. */
export function pendingRows(delayRows: number, { height, stripRows }: PassShape): number {
  return Math.min(height, delayRows + 2 * stripRows + 16);
}

const blockRows = ({ stripRows }: PassShape): number => stripRows + EXTRA_ROWS;

/** Bytes that `Marks` holds. */
export function marksBytes(delayRows: number, pass: PassShape): number {
  const rows = pendingRows(delayRows, pass) + blockRows(pass);
  return rows * pass.width + equalBytes(pass.width) + quietBytes(pass.width);
}

/**
 * What the input of a pass says about its residual, pixel by pixel: where it must be nothing, and which channels must
 * share it. All of it depends on some pixels around each alone, and so not on how a frame is cut.
 */
export class Marks {
  readonly #pass: PassShape;
  readonly #equal: EqualRows;
  readonly #quiet: QuietRows;
  readonly #ringRows: number;
  readonly #ring: Uint8Array;
  readonly #isMarked: boolean[] = [];
  readonly #block: Uint8Array;
  #row = 0;

  constructor(delayRows: number, pass: PassShape) {
    this.#pass = pass;
    this.#equal = new EqualRows(pass.width);
    this.#quiet = new QuietRows(pass.width);
    this.#ringRows = pendingRows(delayRows, pass);
    this.#ring = new Uint8Array(this.#ringRows * pass.width);
    this.#block = new Uint8Array(blockRows(pass) * pass.width);
  }

  /** Takes the next rows of the pass. */
  add(rows: Uint8Array, count: number): void {
    const stride = this.#pass.width * 3;
    for (let index = 0; index < count; index += 1) {
      const row = rows.subarray(index * stride, (index + 1) * stride);
      this.#equal.add(row);
      this.#quiet.add(row);
      this.#settle();
    }
    if (this.#row < this.#pass.height) return;
    for (let beyond = 0; beyond < QUIET_REACH; beyond += 1) {
      this.#equal.addNothing();
      this.#quiet.addNothing();
      this.#settle();
    }
  }

  /** Sets the residuals of quiet pixels to 0; returns the channels that share theirs, null where there are none. */
  apply(row: number, count: number, residual: Int16Array): Uint8Array | null {
    const { width } = this.#pass;
    let isShared = 0;
    for (let index = 0; index < count; index += 1) {
      const marks = this.#block.subarray(index * width, (index + 1) * width);
      if (!this.#isMarked[(row + index) % this.#ringRows]) marks.fill(0);
      else {
        marks.set(this.#rowOf(row + index));
        isShared |= applyRow(marks, residual.subarray(3 * index * width, 3 * (index + 1) * width));
      }
    }
    return isShared === 0 ? null : this.#block.subarray(0, count * width);
  }

  /** Now the marks of rows not far above are known. */
  #settle(): void {
    const newest = this.#row;
    this.#row += 1;
    const equal = newest - EQUAL_REACH;
    // Below the frame, rows would overwrite others.
    if (equal >= 0 && equal < this.#pass.height) {
      const marks = this.#rowOf(equal);
      const isAny = this.#equal.write(marks);
      if (!isAny) marks.fill(0);
      this.#isMarked[equal % this.#ringRows] = isAny;
    }
    const quiet = newest - QUIET_REACH;
    if (quiet >= 0 && this.#quiet.write(this.#rowOf(quiet), QUIET)) this.#isMarked[quiet % this.#ringRows] = true;
  }

  #rowOf(row: number): Uint8Array {
    const start = (row % this.#ringRows) * this.#pass.width;
    return this.#ring.subarray(start, start + this.#pass.width);
  }
}

/** Applies the marks of a row and keeps those of channels; returns whether there are any of these. */
function applyRow(marks: Uint8Array, residual: Int16Array): number {
  let shared = 0;
  for (let column = 0; column < marks.length; column += 1) {
    const bits = marks[column]!;
    if (bits === 0) continue;
    if (bits & QUIET) residual.fill(0, 3 * column, 3 * column + 3);
    marks[column] = bits & SHARED_BITS;
    shared |= bits & SHARED_BITS;
  }
  return shared;
}
