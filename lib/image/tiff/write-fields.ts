import type { TiffField } from '../metadata/image-metadata.js';

const [SHORT, LONG, LONG8] = [3, 4, 16];

/** A field of numbers of 16 bits. */
export function shorts(tag: number, values: readonly number[]): TiffField {
  const data = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) data.writeUInt16LE(value, 2 * index);
  return { tag, type: SHORT, count: values.length, data };
}

/** A field of numbers of 32 bits. */
export function longs(tag: number, values: readonly number[]): TiffField {
  const data = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) data.writeUInt32LE(value, 4 * index);
  return { tag, type: LONG, count: values.length, data };
}

/** A field of numbers of 64 bits, below 2^53. */
export function longs8(tag: number, values: readonly number[]): TiffField {
  const data = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) data.writeBigUInt64LE(BigInt(value), 8 * index);
  return { tag, type: LONG8, count: values.length, data };
}
