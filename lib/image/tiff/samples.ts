import { halfToNumber } from '../../math/half.js';
import { unsupported } from '../codec/inspection.js';

/** How a sample is stored; packed ones are unsigned integers of 1, 2, 4 and 9 to 15 bits without gaps. */
export type SampleType = 'packed' | 'uint8' | 'uint16' | 'float32' | 'float16' | 'int8' | 'int16';

/** Types that frames have, and those whose every value is a 32-bit float. */
const FRAME_DEPTHS = { uint8: 8, uint16: 16, float32: 32, float16: 32, int8: 32, int16: 32 } as const;
/** SampleFormat (TIFF 6.0, section 19), and how kinds are called. */
const FORMAT_NAMES: Readonly<Record<number, string>> = {
  1: 'unsigned integers',
  2: 'signed integers',
  3: 'floats',
  5: 'complex integers',
  6: 'complex floats',
};
const TYPES: Readonly<Record<string, SampleType>> = {
  '1:8': 'uint8',
  '1:16': 'uint16',
  '2:8': 'int8',
  '2:16': 'int16',
  '3:16': 'float16',
  '3:32': 'float32',
};
/** Samples of less than a byte: parts of white that bytes have, too. */
const FEW_BITS: readonly number[] = [1, 2, 4];
/** Undefined: what nobody said is an unsigned integer, as decoders take it. */
const UNDEFINED_FORMAT = 4;

/** The type of samples of a format and a number of bits. Throws ImageProblem for those that are not read, by name. */
export function sampleTypeOf(format: number, bits: number): SampleType {
  const known = format === UNDEFINED_FORMAT ? 1 : format;
  const type = TYPES[`${known}:${bits}`];
  if (type) return type;
  if (known === 1 && (FEW_BITS.includes(bits) || (bits > 8 && bits < 16))) return 'packed';
  const kind = FORMAT_NAMES[format] ?? `of the unknown format ${format}`;
  const remedy = format === 1 ? 'write unsigned integers of 8 or 16 bits' : 'write 32-bit floats';
  throw unsupported(`its samples are ${kind} of ${bits} bits`, remedy);
}

/** Bits per sample of the frame that holds such samples exactly. */
export function frameDepthOf(type: SampleType, bits: number): 8 | 16 | 32 {
  if (type === 'packed') return bits < 8 ? 8 : 16;
  return FRAME_DEPTHS[type];
}

/** What stored samples are multiplied by: 255 is white of those of less than a byte, as it is of bytes. */
export function byteScale(bits: number): number {
  return bits < 8 ? 255 / (2 ** bits - 1) : 1;
}

/** Bytes of a sample that is not packed. */
export const SAMPLE_BYTES = { packed: 1, uint8: 1, int8: 1, uint16: 2, int16: 2, float16: 2, float32: 4 } as const;

/** How the samples of a frame are stored, by its depth. */
export const TYPE_OF_DEPTH = { 8: 'uint8', 16: 'uint16', 32: 'float32' } as const;

/** Samples of a frame. */
export type FrameSamples = Uint8Array | Uint16Array | Float32Array;

/** Stored whole samples, in the byte order of this machine, as those of a frame: the same memory where it can be. */
export function toFrameSamples(bytes: Uint8Array, type: Exclude<SampleType, 'packed'>): FrameSamples {
  const { buffer, byteOffset, length } = bytes;
  switch (type) {
    case 'uint8':
      return bytes;
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, length / 2);
    case 'float32':
      return new Float32Array(buffer, byteOffset, length / 4);
    case 'int8':
      return Float32Array.from(new Int8Array(buffer, byteOffset, length));
    case 'int16':
      return Float32Array.from(new Int16Array(buffer, byteOffset, length / 2));
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, length / 2), halfToNumber);
  }
}

/** Samples of some bits, the highest first; rows of `count` samples begin with whole bytes. */
export function unpackSamples(rows: Uint8Array, count: number, bits: number): Uint8Array | Uint16Array {
  const rowBytes = Math.ceil((count * bits) / 8);
  const rowCount = rows.length / rowBytes;
  const samples = bits > 8 ? new Uint16Array(rowCount * count) : new Uint8Array(rowCount * count);
  const mask = (1 << bits) - 1;
  for (let row = 0; row < rowCount; row += 1) {
    let [at, held, heldBits] = [row * rowBytes, 0, 0];
    for (let index = row * count; index < (row + 1) * count; index += 1) {
      for (; heldBits < bits; heldBits += 8, at += 1) held = (held << 8) | rows[at]!;
      heldBits -= bits;
      samples[index] = (held >>> heldBits) & mask;
    }
  }
  return samples;
}
