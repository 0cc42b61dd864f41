import type { FftPlan, HalfSpectrum } from '../../fft.js';
import { normalise } from '../../deconvolve/psf/psf.js';
import type { Psf } from '../../deconvolve/psf/psf.js';
import { fitRings } from './rings.js';
import { findSupport } from './support.js';

/**
 * A frequency counts half as much as one known exactly where its transfer is known as well as that of the best quarter of all, or with
 * this standard deviation, if that is larger.
 */
const HALF_TRUST = 0.01;
/** Of the descent to a kernel anywhere, and then within its support. */
const [FIRST_STEPS, STEPS] = [40, 80];
/** Weights below this part of the largest are noise. */
const LEAST_PART = 0.01;

/** Sums over patches of |S|^2, |B|^2 and conj(S) B: all that a kernel is estimated from. */
export class PatchSums {
  readonly power: Float64Array;
  readonly #blurred: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  #patches = 0;

  constructor(bins: number) {
    [this.power, this.#blurred, this.#re, this.#im] = [0, 1, 2, 3].map(() => new Float64Array(bins)) as [Float64Array, Float64Array, Float64Array, Float64Array];
  }

  /** @param s of the sharp patch @param b of the blurred one */
  add(s: HalfSpectrum, b: HalfSpectrum): void {
    for (let bin = 0; bin < this.power.length; bin += 1) {
      const [sr, si, br, bi] = [s.re[bin]!, s.im[bin]!, b.re[bin]!, b.im[bin]!];
      this.power[bin]! += sr * sr + si * si;
      this.#blurred[bin]! += br * br + bi * bi;
      this.#re[bin]! += sr * br + si * bi;
      this.#im[bin]! += sr * bi - si * br;
    }
    this.#patches += 1;
  }

  get patches(): number {
    return this.#patches;
  }

  /** Least squares per frequency, and the variance of each: what S leaves unexplained of B, over the patches. */
  solve(): { readonly transfer: HalfSpectrum; readonly variance: Float64Array } {
    const floor = 1e-9 * this.power.reduce((largest, value) => Math.max(largest, value), 0);
    const transfer = { re: new Float32Array(this.power.length), im: new Float32Array(this.power.length) };
    const variance = this.power.map((power, bin) => {
      transfer.re[bin] = this.#re[bin]! / (power + floor);
      transfer.im[bin] = this.#im[bin]! / (power + floor);
      const explained = (this.#re[bin]! ** 2 + this.#im[bin]! ** 2) / (power + floor);
      return Math.max(this.#blurred[bin]! - explained, 0) / Math.max(this.#patches - 1, 1) / (power + floor);
    });
    return { transfer, variance };
  }
}

/** What a kernel is taken to be: equal to itself turned by any angle, by 180 degrees, or by none. */
export const KERNEL_SYMMETRIES = ['radial', 'point', 'none'] as const;
export type KernelSymmetry = (typeof KERNEL_SYMMETRIES)[number];

/** A transfer function on a plan's grid that a kernel shall have, and how much each frequency of it counts, 0 to 1. */
export interface KernelProblem {
  readonly plan: FftPlan;
  readonly transfer: HalfSpectrum;
  readonly weights: Float64Array;
  /** Reach of the kernel from its centre, in pixels. */
  readonly radius: number;
}

/** A kernel, and what the blurred image is brighter by. */
export interface KernelEstimate {
  readonly kernel: Psf;
  readonly gain: number;
}

/**
 * The kernel that reaches `radius` pixels from its centre, no weight negative, whose transfer is nearest to the one measured, each
 * frequency weighted by how well it is known. Weights apart from the middle of it are noise: they are left out, and the others found again.
 */
export async function estimateKernel(plan: FftPlan, sums: PatchSums, radius: number, symmetry: KernelSymmetry): Promise<KernelEstimate> {
  const measured = sums.solve();
  const half = Math.max(HALF_TRUST ** 2, measured.variance.slice().sort()[measured.variance.length >> 2]!);
  const weights = measured.variance.map((value) => half / (half + value));
  // Hann's window has no use for the mean: that frequency follows from the others.
  weights[0] = 0;
  const problem: KernelProblem = { plan, transfer: measured.transfer, weights, radius };
  if (symmetry === 'radial') return toEstimate(await fitRings(problem), radius);
  const isSymmetric = symmetry === 'point';
  const side = 2 * radius + 1;
  const first = await descend(problem, isSymmetric, new Float64Array(side ** 2), new Uint8Array(side ** 2).fill(1), FIRST_STEPS);
  return toEstimate(await descend(problem, isSymmetric, first, findSupport(first, radius), STEPS), radius);
}

/** Projected gradient, which frequencies of little weight do not slow down as their step is 1 already at full weight. */
async function descend(
  { plan, transfer, weights, radius }: KernelProblem, isSymmetric: boolean, start: Float64Array, support: Uint8Array, steps: number,
): Promise<Float64Array> {
  const onGrid = new Float32Array(plan.lines * plan.length);
  const model: HalfSpectrum = { re: new Float32Array(weights.length), im: new Float32Array(weights.length) };
  let taps: Float64Array = start.map((tap, index) => support[index]! * tap);
  for (let step = 0; step < steps; step += 1) {
    onGrid.fill(0);
    taps.forEach((tap, index) => { onGrid[placeOf(plan, index, radius)] = tap; });
    await plan.forward(onGrid, model);
    for (let bin = 0; bin < weights.length; bin += 1) {
      model.re[bin] = weights[bin]! * (transfer.re[bin]! - model.re[bin]!);
      model.im[bin] = weights[bin]! * (transfer.im[bin]! - model.im[bin]!);
    }
    await plan.inverse(model, onGrid);
    taps = project(taps.map((tap, index) => support[index]! * (tap + onGrid[placeOf(plan, index, radius)]!)), isSymmetric);
  }
  return taps;
}

function toEstimate(taps: Float64Array, radius: number): KernelEstimate {
  const side = 2 * radius + 1;
  const least = LEAST_PART * taps.reduce((most, tap) => Math.max(most, tap), 0);
  const kept = taps.map((tap) => (tap < least ? 0 : tap));
  return { kernel: normalise({ width: side, height: side, data: kept }), gain: kept.reduce((sum, tap) => sum + tap, 0) };
}

function project(taps: Float64Array, isSymmetric: boolean): Float64Array {
  return taps.map((tap, index) => Math.max(0, isSymmetric ? (tap + taps[taps.length - 1 - index]!) / 2 : tap));
}

function placeOf({ length: columns, lines: rows }: FftPlan, index: number, radius: number): number {
  const side = 2 * radius + 1;
  const [x, y] = [(index % side) - radius, Math.floor(index / side) - radius];
  return ((y + rows) % rows) * columns + ((x + columns) % columns);
}
