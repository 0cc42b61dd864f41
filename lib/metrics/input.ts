import { orAbort } from '../runtime/abort.js';
import { ImageError } from '../runtime/errors.js';
import type { EncodedImage } from '../image/decode.js';
import type { AnyFrame } from '../image/frame.js';
import { readSource } from '../image/source.js';
import type { MetricContext } from './options.js';

/** What is measured: a file, a file in memory, or pixels of 8 or 16 bits or floats. A second or fourth channel is alpha, which no metric looks at. */
export type MetricInput = EncodedImage | AnyFrame;

/** The pixels, checked. Rejects with ArgumentError or ImageError, also for samples that are no numbers. */
export async function readInput(
  name: string,
  input: MetricInput,
  { binding, signal }: MetricContext,
): Promise<AnyFrame> {
  const { frame } = await readSource(input, signal, name);
  if (frame.depth === 32 && !(await orAbort(binding.hasOnlyFinite(frame.data), signal))) {
    throw new ImageError(
      'IMAGE_INVALID',
      `Samples of ${name} are NaN or infinite; replace them, or leave that part out`,
    );
  }
  return frame;
}

const colourOf = ({ channels }: AnyFrame): string => (channels < 3 ? 'grey' : 'RGB');

/** Two frames that can be compared sample by sample. Rejects also where sizes, colours or depths differ. */
export async function readPair(
  input: MetricInput,
  reference: MetricInput,
  context: MetricContext,
): Promise<readonly [AnyFrame, AnyFrame]> {
  const frame = await readInput('frame', input, context);
  const other = await readInput('reference', reference, context);
  requireComparable(frame, other);
  return [frame, other];
}

/** Throws ImageError where two frames differ in size, colours or depth. */
export function requireComparable(frame: AnyFrame, reference: AnyFrame): void {
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
