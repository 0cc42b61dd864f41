import { orAbort } from '../runtime/abort.js';

import { decodeFrame, readHeader } from './decode.js';
import type { EncodedImage } from './decode.js';
import { checkFrame } from './frame.js';
import type { AnyFrame } from './frame.js';
import { expected } from '../runtime/validate.js';

/** The pixels of an input, and what its file says of them. */
export interface FrameSource {
  readonly frame: AnyFrame;
  /** Whether it comes from a JPEG, whose blocks leave traces. */
  readonly isJpeg: boolean;
}

/** The pixels of a file, of its bytes, or as they are. Rejects with ImageError, ArgumentError or the signal's reason. @param name for messages */
export async function readSource(
  input: EncodedImage | AnyFrame,
  signal: AbortSignal,
  name = 'input',
): Promise<FrameSource> {
  if (input === '' || input === null || !['string', 'object'].includes(typeof input))
    throw expected('path, file bytes or frame', name, input);
  if (typeof input === 'string' || input instanceof Uint8Array) {
    const header = await orAbort(readHeader(input), signal);
    return { frame: await orAbort(decodeFrame(input, header), signal), isJpeg: header.format === 'jpeg' };
  }
  checkFrame(input, [8, 16, 32]);
  return { frame: input, isJpeg: false };
}
