import { damaged } from '../codec/inspection.js';
import type { FitsHeader } from './header.js';

/** How the numbers of an array become samples: value = zero + scale x number. */
export interface FitsValues {
  /** Bits of a number; negative: of a float. */
  readonly bitpix: number;
  readonly scale: number;
  readonly zero: number;
  /** The number that stands for a missing sample; null: none. Floats have NaN instead. */
  readonly blank: number | null;
}

/** Numbers of one type, as they are in the file. */
export type FitsNumbers = Uint8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

/** What a header says of its numbers. Throws ImageProblem where that makes no values. */
export function readValues(header: FitsHeader): FitsValues {
  const [bitpix, scale, zero] = [header.number('BITPIX', 0), header.number('BSCALE', 1), header.number('BZERO', 0)];
  if (!Number.isFinite(scale) || scale === 0 || !Number.isFinite(zero))
    throw damaged(`it says BSCALE ${scale} and BZERO ${zero}, which make no values`);
  const blank = header.value('BLANK');
  return { bitpix, scale, zero, blank: bitpix > 0 && Number.isInteger(blank) ? (blank as number) : null };
}

/** The value of a number. Integers of 64 bits are added as such: those beyond 2^53 would be rounded before. */
export function toValue(number: number | bigint, { scale, zero }: FitsValues): number {
  const exact = toExactValue(number, { scale, zero });
  return exact === null ? zero + scale * Number(number) : Number(exact);
}

/** The same as an integer of any size, where it is the sum of integers of 64 bits; else null. */
export function toExactValue(
  number: number | bigint,
  { scale, zero }: Pick<FitsValues, 'scale' | 'zero'>,
): bigint | null {
  return typeof number === 'bigint' && scale === 1 && Number.isInteger(zero) ? number + BigInt(zero) : null;
}

/** Whether the numbers are the values. */
export const isPlain = ({ scale, zero }: FitsValues): boolean => scale === 1 && zero === 0;

/** Big-endian bytes as numbers; the bytes are turned round where they are, and must be aligned. */
export function toNumbers(bitpix: number, bytes: Buffer): FitsNumbers {
  const { buffer, byteOffset, length } = bytes;
  const array = buffer as ArrayBuffer;
  switch (bitpix) {
    case 8:
      return new Uint8Array(array, byteOffset, length);
    case 16:
      bytes.swap16();
      return new Int16Array(array, byteOffset, length / 2);
    case 32:
      bytes.swap32();
      return new Int32Array(array, byteOffset, length / 4);
    case 64:
      bytes.swap64();
      return new BigInt64Array(array, byteOffset, length / 8);
    case -32:
      bytes.swap32();
      return new Float32Array(array, byteOffset, length / 4);
    default:
      bytes.swap64();
      return new Float64Array(array, byteOffset, length / 8);
  }
}
