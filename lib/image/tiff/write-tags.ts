import type { TiffField } from '../metadata/image-metadata.js';

/** Tags of TIFF 6.0 that describe how samples are stored. */
export const TAG = {
  subfileType: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planar: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

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
