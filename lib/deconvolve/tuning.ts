import type { SolverSettings } from '../native/binding.js';
import type { DeconvolveSettings } from './options.js';
import type { Levels } from './samples.js';

/** lambda = this / sigma: the best on average over the cases of bench/deconvolve-cases.mjs. */
const LAMBDA_SIGMA = 20;

/** The numbers for the native solver: those of the options, else from the noise. @param sigma 1 being full scale, > 0 */
export function tuneSolver(settings: DeconvolveSettings, sigma: number, { mean }: Levels): SolverSettings {
  const { offset, saturation, totalVariation, damping, start, alpha, prior, exponent } = settings;
  return {
    offset, saturation, totalVariation, start, alpha, prior, exponent,
    damping: mean > 0 ? (damping * sigma) / Math.sqrt(mean) : 0,
    lambda: settings.lambda ?? LAMBDA_SIGMA / sigma,
    nsr: settings.nsr ?? 0,
  };
}
