import { plainTuning } from './method.js';
import type { Method } from './method.js';

/**
 * lambda = 5 sigma^(-4/3), 1 being full scale: between the best ones of the cases of bench/deconvolve-cases.mjs at each
 * noise level.
 */
const lambdaOf = (sigma: number): number => 5 * sigma ** (-4 / 3);

/** Krishnan and Fergus 2009: gradients as sparse as those of scenes are. */
export const hyperLaplacian: Method = {
  optionKeys: ['iterations', 'lambda', 'alpha'],
  iterations: 6,
  endOfCount: 'complete',
  noise: 'passing',
  leastOverlapPx: 192,
  isMultiplicative: false,
  needsProbe: () => false,
  tune: (settings, sigma) => ({ ...plainTuning(settings), lambda: settings.lambda ?? lambdaOf(sigma) }),
  fit: null,
  numbersOf: ({ lambda }) => ({ lambda, nsr: null }),
};
