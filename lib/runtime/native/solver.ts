/**
 * The deconvolution solvers of the native addon as TypeScript sees them: one plane (one channel of a tile, or of a
 * whole frame) at a time. Values are scaled to [0, 1] inside: a sample is divided by the value of a white one.
 * Arguments are checked by the callers in `lib/`.
 */

import type { NativeTicket } from './runtime.js';

/**
 * Least squares (Wiener), Poisson likelihood (Richardson 1972, Lucy 1974), or a sparse prior of gradients (Krishnan and
 * Fergus 2009).
 */
export type DeconvolutionMethod = 'wiener' | 'richardson-lucy' | 'hyper-laplacian';
/** How Richardson-Lucy steps are extrapolated: not at all, Biggs and Andrews 1997, or the scaled heavy ball. */
export type Acceleration = 'none' | 'biggs-andrews' | 'heavy-ball';
/**
 * What lies beyond the edges of the tile: unknown scene (Richardson-Lucy weights it by Bertero and Boccacci 2005, the
 * others fill it in by expectation maximisation), or the tile continued by reflection or by its edge pixels and faded
 * towards the other side, or the tile itself.
 */
export type Boundary = 'bertero' | 'reflect' | 'replicate' | 'periodic';
/** Spectrum of the scene that Wiener's filter assumes: flat, as a gradient prior's, or a power of frequency. */
export type SignalPrior = 'flat' | 'gradient' | 'power-law';

/** What decides the memory of a solver. */
export interface SolverShape {
  readonly method: DeconvolutionMethod;
  /** Pixels of the tile; with boundary 'periodic' also the size of the transforms, which should then be a good one. */
  readonly width: number;
  readonly height: number;
  /** Every PSF has 2 radiusX + 1 columns and 2 radiusY + 1 rows; none is larger than the tile. */
  readonly radiusX: number;
  readonly radiusY: number;
  /** Every PSF equals itself turned by 180 degrees: its transform is real and takes half the memory. */
  readonly symmetric: boolean;
  /** Eigen-PSF modes, 1 to 8; 1 is a PSF that does not vary. More than 1: Richardson-Lucy only. */
  readonly modes: number;
  readonly boundary: Boundary;
  /** Bits of a sample of the frame: 8, 16, or 32 for floats. */
  readonly sampleBits: 8 | 16 | 32;
  /** Richardson-Lucy only; others pass 'none', false, false. */
  readonly acceleration: Acceleration;
  /** Whether `SolverSettings.totalVariation` may be other than 0: takes a further plane. */
  readonly totalVariation: boolean;
  /**
   * Whether pixels may be left out: `SolverSettings.saturation` below 1, or a mask given to `load`. Richardson-Lucy
   * does without them; the others replace them by what the rest predicts, beginning with the samples that are there.
   */
  readonly masked: boolean;
  readonly threads: 1 | 2 | 3;
  /**
   * Whether sums of all memory are compared between calls, some rows of transforms computed twice, and values that no
   * scene can have looked for. Calls then reject with INTEGRITY; `setPsf` begins again.
   */
  readonly guarded?: boolean;
}

/** Mere numbers; may change before any `load`, and those of Wiener's filter between `load` and `step`. */
export interface SolverSettings {
  /**
   * Richardson-Lucy: added to the samples and subtracted from the result, in [0, 1] units: the variance of read noise
   * over the gain (Snyder 1995). Keeps the noise of dark pixels from being taken for light. >= 0
   */
  readonly offset: number;
  /** Samples at or above this, in [0, 1] units, are left out; Infinity: none. Needs `masked`. */
  readonly saturation: number;
  /** Richardson-Lucy: weight of total variation, 0 for none; 0.001 to 0.01 is usual. */
  readonly totalVariation: number;
  /**
   * Richardson-Lucy: T of White 1994, 0 for none; ratios are flattened where the I-divergence of sample and model is
   * below T^2 / 2, in [0, 1] units: for Poisson noise T = n sqrt(1 / photons at 1.0) damps below n sigma; for
   * noise of standard deviation sigma at level g, T = n sigma / sqrt(g).
   */
  readonly damping: number;
  /** Richardson-Lucy: first estimate, the mean of the samples everywhere or the samples themselves. */
  readonly start: 'flat' | 'observed';
  /** Hyper-Laplacian: weight of the data, > 0 (about 30 / noise sigma). */
  readonly lambda: number;
  /** Hyper-Laplacian: exponent of the prior, 0 < alpha < 1; 1/2 and 2/3 have their own code. */
  readonly alpha: number;
  /**
   * Wiener: X = conj(H) Y / (|H|^2 + nsr P), P = 1 (flat), 4 sin^2(pi fx) + 4 sin^2(pi fy) (gradient) or rho^exponent,
   * rho = frequency in cycles per pixel (power-law; `exponent` is ignored by the others); 0 at frequency 0. nsr >= 0
   */
  readonly prior: SignalPrior;
  readonly nsr: number;
  readonly exponent: number;
}

/**
 * A PSF, or the modes of one that varies: image = sum over k of kernel k convolved with (coefficient k times scene).
 * Kernels have the size that the shape states, their origin in the middle. A single kernel sums to 1; modes times
 * coefficients do so at every place.
 */
export interface SolverPsf {
  /** modes x (2 radiusY + 1) x (2 radiusX + 1) */
  readonly kernels: Float64Array;
  /**
   * modes x gridRows x gridColumns, interpolated bilinearly; node (0, 0) is at the centre of the tile's first pixel and
   * the last node at that of its last; beyond the tile the nearest holds. Null with one mode: 1 everywhere.
   */
  readonly coefficients: Float32Array | null;
  readonly gridRows: number;
  readonly gridColumns: number;
}

