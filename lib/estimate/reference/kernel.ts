import type { FftPlan, HalfSpectrum } from '../../fft.js';
import type { Psf } from '../../deconvolve/psf/psf.js';
import { normalise } from '../../deconvolve/psf/psf.js';

/** Frequencies whose transfer is known with this standard deviation count half as much as those known exactly. */
const HALF_TRUST = 0.02;
const STEPS = 60;
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

/** A kernel, and what the blurred image is brighter by. */
export interface KernelEstimate {
  readonly kernel: Psf;
  readonly gain: number;
}

/**
 * The kernel of (2 radius + 1)^2 weights, none negative, whose transfer is nearest to the one measured, each frequency
 * weighted by how well it is known: projected gradient, which frequencies of little weight do not slow down as their
 * step is 1 already at full weight. @param isSymmetric whether it equals itself turned by 180 degrees, as that of a lens
 */
export async function estimateKernel(plan: FftPlan, sums: PatchSums, radius: number, isSymmetric: boolean): Promise<KernelEstimate> {
  const { transfer, variance } = sums.solve();
  const weights = variance.map((value) => HALF_TRUST ** 2 / (HALF_TRUST ** 2 + value));
  // Hann's window has no use for the mean: that frequency follows from the others.
  weights[0] = 0;
  const side = 2 * radius + 1;
  const onGrid = new Float32Array(plan.lines * plan.length);
  let taps: Float64Array = new Float64Array(side * side);
  for (let step = 0; step < STEPS; step += 1) {
    place(plan, taps, radius, onGrid);
    const model = await plan.forward(onGrid);
    for (let bin = 0; bin < weights.length; bin += 1) {
      model.re[bin] = weights[bin]! * (transfer.re[bin]! - model.re[bin]!);
      model.im[bin] = weights[bin]! * (transfer.im[bin]! - model.im[bin]!);
    }
    const update = await plan.inverse(model);
    taps = project(taps.map((tap, index) => tap + update[placeOf(plan, index, radius)]!), isSymmetric);
  }
  const largest = taps.reduce((most, tap) => Math.max(most, tap), 0);
  const kept = taps.map((tap) => (tap < LEAST_PART * largest ? 0 : tap));
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

function place(plan: FftPlan, taps: Float64Array, radius: number, grid: Float32Array): void {
  taps.forEach((tap, index) => { grid[placeOf(plan, index, radius)] = tap; });
}
