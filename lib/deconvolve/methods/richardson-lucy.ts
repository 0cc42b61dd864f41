import { meanLevel } from '../../image/samples.js';
import { plainTuning } from './method.js';
import type { Method } from './method.js';

/** Richardson 1972 and Lucy 1974: the likeliest scene if the noise is that of photons. */
export const richardsonLucy: Method = {
  optionKeys: [
    'iterations',
    'stop',
    'tau',
    'overrun',
    'minChange',
    'maxIterations',
    'acceleration',
    'totalVariation',
    'damping',
    'offset',
    'saturation',
    'start',
    'modes',
  ],
  iterations: null,
  endOfCount: 'iterations',
  noise: 'all',
  leastOverlapPx: 128,
  isMultiplicative: true,
  needsProbe: ({ iterations }, hasParts) => iterations === null && hasParts,
  tune: (settings, sigma, frame) => {
    const { damping } = settings;
    const level = (): number => Math.sqrt(Math.max(settings.level ?? meanLevel(frame), sigma));
    return { ...plainTuning(settings), damping: damping > 0 ? (damping * sigma) / level() : 0 };
  },
  fit: null,
  numbersOf: () => ({ lambda: null, nsr: null }),
};
