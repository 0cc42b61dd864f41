import { blockBytes, blockRowBytes } from './layout.js';
import type { Layout } from './layout.js';
import { pieceRows } from './read-rows.js';
import { COMPRESSION } from './tags.js';

/** Whatever the picture, as measured: decoders as V8 compiles them, tables, and what the C library rounds up. */
const FIXED_BYTES = 8e6;
/** A module of WebAssembly, and the memory that it begins with. */
const ZSTD_BYTES = 6e6;
/** Blocks at a time: one is read while the one before is used. */
const BLOCKS_AT_A_TIME = 2;

/** What is known of the blocks of a picture. */
export interface BlockFacts {
  readonly count: number;
  /** Bytes of the largest as it is stored. */
  readonly most: number;
}

/** Most bytes that reading takes beside the rows themselves: blocks packed and unpacked, and the lists of places. */
export function decoderBytes(layout: Layout, { count, most }: BlockFacts): number {
  const lists = 2 * count * Float64Array.BYTES_PER_ELEMENT;
  const fixed = FIXED_BYTES + (layout.compression === COMPRESSION.zstd ? ZSTD_BYTES : 0);
  return Math.ceil(fixed + lists + BLOCKS_AT_A_TIME * pieceBytes(layout, most));
}

function pieceBytes(layout: Layout, packed: number): number {
  const { compression } = layout;
  const rows = pieceRows(layout) * blockRowBytes(layout);
  const converted = convertedBytes(layout);
  // From memory a copy is made, and from a file what is read.
  if (compression === COMPRESSION.none) return 2 * rows + converted;
  // The memory of WebAssembly holds both sides as well.
  const copies = compression === COMPRESSION.zstd ? 2 : 1;
  return copies * (packed + blockBytes(layout)) + converted;
}

/** Bytes of the samples of a piece that are not taken as they are stored. */
function convertedBytes(layout: Layout): number {
  const samples = pieceRows(layout) * layout.blockWidth * layout.blockBands;
  const { sampleType } = layout;
  if (sampleType === 'packed') return 2 * samples;
  return sampleType === 'int8' || sampleType === 'int16' || sampleType === 'float16' ? 4 * samples : 0;
}
