import type { AnyFrame } from '../../image/frame.js';
import type { NativeSolver, SolverSettings } from '../../runtime/native/binding.js';
import type { Scope } from '../../runtime/scope.js';
import type { NoiseKind } from '../noise-meter.js';
import type { DeconvolveOptions, DeconvolveSettings } from '../settings.js';

/** The numbers that were chosen for a frame, as the report tells them; null for those that the method has not. */
export interface MethodNumbers {
  /** Weight of the data against the prior (hyper-Laplacian). */
  readonly lambda: number | null;
  /** Noise-to-signal ratio (Wiener). */
  readonly nsr: number | null;
}

/** Completes the numbers by what a solver finds in the samples that are loaded. @param sigma of the noise */
export type Fit = (
  solver: NativeSolver,
  tuning: SolverSettings,
  sigma: number,
  scope: Scope,
) => Promise<SolverSettings>;

/** All that is particular about one method of deconvolution; its solver is native. */
export interface Method {
  /** The options that it takes besides those of every method. */
  readonly optionKeys: readonly (keyof DeconvolveOptions)[];
  /** Iterations, where none are asked for; null: a rule ends them. */
  readonly iterations: number | null;
  /** Why iterations of a known number end: they were asked for, or the method makes no more. */
  readonly endOfCount: 'iterations' | 'complete';
  /** The noise that decides its numbers: what ends iterations is all of it. */
  readonly noise: NoiseKind;
  /** Tiles overlap by this at least: what is unknown beyond an edge is felt far inside. */
  readonly leastOverlapPx: number;
  /** Whether it can leave pixels out, and refuses negative weights, as it divides by what it has blurred. */
  readonly isMultiplicative: boolean;
  /**
   * Whether something must be found on a part of the frame beforehand.
   * @param hasParts whether several planes or tiles must share it; a single one finds it as it is solved
   */
  readonly needsProbe: (settings: DeconvolveSettings, hasParts: boolean) => boolean;
  /** The numbers for the solver: those of the options, else from the noise. @param sigma 1 being full scale, > 0 */
  readonly tune: (settings: DeconvolveSettings, sigma: number, frame: AnyFrame) => SolverSettings;
  /** Done on the probe; null: nothing. */
  readonly fit: Fit | null;
  readonly numbersOf: (tuning: SolverSettings) => MethodNumbers;
}

/** What a solver is told of numbers that its method does not use. */
export function plainTuning(settings: DeconvolveSettings): SolverSettings {
  const { offset, saturation, totalVariation, start, alpha, prior, exponent } = settings;
  return { offset, saturation, totalVariation, start, alpha, prior, exponent, damping: 0, lambda: 1, nsr: 0 };
}
