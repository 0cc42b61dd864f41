import { plainTuning } from './method.js';
import type { Method } from './method.js';

/** No scene has a spectrum this flat; with 0 the filter would dim the frame. */
const LEAST_EXPONENT = 0.5;

/** Wiener 1949: the least mean square error, the spectrum of the scene being a power of frequency. */
export const wiener: Method = {
  optionKeys: ['prior', 'nsr', 'exponent'],
  iterations: 1,
  endOfCount: 'complete',
  noise: 'passing',
  leastOverlapPx: 192,
  isMultiplicative: false,
  needsProbe: ({ nsr }) => nsr === null,
  tune: (settings) => ({ ...plainTuning(settings), nsr: settings.nsr ?? 0 }),
  fit: async (solver, tuning, sigma, scope) => {
    const found = await scope.call((_, ticket) => solver.fitSignal(sigma, tuning.prior, ticket));
    return { ...tuning, nsr: found.nsr, exponent: Math.max(found.exponent, LEAST_EXPONENT) };
  },
  numbersOf: ({ nsr }) => ({ lambda: null, nsr }),
};
