import { countSamples } from '../image/count-samples.js';
import type { RestorationTask } from '../restoration/restoration.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import type { DeconvolveSettings } from './settings.js';

const TAKEN = 'samples are below 0, which Richardson-Lucy takes for 0';
const OTHERWISE = 'or take another method: hyper-laplacian, wiener';

/**
 * Warns of samples below 0 where the method is Richardson-Lucy: it counts light. Noise around black of which only the
 * positive half counts is too bright on average; where it just gets positive that is mended, but the more is added, the
 * less the method knows of what is black. Of a window of a scene no number is said, which would be its own.
 */
export async function warnOfCutLight(
  { method }: Pick<DeconvolveSettings, 'method'>,
  { frame, valid, part }: RestorationTask,
  scope: Scope,
): Promise<string[]> {
  if (method !== 'richardson-lucy' || frame.depth !== 32) return [];
  let least = 0;
  const isNegative = (sample: number): boolean => {
    if (sample < least) least = sample;
    return sample < 0;
  };
  const { all, counted } = await countSamples(frame, valid, isNegative, new Pauses(scope.signal));
  if (counted === 0) return [];
  if (part) return [`Some ${TAKEN}: add just what makes them positive and subtract it afterwards, ${OTHERWISE}`];
  const enough = Number((-least).toPrecision(3));
  return [`${counted} of ${all} ${TAKEN}: add about ${enough}, not more, and subtract it afterwards, ${OTHERWISE}`];
}
