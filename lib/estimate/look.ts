import type { FrameSource } from '../image/source.js';
import type { Scope } from '../runtime/scope.js';
import { settleAll } from '../runtime/settle-all.js';
import { estimateBlur } from './blur.js';
import type { BlurOfKind } from './blur.js';
import { busiestPart } from './busiest-part.js';
import { findJpegNoise } from './jpeg/jpeg-noise.js';
import { estimateNoiseModel } from './noise-model.js';

/** What a part of a frame tells of all of it. Standard deviations, 1 being full scale. */
export interface Look {
  /** Null where it was not asked for. */
  readonly blur: BlurOfKind['auto'] | null;
  /** Of the noise; null where no part tells it. */
  readonly noise: number | null;
  /** Of what JPEG has added; null where nothing of it is seen. */
  readonly jpegNoise: number | null;
}

/**
 * Looks at the part of a frame that has the most to tell, within another operation that has planned `lookBuffers` for
 * it.
 * @param isKnown whether the blur is known without: it is not asked for then
 */
export async function lookAt(source: FrameSource, isKnown: boolean, scope: Scope): Promise<Look> {
  const part = await busiestPart(source, scope.signal);
  const [blur, noise] = await settleAll([
    isKnown ? null : estimateBlur(scope, part, 'auto', 'shape'),
    estimateNoiseModel(scope, part),
  ]);
  const jpeg = findJpegNoise(part.frame);
  return { blur, noise: noise?.sigma ?? null, jpegNoise: jpeg && Math.sqrt(jpeg.variance) };
}
