import { Pauses } from '../../runtime/pauses.js';
import { frameBytes } from '../frame.js';
import type { RowWindow, StoredImage } from '../stored.js';

/** Reads some rows of a mask, one byte per pixel, 0 where it is missing. */
export type ReadMask = (rows: RowWindow, signal: AbortSignal) => Promise<Uint8Array>;

/** Bytes of the picture that are decoded at a time. */
const PIECE_BYTES = 16e6;

/** What making and keeping the bits takes: a part of the picture, with its mask, and the bits of all pixels. */
export function bitMaskBytes(picture: StoredImage): number {
  const { width, height } = picture.header;
  const rows = rowsAtOnce(picture);
  return frameBytes({ ...picture.header, height: rows }) + rows * width + height * Math.ceil(width / 8);
}

function rowsAtOnce({ header }: StoredImage): number {
  return Math.min(header.height, Math.max(1, Math.floor(PIECE_BYTES / frameBytes({ ...header, height: 1 }))));
}

/**
 * A mask whose decoder begins at the top whichever rows are wanted: where some are, all are read once and kept as bits.
 * @param read reads rows of the picture itself
 */
export function keepAsBits(picture: StoredImage, read: ReadMask): ReadMask {
  const { width, height } = picture.header;
  let bits: Uint8Array | null = null;
  return async (rows, signal) => {
    if (rows.count === height) return read(rows, signal);
    const pauses = new Pauses(signal);
    bits ??= await readBits(picture, read, signal);
    const mask = new Uint8Array(width * rows.count);
    const rowBytes = Math.ceil(width / 8);
    for (let row = 0; row < rows.count; row += 1) {
      if (pauses.isDue) await pauses.take();
      const from = (rows.top + row) * rowBytes;
      for (let x = 0; x < width; x += 1) mask[row * width + x] = (bits[from + (x >> 3)]! >> (x & 7)) & 1;
    }
    return mask;
  };
}

/** The mask of a whole picture, one bit per pixel, 0 where it is missing; each row begins with a byte. */
export async function readBits(picture: StoredImage, read: ReadMask, signal: AbortSignal): Promise<Uint8Array> {
  const { width, height } = picture.header;
  const rowBytes = Math.ceil(width / 8);
  const bits = new Uint8Array(height * rowBytes);
  const step = rowsAtOnce(picture);
  const pauses = new Pauses(signal);
  for (let top = 0; top < height; top += step) {
    const count = Math.min(step, height - top);
    const mask = await read({ top, count }, signal);
    for (let row = 0; row < count; row += 1) {
      if (pauses.isDue) await pauses.take();
      const to = (top + row) * rowBytes;
      for (let x = 0; x < width; x += 1) if (mask[row * width + x] !== 0) bits[to + (x >> 3)]! |= 1 << (x & 7);
    }
  }
  return bits;
}
