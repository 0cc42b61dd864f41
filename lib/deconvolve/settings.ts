import type { Acceleration, Boundary, DeconvolutionMethod, SignalPrior } from '../runtime/native/binding.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import type { RuntimeChoice } from '../runtime/runtime.js';
import type { DefectPicture, KnownDefects } from './defects/known.js';
import type { PreparedPsf, PsfSource } from './psf-source.js';

/** What ends Richardson-Lucy iterations whose number is not given. */
export type StopRule = 'discrepancy' | 'relative-change';

/** Options of every method. */
interface CommonOptions {
  /**
   * The kernel, or one per band (of up to 16, alpha not counted); in words such as 'disk:4' or 'kernel.png', as
   * weights, or as a field over the frame.
   * 'auto': the defocus of each frame, estimated from it, which may be declined; `plan` counts with the largest.
   */
  readonly psf: PsfSource | readonly PsfSource[];
  readonly method?: DeconvolutionMethod;
  /** Beyond the edges: 'bertero' (unknown scene; the default), 'reflect', 'replicate' or 'periodic'. */
  readonly boundary?: Boundary;
  /** Standard deviation of the noise, 1 being full scale; estimated from the frame by default. */
  readonly sigma?: number | 'auto';
  /**
   * 'find' (the default): samples that no blurred scene with noise can have are left out: clipped ones, hot and dead
   * pixels, stuck columns and lines. 'none': all count that are not known to be defective.
   */
  readonly defects?: 'find' | 'none';
  /**
   * One byte per pixel of the frame, or of the whole scene, or a picture of them, whose size is then checked: pixels
   * where it is not 0 are left out, and restored from what is around them.
   */
  readonly knownDefects?: Uint8Array | DefectPicture;
  /**
   * How much of the work is checked, so that a flipped bit is found and the work done again: 'off' (default);
   * 'checked': sums of the solver's memory between steps, and some transforms twice; 'full': both ends, too; 'twice':
   * all of that, and every frame is deconvolved twice. The output does not depend on it.
   */
  readonly integrity?: IntegrityMode;
}

/** Options of Richardson-Lucy. */
interface RichardsonLucyOptions {
  /**
   * Their number, or 'auto': `stop` decides. The hyper-Laplacian's takes a number too: its outer steps, 6 by default.
   */
  readonly iterations?: number | 'auto';
  /**
   * 'discrepancy' (Morozov): when the residual is down to the noise; 'relative-change': when an iteration changes
   * little.
   */
  readonly stop?: StopRule;
  /** 'discrepancy' looks for a mean squared residual of tau sigma^2 ... */
  readonly tau?: number;
  /**
   * ... and stops after so many times the iterations that this took; by default what is best for the acceleration; 1:
   * there.
   */
  readonly overrun?: number;
  /** 'relative-change' stops at this norm of the change over that of the estimate. */
  readonly minChange?: number;
  /** The cap where `iterations` is 'auto'. */
  readonly maxIterations?: number;
  readonly acceleration?: Acceleration;
  /** Weight of total variation; 0: none. */
  readonly totalVariation?: number;
  /** Damping below so many standard deviations of the noise (White 1994); 0: none. */
  readonly damping?: number;
  /** Read noise variance over gain, 1 being full scale (Snyder 1995). */
  readonly offset?: number;
  /** Samples at or above this part of full scale are left out; by default none. */
  readonly saturation?: number;
  /** First estimate: the mean of the frame, or the frame. */
  readonly start?: 'flat' | 'observed';
  /** With a field of kernels: eigen-PSF modes, 2 to 8, instead of one kernel per tile. */
  readonly modes?: number;
}

/** Options of the hyper-Laplacian prior. */
interface HyperLaplacianOptions {
  /** Weight of the data against the prior; by default from the noise. */
  readonly lambda?: number | 'auto';
  /** Exponent of the prior, between 0 and 1. */
  readonly alpha?: number;
}

/** Options of Wiener's filter. */
interface WienerOptions {
  readonly prior?: SignalPrior;
  /** Noise-to-signal ratio; by default fitted to the spectrum. */
  readonly nsr?: number | 'auto';
  /** Of the prior 'power-law', where `nsr` is given. */
  readonly exponent?: number;
}

/** How frames are deconvolved: what all methods take, and what some do. */
export interface DeconvolveOptions
  extends RuntimeChoice,
    CommonOptions,
    RichardsonLucyOptions,
    HyperLaplacianOptions,
    WienerOptions {}

/** Checked options, complete. Null stands for 'auto'. */
export interface DeconvolveSettings {
  readonly psf: PreparedPsf;
  /** Whether `psf` is only the largest that may be found, frame by frame. */
  readonly isPsfAuto: boolean;
  readonly method: DeconvolutionMethod;
  readonly boundary: Boundary;
  readonly sigma: number | null;
  readonly defects: 'find' | 'none';
  readonly knownDefects: KnownDefects | null;
  readonly iterations: number | null;
  readonly stop: StopRule;
  readonly tau: number;
  readonly overrun: number;
  readonly minChange: number;
  readonly maxIterations: number;
  readonly acceleration: Acceleration;
  readonly totalVariation: number;
  readonly damping: number;
  readonly offset: number;
  readonly saturation: number;
  readonly start: 'flat' | 'observed';
  readonly modes: number;
  readonly lambda: number | null;
  readonly alpha: number;
  readonly prior: SignalPrior;
  readonly nsr: number | null;
  readonly exponent: number;
  /** Mean of the samples of a scene, 1 being full scale, where frames are windows of it; null: of each frame. */
  readonly level: number | null;
  readonly integrity: IntegrityMode;
}
