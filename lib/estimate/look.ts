import type { FrameSource } from '../image/source.js';
import type { Scope } from '../runtime/scope.js';
import { settleAll } from '../runtime/settle-all.js';
import { estimateBlur } from './blur.js';
import type { BlurOfKind } from './blur.js';
import { busiestPart } from './busiest-part.js';
import { findJpegNoise } from './jpeg/noise.js';
import { estimateNoiseModel } from './noise.js';
import { measureSpectra } from './spectra.js';

/** What a part of a frame tells of all of it. Standard deviations, 1 being full scale. */
export interface Look {
  /** Null where it was not asked for. */
  readonly blur: BlurOfKind['auto'] | null;
  /** Of the noise; null where no part tells it. */
  readonly noise: number | null;
  /** Of what JPEG has added; null where nothing of it is seen. */
  readonly jpegNoise: number | null;
}

/** A disk that explains a frame better than both of these times its radius may be its blur still. */
const NEIGHBOURS: readonly number[] = [1 / 1.06, 1.06];
/** How many times worse no blur must explain it. */
const LEAST_GAIN = 1.3;

/**
 * Looks at the part of a frame that has the most to tell, within another operation that has planned `lookBuffers` for
 * it.
 * @param known the radius of the disk that a frame before this one was out of focus by: where this one may be, too, its
 * blur is not asked for; true: it is known without; null: it is not known
 */
export async function lookAt(source: FrameSource, known: number | true | null, scope: Scope): Promise<Look> {
  const part = await busiestPart(source, scope.signal);
  const isKnown = known === true || (known !== null && (await mayBeDisk(part, known, scope)));
  const [blur, noise] = await settleAll([
    isKnown ? null : estimateBlur(scope, part, 'auto', 'shape'),
    estimateNoiseModel(scope, part),
  ]);
  const jpeg = findJpegNoise(part.frame);
  return { blur, noise: noise?.sigma ?? null, jpegNoise: jpeg && Math.sqrt(jpeg.variance) };
}

/** Whether a frame may be out of focus by a disk of a radius: by some fits, where an estimate takes hundreds. */
async function mayBeDisk(part: FrameSource, radius: number, scope: Scope): Promise<boolean> {
  const spectra = await measureSpectra(scope, part);
  if (typeof spectra === 'string') return false;
  const fitter = spectra.finder.fitterOf(spectra.curves.all);
  const radii = [radius, ...NEIGHBOURS.map((factor) => factor * radius)].map((one) => [one]);
  const [[at, ...beside], [sharp]] = await settleAll([
    fitter.fitEach('disk', radii),
    fitter.fitEach('gaussian', [[0]]),
  ]);
  return beside.every(({ cost }) => cost > at!.cost) && sharp!.cost > LEAST_GAIN * at!.cost;
}
