/** What the native addon does with star frames. Arguments are checked by the callers in `lib/`. */

import type { NativeTicket } from './runtime.js';
import type { SampleWindow, SolverSettings, SolverShape } from './solver.js';

export interface SkyRequest {
  /** Brightness of every pixel: the frame's one channel, or luminance. */
  readonly brightness: SampleWindow;
  /** The frame, from its first channel on. */
  readonly colours: SampleWindow;
  /** How many channels are colours. */
  readonly colourCount: number;
  readonly width: number;
  readonly height: number;
  /** Samples of any colour from here on are not used, in their own units. */
  readonly saturation: number;
  /** What one count is in parts of full scale; 0: values are not rounded. */
  readonly count: number;
  /** Stars are not wider than this in pixels: what is much larger and brighter than the sky is a moon. */
  readonly widestStar: number;
  readonly threads: 1 | 2 | 3;
}

/** Noise of the sky in parts of its usual one, block by block: row by row, every block as large as the others. */
export interface NoiseMap {
  readonly columns: number;
  readonly rows: number;
  readonly parts: Float32Array;
}

/** In parts of full scale. Infinity where differences of samples overflow floats, beyond some 1e38. */
export interface Sky {
  /** Standard deviation of the noise: the median of blocks of 64x64 pixels. */
  readonly sigma: number;
  /** Level of the background, likewise; below 0 where the sky is cut off at black. */
  readonly level: number;
  /** What `sigma` is times in each block: 1 where it differs by chance only. */
  readonly noise: NoiseMap;
}

/** A plane of brightness above the background, as all of the following take it. */
export interface NativeStarPlane {
  readonly data: Float32Array;
  /** 1 where a pixel is not used. */
  readonly invalid: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Of the sky; by default even. */
  readonly noise?: NoiseMap;
  readonly threads: 1 | 2 | 3;
}

/**
 * What stars look like: length, angle (radians, anticlockwise) and sigma of a streak, radius and sigma of a disk behind
 * a Gaussian, sigma of a round star.
 */
export interface NativeProfile {
  readonly kind: 'streak' | 'disk' | 'round';
  readonly shape: readonly number[];
}

export interface PeakRequest extends NativeStarPlane {
  readonly profile: NativeProfile;
  /** Of responses over the root of the profile's energy: standard deviations of the usual sky times their number. */
  readonly limit: number;
  /** Standard deviation of the usual sky. */
  readonly sigma: number;
}

/** Places whose correlation with the profile is above the limit and above that of their neighbours, by place. */
export interface Peaks {
  readonly pixels: Uint32Array;
  readonly responses: Float32Array;
  /** Sum of squares of the profile at whole pixels. */
  readonly energy: number;
  /** Its value in the middle. */
  readonly top: number;
  /**
   * How many times as much responses deviate where no stars are as they would if pixels had nothing in common; 1 where
   * that is so but for chance, or too few tell.
   */
  readonly spread: number;
}

export interface FitRequest extends NativeStarPlane {
  readonly profile: NativeProfile;
  /** x, y, flux of every star; a pixel belongs to the nearest. */
  readonly starts: Float64Array;
  /** Those that are fitted. */
  readonly first: number;
  readonly count: number;
  /** Variance of a pixel: (noise sky)^2 + perFlux signal + (misfit signal)^2. */
  readonly sky: number;
  readonly perFlux: number;
  readonly misfit: number;
  /** Whether the shape, in common to all, is fitted too. */
  readonly isFree: boolean;
}

/** Numbers of a fitted star in {@link NativeFit.stars}. */
export const FIT_FIELDS = 12;

export interface NativeFit {
  /**
   * For every star that kept to its window and has light: x, y, flux, background, variances of x and y, their
   * covariance, Cramer and Rao's bound of the place, standard deviation of the flux, chi^2 per degree of freedom, the
   * misfit of its shape beyond noise, 1 where pixels were left out as saturated. The first four are finite. The others
   * are so in frames with noise (`sky` above 0) and in the usual range of values.
   */
  readonly stars: Float64Array;
  /** As the profile's, two or three numbers used. */
  readonly shape: Float64Array;
  /** Row by row; null where the shape was given, or is not determined. */
  readonly shapeCovariance: Float64Array | null;
}

