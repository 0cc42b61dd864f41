import type { AnyFrame } from '../../image/frame.js';
import { kernelAt } from '../../psf/field.js';
import type { PsfField } from '../../psf/field.js';
import type { Psf } from '../../psf/psf.js';
import type { Scope } from '../../runtime/scope.js';
import { planImage } from '../plan-image.js';
import type { FftPlan } from '../../fft/fft.js';
import type { RadiusField } from '../defocus.js';
import { luminancePlane } from '../../image/luminance.js';
import type { EstimateSettings } from '../settings.js';
import type { BlurShape } from '../shape.js';
import type { Affine } from './affine.js';
import { compare } from './compare.js';
import type { Comparison } from './compare.js';
import { fitDisk } from './disk-fit.js';
import type { DiskFit } from './disk-fit.js';
import { estimateKernels } from './kernel.js';
import type { KernelEstimate, KernelSymmetry } from './kernel.js';
import { PATCH, PatchReader, listPatches, transfersOf } from './patches.js';
import { PatchSums } from './patch-sums.js';
import type { Grid } from './patch-sums.js';
import { registerByFeatures } from './match-features.js';
import { registerCoarsely, registerFinely } from './register.js';
import type { Registration } from './register.js';
import { warp } from './warp.js';
import type { Plane } from '../../image/planes.js';

/** Reach of an estimated kernel from its centre, in pixels of the frame. */
const REACH = 20;
/** Kernel, radiometry and masks improve each other so many times. */
const ROUNDS = 3;
/** Patches from which the kernel is found: that of the last round, and those before. */
const [MOST_PATCHES, ENOUGH_PATCHES] = [96, 48];
/** A node of a field needs about as much as one patch at its place gives. */
const LEAST_SUPPORT = 0.5;
/** A kernel whose weights differ from those of a disk by more than this part of the largest is given as it is, not in words. */
const MOST_MISFIT = 0.05;
/** Changed parts beyond this leave too little to learn from. */
const MOST_CHANGED = 0.6;

/** How a reference is used. */
export type ReferenceSettings = Pick<EstimateSettings, 'referenceScale' | 'symmetry' | 'columns' | 'rows'>;

/** What a sharp picture of the same ground tells of a frame's blur, relative to the reference averaged over the frame's pixels. */
export interface ReferenceEstimate {
  readonly kind: 'reference';
  /** Why there is no estimate; null: there is one. */
  readonly declined: string | null;
  /** The disk with a Gaussian that is nearest to the kernel; null where none is near. */
  readonly shape: BlurShape | null;
  readonly psf: string | null;
  /** In the middle of the frame, where there is a field. */
  readonly kernel: Psf | null;
  /** The kernels of a grid, where one was asked for; `psf` of `deconvolve` takes them. */
  readonly kernels: PsfField | null;
  /** The radii of the disks nearest to those, node by node; null where none is near. */
  readonly field: RadiusField | null;
  readonly confidence: { readonly level: 'high' | 'low'; readonly value: number } | null;
  readonly registration: Registration | null;
  /** frame = gain x blurred reference + offset, 1 being full scale, and the part of the frame that shows something else. */
  readonly radiometry: { readonly gain: number; readonly offset: number; readonly changed: number } | null;
}

/** Registers the reference, then finds kernel, radiometry and changes in turns; see docs/estimation.md. Rejects with the signal's reason. */
export async function estimateFromReference(
  scope: Scope,
  frame: AnyFrame,
  reference: AnyFrame,
  settings: ReferenceSettings,
): Promise<ReferenceEstimate> {
  const [target, source] = [await luminancePlane(frame), await luminancePlane(reference)];
  if (Math.min(target.width, target.height) < PATCH)
    return decline(`${target.width}x${target.height} pixels are too few: each side must be at least ${PATCH}`);
  const plan = await planImage(scope, PATCH, PATCH);
  try {
    const registration = await register(
      scope,
      plan,
      target,
      source,
      firstGuess(target, source, settings.referenceScale),
    );
    if (!registration)
      return decline(
        'the reference does not fit the frame: one of them is flat, they overlap too little, or show another place',
      );
    return await solve(plan, target, source, registration, settings, scope.signal);
  } finally {
    plan.dispose();
  }
}

/** From the first guess, or where that does not lead to the reference, from corners that both have. */
async function register(
  scope: Scope,
  plan: FftPlan,
  target: Plane,
  source: Plane,
  guess: Affine,
): Promise<Registration | null> {
  const { signal } = scope;
  const near = await registerCoarsely(scope, target, source, guess);
  const found = near && (await registerFinely(plan, target, source, near, null, signal));
  if (found) return found;
  const far = await registerByFeatures(target, source, signal);
  return far && registerFinely(plan, target, source, far, null, signal);
}

