import { SHARED } from '../runtime/native/network.js';

/** How far around a pixel channels must be equal to share their residuals: beyond it, a blurred colour would show. */
export const EQUAL_REACH = 2;
const SPAN = 2 * EQUAL_REACH + 1;

/** Bytes that `EqualRows` holds. */
export const equalBytes = (width: number): number => (SPAN + 1) * width;

/**
 * Where channels of a pass's input are equal, as sums of `SHARED`: what the network answers them may differ by some
 * rounding, and grey would not stay grey. A pixel alone says nothing: colours that blur into each other pass through
 * grey. Windows end at the rims of the pass.
 */
export class EqualRows {
  readonly #width: number;
  readonly #here: Uint8Array;
  /** Of the last rows: the channels equal in a window of one row; null where there are none. */
  readonly #recent: (Uint8Array | null)[] = [];
  readonly #memory: readonly Uint8Array[];
  #row = 0;

  constructor(width: number) {
    this.#width = width;
    this.#here = new Uint8Array(width);
    this.#memory = Array.from({ length: SPAN }, () => new Uint8Array(width));
  }

  /** Takes the next row of the pass. */
  add(row: Uint8Array): void {
    const slot = this.#row % SPAN;
    const target = this.#memory[slot]!;
    this.#recent[slot] = this.#findEqual(row) && this.#narrow(target) ? target : null;
    this.#row += 1;
  }

  /** Takes a row below the last one, of which nothing is asked. */
  addNothing(): void {
    const slot = this.#row % SPAN;
    this.#recent[slot] = this.#memory[slot]!.fill(7);
    this.#row += 1;
  }

  /** Writes the channels of the row `EQUAL_REACH` above the newest; returns whether there are any. */
  write(target: Uint8Array): boolean {
    if (this.#recent.some((row) => row === null)) return false;
    const [first, ...others] = this.#recent;
    target.set(first!);
    for (const other of others) {
      for (let column = 0; column < this.#width; column += 1) target[column]! &= other![column]!;
    }
    return true;
  }

  /** Compares the channels of each pixel. */
  #findEqual(row: Uint8Array): boolean {
    let isAny = 0;
    for (let column = 0, index = 0; column < this.#width; column += 1, index += 3) {
      const [red, green, blue] = [row[index], row[index + 1], row[index + 2]];
      const bits =
        (red === green ? SHARED.redGreen : 0) |
        (green === blue ? SHARED.greenBlue : 0) |
        (red === blue ? SHARED.redBlue : 0);
      this.#here[column] = bits;
      isAny |= bits;
    }
    return isAny !== 0;
  }

  /** What is equal at all pixels up to `EQUAL_REACH` to the left and right. */
  #narrow(target: Uint8Array): boolean {
    const here = this.#here;
    let isAny = 0;
    for (let column = 0; column < here.length; column += 1) {
      let bits = here[column]!;
      for (let side = 1; bits !== 0 && side <= EQUAL_REACH; side += 1)
        bits &= (here[column - side] ?? bits) & (here[column + side] ?? bits);
      target[column] = bits;
      isAny |= bits;
    }
    return isAny !== 0;
  }
}
