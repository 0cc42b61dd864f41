import { orAbort } from '../abort.js';
import type { FrameSource } from '../frame-engine.js';
import { decodeFrame, readHeader } from '../image/decode.js';
import type { EncodedImage } from '../image/decode.js';
import { checkFrame } from '../image/frame.js';
import type { AnyFrame } from '../image/frame.js';
import { expected } from '../validate.js';

/** The pixels of a file, of its bytes, or as they are. Rejects with ImageError, ArgumentError or the signal's reason. */
export async function readSource(input: EncodedImage | AnyFrame, signal: AbortSignal): Promise<FrameSource> {
  if (typeof input === 'string' || input instanceof Uint8Array) {
    const header = await orAbort(readHeader(input), signal);
    return { frame: await orAbort(decodeFrame(input, header), signal), isJpeg: header.format === 'jpeg' };
  }
  if (typeof input !== 'object' || input === null) throw expected('path, file bytes or frame', 'input', input);
  checkFrame(input, [8, 16, 32]);
  return { frame: input, isJpeg: false };
}
