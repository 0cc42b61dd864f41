/** What the native addon measures of an image's noise and blur. Arguments are checked by the callers in `lib/`. */

import type { SampleWindow } from './solver.js';

export interface NoiseRequest {
  readonly window: SampleWindow;
  readonly width: number;
  readonly height: number;
  /** Samples at or above this, in [0, 1] units, and those at 0, are left out with their neighbours; Infinity: none. */
  readonly saturation: number;
  /** Leave out what touches the borders of the frame's 8x8 blocks. */
  readonly jpeg: boolean;
  /** Immerkaer 1996: from the mean of the absolute Laplacian, or from its median, which scene edges disturb less. */
  readonly form: 'mean' | 'median';
}

export interface PeriodogramRequest {
  /** The whole channel: `left` and `top` are 0. */
  readonly window: SampleWindow;
  /** Pixels of a side of the square blocks. */
  readonly side: number;
  /** Left and top of every block, in turn; all lie in the frame. */
  readonly corners: Uint32Array;
  /** Blocks with a larger part of samples at 0 or full scale are left out, and those with samples that are no numbers. */
  readonly mostClipped: number;
}

/** The mean power spectrum of blocks without their means, under a Hann window (Welch 1967). */
export interface Periodogram {
  /** side x (side / 2 + 1) bins, of [0, 1] units squared: white noise has its variance in each. */
  readonly power: Float64Array;
  /** Blocks that were fit; 0: the power means nothing. */
  readonly blocks: number;
}

/** The part of the addon that measures. `isa` is a name of `isas()`. */
export interface EstimationBinding {
  /** `sigma` in [0, 1] units, from `pixels` places; 0 from 0 when none is left. */
  estimateNoise(request: NoiseRequest): Promise<{ readonly sigma: number; readonly pixels: number }>;
  measurePeriodogram(request: PeriodogramRequest, isa: string): Promise<Periodogram>;
}