export interface TrailRequest extends NativeStarPlane {
  /** x, y of the middle of every window. */
  readonly centres: Float64Array;
  /** Of the windows; even. */
  readonly side: number;
  /** Pixels further than `margin` from a trail through the middle do not count; Infinity: all do. */
  readonly mask: { readonly length: number; readonly angle: number; readonly margin: number };
  /** Trails in pixels that the fit may find. */
  readonly longest: number;
}

/** What the autocorrelation says of a trail; pixels and radians. */
export interface TrailFit {
  readonly length: number;
  readonly angle: number;
  readonly sigma: number;
  /**
   * Root mean square misfit in parts of the autocorrelation. Infinity: no trail fits, as in a frame without light, and
   * the other numbers mean nothing.
   */
  readonly misfit: number;
  /** Infinity where the lags do not determine it, as those of stripes. */
  readonly lengthSigma: number;
  readonly angleSigma: number;
}

export interface WindowsRequest {
  /**
   * Sizes, PSF, samples and threads are not read. The boundary is that of windows beyond which there is sky;
   * 'replicate' instead of 'periodic' where a window is smaller than its kernel, or has sides that are slow to
   * transform.
   */
  readonly shape: SolverShape;
  readonly settings: SolverSettings;
  readonly psfs: readonly {
    readonly data: Float64Array;
    readonly width: number;
    readonly height: number;
    readonly symmetric: boolean;
  }[];
  /**
   * Width, height, index of its PSF, number of steps, and 1 where light beyond the window is unknown instead of sky, of
   * every window.
   */
  readonly windows: Int32Array;
  /** Samples of all windows, one after the other; their estimates when done. */
  readonly values: Float32Array;
  /** What is 1 to the solver, above the level. */
  readonly scale: number;
  /** How far below its median a window's level is. */
  readonly pedestal: number;
  readonly threads: 1 | 2 | 3;
}

/** The restored light of a window of one channel, and its weights rows[y] columns[x] against what the frame has. */
export interface RestoredWindow {
  /** As many rows as there are row weights, of as many values as there are column weights. */
  readonly light: Float32Array;
  /** A sample is level + scale * light. */
  readonly level: number;
  readonly scale: number;
  readonly columns: Float32Array;
  readonly rows: Float32Array;
}

/**
 * The part of the addon that looks for stars. Calls that give a promise work off the event loop and give the same bits
 * for any number of threads. `isa` is a name of `isas()`.
 */
export interface StarBinding {
  /**
   * Writes width x height brightnesses above the background, 0 for what is no number, and bytes that are 1 where a
   * pixel is not used.
   */
  measureSky(request: SkyRequest, data: Float32Array, invalid: Uint8Array, ticket: NativeTicket): Promise<Sky>;
  findPeaks(request: PeakRequest, isa: string, ticket: NativeTicket): Promise<Peaks>;
  fitStars(request: FitRequest, isa: string, ticket: NativeTicket): Promise<NativeFit>;
  fitTrail(request: TrailRequest, isa: string, ticket: NativeTicket): Promise<TrailFit>;
  /** Deconvolves windows, each on one thread; resolves with their levels. */
  solveWindows(request: WindowsRequest, isa: string, ticket: NativeTicket): Promise<Float64Array>;
  /** Copies samples in their own units, row by row; returns the largest, at least 0. */
  cutWindow(window: SampleWindow, size: { readonly width: number; readonly height: number }, out: Float32Array): number;
  /**
   * Mixes light into a frame, rounded to nearest and clamped but for floats; returns how many samples were above full
   * scale.
   */
  pasteWindow(window: SampleWindow, restored: RestoredWindow): number;
}

export const STAR_FUNCTIONS = [
  'measureSky',
  'findPeaks',
  'fitStars',
  'fitTrail',
  'solveWindows',
  'cutWindow',
  'pasteWindow',
] as const satisfies readonly (keyof StarBinding)[];
