import { EstimateError } from '../runtime/errors.js';
import type { EncodedImage } from '../image/decode.js';
import type { AnyFrame } from '../image/frame.js';
import { estimateBlur } from './blur.js';
import { Meter } from './meter.js';
import type { MeterOptions } from './meter.js';
import { readSource } from '../image/source.js';

/** The blur of a frame, motion or defocus, as the words of a kernel. Rejects with EstimateError where the frame does not tell it. */
export async function estimatePsf(
  input: EncodedImage | AnyFrame,
  options: MeterOptions,
  signal: AbortSignal,
): Promise<string> {
  const { declined, psf } = await estimateBlur(
    new Meter(options, signal),
    await readSource(input, signal),
    'auto',
    signal,
  );
  if (psf !== null) return psf;
  const name = typeof input === 'string' ? input : 'the frame';
  throw new EstimateError(`The blur of ${name} cannot be estimated: ${declined}. Give the kernel by psf instead`);
}
