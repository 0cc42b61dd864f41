import type { DeconvolutionMethod } from '../../runtime/native/binding.js';
import { hyperLaplacian } from './hyper-laplacian.js';
import type { Method } from './method.js';
import { richardsonLucy } from './richardson-lucy.js';
import { wiener } from './wiener.js';

/** The methods by their names; the first is the default. */
export const METHODS: Readonly<Record<DeconvolutionMethod, Method>> = {
  'hyper-laplacian': hyperLaplacian,
  'richardson-lucy': richardsonLucy,
  wiener,
};

export const METHOD_NAMES = Object.keys(METHODS) as readonly DeconvolutionMethod[];