async function solve(
  plan: FftPlan,
  target: Plane,
  source: Plane,
  start: Registration,
  settings: ReferenceSettings,
  signal: AbortSignal,
): Promise<ReferenceEstimate> {
  const { columns, rows, symmetry } = settings;
  const grid = { columns, rows };
  let registration = start;
  let sharp = await warp(source, registration.toReference, target.width, target.height);
  const filled = new Float32Array(target.data.length);
  let found: KernelEstimate | null = null;
  let compared: Comparison = { filled: target, offset: 0, changed: 0 };
  for (let round = 1; round <= ROUNDS; round += 1) {
    signal.throwIfAborted();
    found = await solveKernels(
      plan,
      compared.filled,
      sharp,
      grid,
      round < ROUNDS ? ENOUGH_PATCHES : MOST_PATCHES,
      symmetry,
      signal,
    );
    if (!found)
      return decline(
        columns * rows > 1
          ? `there are too few patches with texture for a grid of ${columns}x${rows}`
          : 'no patch of frame and reference has texture to compare',
      );
    if (round === 1) {
      // Seen through the kernel, the reference matches better.
      registration =
        (await registerFinely(
          plan,
          target,
          source,
          registration.toReference,
          await transfersOf(plan, found.field)(0.5, 0.5),
          signal,
        )) ?? registration;
      sharp = await warp(source, registration.toReference, target.width, target.height);
    }
    if (round < ROUNDS) compared = await compare(plan, target, sharp, found, filled, signal);
  }
  if (compared.changed > MOST_CHANGED)
    return decline(
      `${Math.round(100 * compared.changed)} % of the frame show something else than the reference: clouds, or changes`,
    );
  return conclude(found!, registration, compared);
}

/** Null where there are too few patches. @param most patches that it is learned from */
async function solveKernels(
  plan: FftPlan,
  blurred: Plane,
  sharp: Plane,
  grid: Grid,
  most: number,
  symmetry: KernelSymmetry,
  signal: AbortSignal,
): Promise<KernelEstimate | null> {
  const sums = new PatchSums(plan.lines * plan.bins, grid);
  const [ofSharp, ofBlurred] = [new PatchReader(plan), new PatchReader(plan)];
  for (const corner of listPatches(blurred, PATCH, most)) {
    signal.throwIfAborted();
    const s = await ofSharp.read(sharp, corner);
    const b = s && (await ofBlurred.read(blurred, corner));
    if (s && b) sums.add(s, b, (corner[0] + PATCH / 2) / blurred.width, (corner[1] + PATCH / 2) / blurred.height);
  }
  return sums.leastSupport < LEAST_SUPPORT ? null : estimateKernels(plan, sums, grid, REACH, symmetry, signal);
}

function conclude(
  { field, gain }: KernelEstimate,
  registration: Registration,
  { offset, changed }: Comparison,
): ReferenceEstimate {
  const kernel = kernelAt(field, 0.5, 0.5);
  const nearest = nearestDisk(kernel);
  const value = registration.trusted * (1 - changed);
  const { columns, rows } = field;
  const isField = field.kernels.length > 1;
  return {
    kind: 'reference',
    declined: null,
    kernel,
    kernels: isField ? field : null,
    field: isField ? { columns, rows, radii: field.kernels.map((node) => nearestDisk(node)?.radius ?? null) } : null,
    shape: nearest && { a: nearest.radius, b: nearest.radius, angle: 0, sigma: nearest.sigma },
    psf:
      nearest &&
      `disk:${nearest.radius.toFixed(3)}${nearest.sigma >= 0.05 ? `+gaussian:${nearest.sigma.toFixed(3)}` : ''}`,
    confidence: { level: value >= 0.5 && registration.residual <= 0.3 ? 'high' : 'low', value },
    registration,
    radiometry: { gain, offset, changed },
  };
}

/** Null where no disk is near. */
function nearestDisk(kernel: Psf): DiskFit | null {
  const found = fitDisk(kernel);
  return found.misfit <= MOST_MISFIT && found.radius >= 0.5 ? found : null;
}

function decline(declined: string): ReferenceEstimate {
  return {
    kind: 'reference',
    declined,
    shape: null,
    psf: null,
    kernel: null,
    kernels: null,
    field: null,
    confidence: null,
    registration: null,
    radiometry: null,
  };
}

/** Both about their centres. */
function firstGuess(target: Plane, source: Plane, referenceScale: number | null): Affine {
  const scale = referenceScale ?? Math.sqrt((source.width * source.height) / (target.width * target.height));
  const offset = (side: number, otherSide: number): number => (otherSide - 1) / 2 - (scale * (side - 1)) / 2;
  return [scale, 0, offset(target.width, source.width), 0, scale, offset(target.height, source.height)];
}
