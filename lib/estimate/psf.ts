import type { FrameSource } from '../image/source.js';
import type { Psf } from '../psf/psf.js';
import { parse } from '../psf/spec.js';
import { EstimateError } from '../runtime/errors.js';
import type { Scope } from '../runtime/scope.js';
import { estimateBlur } from './blur.js';

/** The blur of a frame as `deconvolve` takes it. */
export interface EstimatedPsf {
  readonly psf: Psf;
  /** The same in words that `psf` takes, rounded to thousandths, such as 'disk:4.021+gaussian:0.612'. */
  readonly words: string;
}

/**
 * The blur of a frame, motion or else defocus, within another operation that has planned {@link autoPsfBuffers} for it.
 * Rejects with EstimateError where the frame does not tell it, or with the reason of the scope's signal.
 */
export async function estimatePsf(source: FrameSource, scope: Scope): Promise<EstimatedPsf> {
  const { declined, psf: words } = await estimateBlur(scope, source, 'auto', 'shape');
  // Made of the words, so that giving these as `psf` restores the same pixels.
  if (words !== null) return { psf: await parse(words), words };
  throw new EstimateError(`The blur of the frame cannot be estimated: ${declined}. Give the kernel by psf instead`);
}
