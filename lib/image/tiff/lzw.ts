import { damaged, unsupported } from '../codec/inspection.js';

/** Codes of TIFF 6.0, section 13. */
const [CLEAR, END, FIRST_FREE] = [256, 257, 258];
const MOST_CODES = 4096;
const [FEWEST_BITS, MOST_BITS] = [9, 12];

/** Where an {@link LzwDecoder} is. */
interface State {
  /** Of the next byte. */
  position: number;
  /** Bits that were taken from there and not yet used: the lowest `bitCount`. */
  bits: number;
  bitCount: number;
  /** Bits of a code. */
  width: number;
  /** The next code that gets a string. */
  free: number;
  /** Where the string before begins in the output, and its length; -1: there is none, as after a clear code. */
  start: number;
  length: number;
  /** Bytes of output. */
  written: number;
}

const BEGINNING: State = {
  position: 0,
  bits: 0,
  bitCount: 0,
  width: FEWEST_BITS,
  free: FIRST_FREE,
  start: -1,
  length: 0,
  written: 0,
};

/**
 * Unpacks LZW, codes from the highest bit on, into at most `most` bytes, whatever the codes say: more is an error.
 * Strings of the table are places in the output: each is the string before it and one byte more.
 */
export class LzwDecoder {
  readonly #packed: Uint8Array;
  readonly #output: Uint8Array;
  /** Where the string of a code begins in the output, and its length. */
  readonly #starts = new Uint32Array(MOST_CODES);
  readonly #lengths = new Uint32Array(MOST_CODES);
  readonly #state: State = { ...BEGINNING };
  #isDone = false;

  /** Throws ImageProblem for the reverse bit order of the 1980s. */
  constructor(packed: Uint8Array, most: number) {
    if (packed[0] === 0 && (packed[1]! & 1) === 1)
      throw unsupported('its LZW codes begin with their lowest bits, as before TIFF 5', 'write it again');
    this.#packed = packed;
    this.#output = new Uint8Array(most);
  }

  /** What is unpacked. */
  get output(): Uint8Array {
    return this.#output.subarray(0, this.#state.written);
  }

  /** Whether all is unpacked. The end of the data is as good as the code for it. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Unpacks some more codes. Throws ImageProblem for broken data. */
  step(codes: number): void {
    const [packed, output, starts, lengths] = [this.#packed, this.#output, this.#starts, this.#lengths];
    let { position, bits, bitCount, width, free, start, length, written } = this.#state;
    for (let count = 0; count < codes; count += 1) {
      for (; bitCount < width && position < packed.length; bitCount += 8, position += 1)
        bits = (bits << 8) | packed[position]!;
      bitCount -= width;
      const code = bitCount < 0 ? END : (bits >>> bitCount) & ((1 << width) - 1);
      if (code === END) {
        this.#isDone = true;
        break;
      }
      if (code === CLEAR) {
        [width, free, start] = [FEWEST_BITS, FIRST_FREE, -1];
        continue;
      }
      const isNew = code >= free;
      if (isNew && (code > free || start < 0)) throw damaged('its LZW data is broken');
      const from = isNew ? start : starts[code]!;
      const size = code < CLEAR ? 1 : isNew ? length + 1 : lengths[code]!;
      if (written + size > output.length) throw damaged('its LZW data unpacks to more than a strip or tile');
      // Byte by byte: a string may end in what it writes.
      if (code < CLEAR) output[written] = code;
      else for (let index = 0; index < size; index += 1) output[written + index] = output[from + index]!;
      // The string before and the byte that follows it get the next code. Codes become wider one code early.
      if (start >= 0 && free < MOST_CODES) {
        starts[free] = start;
        lengths[free] = length + 1;
        free += 1;
        if (free + 1 >= 1 << width && width < MOST_BITS) width += 1;
      }
      [start, length] = [written, size];
      written += size;
    }
    Object.assign(this.#state, { position, bits, bitCount, width, free, start, length, written });
  }
}
