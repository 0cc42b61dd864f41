/** What the native addon measures of an image's noise and blur. Arguments are checked by the callers in `lib/`. */

import type { NativeTicket } from './runtime.js';
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
  /**
   * Blocks with a larger part of samples at 0 or full scale are left out, and those with samples that are no numbers.
   */
  readonly mostClipped: number;
}

/** The mean power spectrum of blocks without their means, under a Hann window (Welch 1967). */
export interface Periodogram {
  /** side x (side / 2 + 1) bins, of [0, 1] units squared: white noise has its variance in each. */
  readonly power: Float64Array;
  /** Blocks that were fit; 0: the power means nothing. */
  readonly blocks: number;
}

/**
 * What a power spectrum has been seen through. Values, in pixels: sigma; radius; radius and sigma; right and down, from
 * a trail's one end to the other; these and a radius.
 */
export type OpticsKind = 'gaussian' | 'disk' | 'softDisk' | 'motion' | 'movedDisk';

/** Places of a power spectrum, in cycles per pixel. */
export interface Frequencies {
  /** Distances from 0. */
  readonly rho: Float64Array;
  /** To the right and downwards; empty for rings, which show no motion. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /**
   * Where Gauss and Hermite's rule of three points, which spreads |H|^2 as windows and rings do, has its outer ones.
   */
  readonly reach: number;
}

/** What is expected of a coefficient, and what a departure of 1 costs, beside misfits. */
export interface Coefficient {
  readonly expected: number;
  readonly weight: number;
}

/** What a spectrum is taken to be: log S = log(exp(sum of scene terms) |H|^2 + exp(sum of noise terms)). */
export interface SceneModel {
  readonly at: Frequencies;
  /** Natural logarithms of power, at every frequency. */
  readonly logPower: Float64Array;
  /** Those of the scene, its level and slope first, then those of the noise, its level first. */
  readonly coefficients: readonly Coefficient[];
  /** How many of them are the scene's. */
  readonly sceneCount: number;
  /** Each coefficient's term, frequency after frequency. */
  readonly terms: Float64Array;
  /** Low frequencies, which show the scene's level; those that do not exist are none. */
  readonly low: Uint32Array;
  /**
   * Misfits beyond this, in natural logarithms of power, count linearly (Huber 1964): scenes are no exact power laws.
   */
  readonly huber: number;
}

/** Fits of one model through optics of one kind, in turn. Arrays of the model must not change meanwhile. */
export interface SceneFitRequest {
  readonly model: SceneModel;
  readonly kind: OpticsKind;
  /** Values, fit after fit. */
  readonly optics: Float64Array;
  /** Coefficients of similar optics, taken where they are the better start; or empty. */
  readonly near: Float64Array;
  /** Whether, from the second fit on, those of the fit before are taken for it. */
  readonly isChain: boolean;
  /** Whether the values of the optics are fitted too, from those given. */
  readonly isFree: boolean;
  /** At most so many of a fit. */
  readonly iterations: number;
}

/** Of all fits, one after the other. */
export interface SceneFits {
  /** Mean robust misfits of the logarithms. */
  readonly costs: Float64Array;
  readonly coefficients: Float64Array;
  readonly optics: Float64Array;
}

/** The part of the addon that measures. `isa` is a name of `isas()`. */
export interface EstimationBinding {
  /** `sigma` in [0, 1] units, from `pixels` places; 0 from 0 when none is left. */
  estimateNoise(
    request: NoiseRequest,
    ticket: NativeTicket,
  ): Promise<{ readonly sigma: number; readonly pixels: number }>;
  measurePeriodogram(request: PeriodogramRequest, isa: string, ticket: NativeTicket): Promise<Periodogram>;
  /** ln |H|^2 of optics with these values, at every frequency. */
  logPower(kind: OpticsKind, values: Float64Array, at: Frequencies): Float64Array;
  /** By Levenberg-Marquardt with Huber's weights; the same for any number of threads and any instruction set. */
  fitScene(request: SceneFitRequest, ticket: NativeTicket): Promise<SceneFits>;
}

export const ESTIMATION_FUNCTIONS = [
  'estimateNoise',
  'measurePeriodogram',
  'logPower',
  'fitScene',
] as const satisfies readonly (keyof EstimationBinding)[];
