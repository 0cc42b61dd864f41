import type { AnyFrameSize } from '../image/frame.js';
import { colourPlanes } from '../image/planes.js';
import type { ImageInput } from '../image/reading.js';
import { ImageError } from '../runtime/errors.js';

/**
 * What is measured: a file's path, a whole file in memory, or pixels of 8 or 16 bits or floats. No metric looks at
 * alpha, but for where it is 0: there a pixel is missing.
 */
export type MetricInput = ImageInput;

const bandsOf = (frame: AnyFrameSize): string => {
  const planes = colourPlanes(frame);
  if (planes === 1) return 'grey';
  return planes === 3 ? 'RGB' : `of ${planes} bands`;
};

/** Throws ImageError where two frames differ in size, bands or depth: they cannot be compared sample by sample. */
export function requireComparable(frame: AnyFrameSize, reference: AnyFrameSize): void {
  const refuse = (what: string, ours: string, theirs: string, remedy: string): ImageError =>
    new ImageError('IMAGE_INVALID', `The frame ${what} ${ours}, the reference ${theirs}; ${remedy}`);
  if (frame.width !== reference.width || frame.height !== reference.height) {
    throw refuse(
      'has',
      `${frame.width}x${frame.height} pixels`,
      `${reference.width}x${reference.height}`,
      'crop or resample one of them',
    );
  }
  if (colourPlanes(frame) !== colourPlanes(reference))
    throw refuse('is', bandsOf(frame), bandsOf(reference), 'convert one of them');
  if (frame.depth !== reference.depth)
    throw refuse('has samples of', `${frame.depth} bits`, `${reference.depth}`, 'convert one of them');
}
