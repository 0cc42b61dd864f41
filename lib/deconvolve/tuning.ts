import type { AnyFrame } from '../image/frame.js';
import type { SolverSettings } from '../runtime/native/binding.js';
import type { DeconvolveSettings } from './options.js';
import { meanLevel } from '../image/samples.js';

/** lambda = 5 sigma^(-4/3), 1 being full scale: between the best ones of the cases of bench/deconvolve-cases.mjs at each noise level. */
const lambdaOf = (sigma: number): number => 5 * sigma ** (-4 / 3);

/** The numbers for the native solver: those of the options, else from the noise. @param sigma 1 being full scale, > 0 */
export function tuneSolver(settings: DeconvolveSettings, sigma: number, frame: AnyFrame): SolverSettings {
  const { offset, saturation, totalVariation, damping, start, alpha, prior, exponent } = settings;
  return {
    offset,
    saturation,
    totalVariation,
    start,
    alpha,
    prior,
    exponent,
    damping: damping > 0 ? (damping * sigma) / Math.sqrt(Math.max(meanLevel(frame), sigma)) : 0,
    lambda: settings.lambda ?? lambdaOf(sigma),
    nsr: settings.nsr ?? 0,
  };
}
