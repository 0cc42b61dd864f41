import type { PlannedBuffer } from '../../runtime/memory-plan.js';
import type { AnyFrameSize } from '../frame.js';
import { KEPT_MASK } from '../missing/masks.js';
import { decoderBytes } from './decoder-memory.js';
import { blockBytes } from './layout.js';
import type { Layout } from './layout.js';
import type { SampleType } from './samples.js';
import { COMPRESSION } from './tags.js';
import { deflateBound } from './write-description.js';

/** Bytes of strips, and the side of tiles, that most writers do not exceed. */
const [STRIP_BYTES, TILE_SIDE] = [2 ** 20, 512];
/** Types of stored samples, by the bits of those of frames: the one that takes more to read is told last. */
const TYPES: Readonly<Record<AnyFrameSize['depth'], readonly [SampleType, number][]>> = {
  8: [['uint8', 8]],
  16: [['uint16', 16]],
  32: [
    ['float32', 32],
    ['int16', 16],
  ],
};

/**
 * What reading rows of a TIFF takes of which nothing but the size is known: it suffices for strips of 1 MB, or
 * of a row, for tiles of 512 x 512 pixels and for whatever is not packed, all bands in one plane or each in its own.
 * @param hasMask whether a mask of bits or bytes is in the file or beside it
 */
export function usualReadingBuffers(size: AnyFrameSize, rows: number, hasMask: boolean): PlannedBuffer[] {
  const { width, height } = size;
  const decoder = { name: 'decoder', bytes: usualDecoderBytes(size) };
  if (!hasMask) return [decoder];
  return [
    decoder,
    { name: 'decoder of the mask', bytes: usualDecoderBytes({ width, height, channels: 1, depth: 8 }) },
    { name: KEPT_MASK, bytes: width * rows },
    // As it is stored, and as it is read.
    { name: 'masks', bytes: 2 * width * rows },
  ];
}

function usualDecoderBytes(size: AnyFrameSize): number {
  const layouts = TYPES[size.depth].flatMap(([sampleType, bits]) => layoutsOf(size, sampleType, bits));
  return Math.max(...layouts.map(bytesOf));
}

function bytesOf(layout: Layout): number {
  // Strips may be of a row each, and of each band.
  return decoderBytes(layout, { count: layout.height * layout.bands, most: deflateBound(blockBytes(layout)) });
}

/** One strip that is not packed, tiles, and strips: in one plane blocks are larger. */
function layoutsOf({ width, height, channels: bands }: AnyFrameSize, sampleType: SampleType, bits: number): Layout[] {
  const rowBytes = (width * bands * bits) / 8;
  const stripRows = Math.min(height, Math.max(1, Math.floor(STRIP_BYTES / rowBytes)));
  const { none, zstd } = COMPRESSION;
  const picture = { width, height, bands, sampleType, bits, isPlanar: false, blockBands: bands, isBig: false };
  const strips = { ...picture, isTiled: false, blockWidth: width, across: 1, predictor: 1 };
  const down = Math.ceil(height / TILE_SIDE);
  return [
    { ...strips, blockHeight: height, down: 1, compression: none },
    { ...strips, blockHeight: stripRows, down: Math.ceil(height / stripRows), compression: zstd },
    {
      ...{ ...strips, isTiled: true, blockWidth: TILE_SIDE, blockHeight: TILE_SIDE },
      ...{ across: Math.ceil(width / TILE_SIDE), down, compression: zstd },
    },
  ];
}