export type SolverSamples = Uint8Array | Uint16Array | Float32Array;

/** One channel of a part of an interleaved frame; the part's size is given by the context. */
export interface SampleWindow {
  readonly samples: SolverSamples;
  /** Pixels per row of the frame, samples per pixel, and the channel meant, from 0. */
  readonly frameWidth: number;
  readonly channels: number;
  readonly channel: number;
  /** Where the part begins in the frame. */
  readonly left: number;
  readonly top: number;
  /** Value of a white sample, > 0; by default 255, 65535 or, of floats, 1. */
  readonly white?: number;
}

/** A plane of floats that tiles are added to; `left` and `top` are where the tile begins in it. */
export interface BlendWindow {
  readonly plane: Float32Array;
  readonly planeWidth: number;
  readonly left: number;
  readonly top: number;
  /** Pixel (y, x) of the tile counts rowWeights[y] * columnWeights[x]. */
  readonly rowWeights: Float32Array;
  readonly columnWeights: Float32Array;
}

/**
 * Of the samples as loaded, scaled to [0, 1], without `offset`. Samples that are no numbers count as 0, so that all is
 * finite, but for the residual: squares of samples beyond some 1e18 overflow, and Infinity or NaN follows here, in
 * `StepReport` and in the estimate. `minimum` and `maximum` tell.
 */
export interface LoadReport {
  /** Pixels that count; 0 when all are saturated or masked: the result is then meaningless. */
  readonly validPixels: number;
  readonly mean: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Richardson-Lucy: residual of the first estimate, as in `StepReport`; else 0. */
  readonly residual: number;
}

/** Finite, but for Wiener's `change` and where samples are too large, as `LoadReport` says. */
export interface StepReport {
  /**
   * mean((observed - PSF * estimate)^2): Richardson-Lucy, over the tile's valid pixels, of the very estimate that
   * `store` gives (accelerated: of the extrapolated one that the next step starts from); the others, over the tile
   * and its continuation beyond the edges.
   */
  readonly residual: number;
  /** ||new estimate - old|| / ||new|| in the tile; 0 for an estimate of zeros. NaN for Wiener, which has no old one. */
  readonly change: number;
  /**
   * Light that the estimate sends to the valid pixels over the light observed there: 1 for Richardson-Lucy without
   * total variation or damping, and for Wiener. Of an image of zeros: 1.
   */
  readonly energy: number;
}

/**
 * Solves one plane at a time: setPsf (once for many planes), load, step as often as wanted, store. Hyper-Laplacian
 * takes 6 steps (beta 1 to 181; further ones repeat the last beta), Wiener 1. Not reentrant: one promise in flight,
 * else code STATE. All results are the same for any number of threads. What was cancelled has to begin again: `setPsf`
 * by itself, all others from `load` on.
 */
export interface NativeSolver {
  readonly mappedBytes: number;
  setPsf(psf: SolverPsf, ticket: NativeTicket): Promise<void>;
  configure(settings: SolverSettings): void;
  /**
   * Takes the samples of a tile (copied before the promise resolves). `valid`, one byte per frame pixel or null: 0 or 2
   * leaves the pixel out (needs `masked`). Float samples that are not finite count as 0, and are left out if `masked`.
   */
  load(source: SampleWindow, valid: Uint8Array | null, ticket: NativeTicket): Promise<LoadReport>;
  /**
   * Wiener, after `load`: fits `nsr` (and, with 'power-law', `exponent`) to the spectrum of the tile, given the
   * standard deviation of its noise.
   */
  fitSignal(
    sigma: number,
    prior: SignalPrior,
    ticket: NativeTicket,
  ): Promise<{ readonly nsr: number; readonly exponent: number }>;
  step(ticket: NativeTicket): Promise<StepReport>;
  /** Writes the tile: rounded to nearest, clamped to the type of the samples; floats are not. Once per `load`. */
  store(target: SampleWindow, ticket: NativeTicket): Promise<void>;
  /** Adds the tile, in [0, 1] units and not clamped, times weights. Once per `load`, instead of `store`. */
  blend(target: BlendWindow, ticket: NativeTicket): Promise<void>;
  /** Unmaps the arena, after the call in flight has ended. Idempotent. */
  dispose(): void;
}

/** The memory of the solver of one tile. */
export interface SolverPlan {
  /** Exactly what the solver maps. */
  readonly arenaBytes: number;
  /** Sum to `arenaBytes`. */
  readonly buffers: readonly { readonly name: string; readonly bytes: number }[];
  /** Size of the transforms. */
  readonly paddedWidth: number;
  readonly paddedHeight: number;
}

/** The part of the addon that deconvolves. `isa` is a name of `isas()`. */
export interface SolverBinding {
  /** Pure arithmetic, well below a millisecond. */
  planSolver(shape: SolverShape, isa: string): SolverPlan;
  /** Throws OUT_OF_MEMORY or ISA_UNAVAILABLE. */
  createSolver(shape: SolverShape, isa: string): NativeSolver;
  /**
   * Writes the first `width` x `rows` floats of a plane, in units of white, to a part of a frame: integers are rounded
   * to nearest and clamped to their type.
   */
  storePlane(plane: Float32Array, width: number, rows: number, target: SampleWindow): void;
}

export const SOLVER_FUNCTIONS = [
  'planSolver',
  'createSolver',
  'storePlane',
] as const satisfies readonly (keyof SolverBinding)[];
