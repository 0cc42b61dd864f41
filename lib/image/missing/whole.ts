import type { AnyFrameSize, Region } from '../frame.js';

/**
 * Whether no pixel of a part of a frame is missing.
 * @param valid one byte per pixel, 0 where it is missing; null: none is
 */
export function isWhole(valid: Uint8Array | null, frameWidth: number, { left, top, width, height }: Region): boolean {
  if (!valid) return true;
  for (let y = top; y < top + height; y += 1) {
    const first = y * frameWidth + left;
    if (valid.subarray(first, first + width).includes(0)) return false;
  }
  return true;
}

/** Pixels of a frame that are there. */
export function countValid(
  { width, height }: Pick<AnyFrameSize, 'width' | 'height'>,
  valid: Uint8Array | null,
): number {
  if (!valid) return width * height;
  let count = 0;
  for (let pixel = 0; pixel < valid.length; pixel += 1) if (valid[pixel] !== 0) count += 1;
  return count;
}
