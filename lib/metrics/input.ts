import type { AnyFrame, AnyFrameSize } from '../image/frame.js';
import type { ImageInput } from '../image/reading.js';
import { ImageError } from '../runtime/errors.js';
import type { Scope } from '../runtime/scope.js';

/**
 * What is measured: a file's path, a whole file in memory, or pixels of 8 or 16 bits or floats. A second or fourth
 * channel is alpha, which no metric looks at.
 */
export type MetricInput = ImageInput;

/** Rejects with ImageError where samples of a frame are no numbers. @param role of the frame, for the message */
export async function requireFinite(scope: Scope, frame: AnyFrame, role: string): Promise<void> {
  if (frame.depth !== 32) return;
  const { data } = frame;
  if (await scope.call((binding, ticket) => binding.hasOnlyFinite(data, ticket), 1)) return;
  throw new ImageError('IMAGE_INVALID', `Samples of ${role} are NaN or infinite; replace them, or leave that part out`);
}

const colourOf = ({ channels }: AnyFrameSize): string => (channels < 3 ? 'grey' : 'RGB');

/** Throws ImageError where two frames differ in size, colours or depth: they cannot be compared sample by sample. */
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
  if (colourOf(frame) !== colourOf(reference))
    throw refuse('is', colourOf(frame), colourOf(reference), 'convert one of them');
  if (frame.depth !== reference.depth)
    throw refuse('has samples of', `${frame.depth} bits`, `${reference.depth}`, 'convert one of them');
}
