import type { Transform } from '../../fft/transform.js';
import type { Pauses } from '../../runtime/pauses.js';
import { normalise } from '../../psf/psf.js';
import type { Psf } from '../../psf/psf.js';
import type { PsfField } from '../../psf/field.js';
import type { KernelProblem } from './kernel-problem.js';
import type { Grid, MeasuredTransfer, PatchSums } from './patch-sums.js';
import { createScratch } from './patches.js';
import { fitRings } from './ring-kernel.js';
import { findSupport } from './support.js';

/**
 * A frequency whose transfer has this standard deviation counts half as much as one that is known exactly. Where the
 * best quarter of all frequencies has a larger deviation, that one is used instead.
 */
const HALF_TRUST = 0.01;
/** Of the descent to a kernel anywhere, and then within its support. */
const [FIRST_STEPS, STEPS] = [40, 80];
/** Weights below this part of the largest are noise. */
const LEAST_PART = 0.01;

/** What a kernel is taken to be: equal to itself turned by any angle, by 180 degrees, or by none. */
export const KERNEL_SYMMETRIES = ['radial', 'point', 'none'] as const;
export type KernelSymmetry = (typeof KERNEL_SYMMETRIES)[number];

/** The kernels of a field, 1x1 where one does for all the frame, and how many times as bright the blurred image is. */
export interface KernelEstimate {
  readonly field: PsfField;
  readonly photometricRatio: number;
}

/** The kernels at the nodes of a grid, which reach `radius` pixels from their centres. */
export async function estimateKernels(
  plan: Transform,
  sums: PatchSums,
  grid: Grid,
  radius: number,
  symmetry: KernelSymmetry,
  pauses: Pauses,
): Promise<KernelEstimate> {
  const side = 2 * radius + 1;
  const kernels: Psf[] = [];
  let photometricRatio = 0;
  for (const measured of await sums.solve(pauses)) {
    const taps = await fitKernel(plan, measured, radius, symmetry, pauses);
    const least = LEAST_PART * taps.reduce((most, tap) => Math.max(most, tap), 0);
    const data = taps.map((tap) => (tap < least ? 0 : tap));
    kernels.push(normalise({ width: side, height: side, data }));
    photometricRatio += data.reduce((sum, tap) => sum + tap, 0) / (grid.columns * grid.rows);
  }
  return { field: { ...grid, kernels }, photometricRatio };
}

/**
 * The kernel that reaches `radius` pixels from its centre, no weight negative, whose transfer is nearest to the one
 * measured, each frequency weighted by how well it is known. Weights apart from the middle of it are noise: they are
 * left out, and the others found again.
 */
async function fitKernel(
  plan: Transform,
  measured: MeasuredTransfer,
  radius: number,
  symmetry: KernelSymmetry,
  pauses: Pauses,
): Promise<Float64Array> {
  const half = Math.max(HALF_TRUST ** 2, measured.variance.slice().sort()[measured.variance.length >> 2]!);
  const weights = measured.variance.map((value) => half / (half + value));
  // Hann's window has no use for the mean: that frequency follows from the others.
  weights[0] = 0;
  const problem: KernelProblem = { plan, transfer: measured.transfer, weights, radius };
  if (symmetry === 'radial') return fitRings(problem, pauses);
  const isSymmetric = symmetry === 'point';
  const side = 2 * radius + 1;
  const first = await descend(
    problem,
    isSymmetric,
    new Float64Array(side ** 2),
    new Uint8Array(side ** 2).fill(1),
    FIRST_STEPS,
    pauses,
  );
  return descend(problem, isSymmetric, first, findSupport(first, radius), STEPS, pauses);
}

/**
 * Projected gradient, which frequencies of little weight do not slow down as their step is 1 already at full weight.
 */
async function descend(
  { plan, transfer, weights, radius }: KernelProblem,
  isSymmetric: boolean,
  start: Float64Array,
  support: Uint8Array,
  steps: number,
  pauses: Pauses,
): Promise<Float64Array> {
  const { values: onGrid, spectrum: model } = createScratch(plan);
  const places = Uint32Array.from(start, (_, index) => placeOf(plan, index, radius));
  const taps = start.map((tap, index) => support[index]! * tap);
  for (let step = 0; step < steps; step += 1) {
    if (pauses.isDue) await pauses.take();
    onGrid.fill(0);
    for (let index = 0; index < taps.length; index += 1) onGrid[places[index]!] = taps[index]!;
    await plan.forward(onGrid, model);
    for (let bin = 0; bin < weights.length; bin += 1) {
      model.re[bin] = weights[bin]! * (transfer.re[bin]! - model.re[bin]!);
      model.im[bin] = weights[bin]! * (transfer.im[bin]! - model.im[bin]!);
    }
    await plan.inverse(model, onGrid);
    for (let index = 0; index < taps.length; index += 1)
      taps[index] = support[index]! * (taps[index]! + onGrid[places[index]!]!);
    project(taps, isSymmetric);
  }
  return taps;
}

/**
 * Makes no weight negative, and each equal to the one on the other side of the centre where the kernel is symmetric.
 */
function project(taps: Float64Array, isSymmetric: boolean): void {
  for (let index = 0, other = taps.length - 1; index <= other; index += 1, other -= 1) {
    const [tap, opposite] = [taps[index]!, taps[other]!];
    taps[index] = Math.max(0, isSymmetric ? (tap + opposite) / 2 : tap);
    taps[other] = Math.max(0, isSymmetric ? (opposite + tap) / 2 : opposite);
  }
}

function placeOf({ length: columns, lines: rows }: Transform, index: number, radius: number): number {
  const side = 2 * radius + 1;
  const [x, y] = [(index % side) - radius, Math.floor(index / side) - radius];
  return ((y + rows) % rows) * columns + ((x + columns) % columns);
}
