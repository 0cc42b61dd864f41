import type { Transform } from '../../fft/transform.js';
import type { Plane } from '../../image/planes.js';
import type { FrameSource } from '../../image/source.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Scope } from '../../runtime/scope.js';
import { discard } from '../discard.js';
import { planImage } from '../plan-image.js';
import type { EstimateSettings } from '../settings.js';
import type { Affine } from './affine.js';
import { compare } from './compare.js';
import type { Comparison } from './compare.js';
import { knownBrightness } from './known-brightness.js';
import { registerByFeatures } from './match-features.js';
import { estimateKernels } from './measured-kernel.js';
import type { KernelEstimate, KernelSymmetry } from './measured-kernel.js';
import { PATCH, PatchReader, isMostlyKnown, listPatches, transfersOf } from './patches.js';
import { PatchSums } from './patch-sums.js';
import type { Grid } from './patch-sums.js';
import { concludeReference, declineReference } from './reference-estimate.js';
import type { ReferenceEstimate } from './reference-estimate.js';
import { registerCoarsely, registerFinely } from './register.js';
import type { Registration } from './register.js';
import { warp } from './warp.js';

/** Reach of an estimated kernel from its centre, in pixels of the frame. */
const REACH = 20;
/** Kernel, radiometry and masks improve each other so many times. */
const ROUNDS = 3;
/** Patches from which the kernel is found: that of the last round, and those before. */
const [MOST_PATCHES, ENOUGH_PATCHES] = [96, 48];
/** A node of a field needs about as much as one patch at its place gives. */
const LEAST_SUPPORT = 0.5;
/** Changed parts beyond this leave too little to learn from. */
const MOST_CHANGED = 0.6;

/** How a reference is used. */
export type ReferenceSettings = Pick<EstimateSettings, 'referenceScale' | 'symmetry' | 'columns' | 'rows'>;

/** A frame with its reference, both as brightness, and what works on them. */
interface Pair {
  readonly scope: Scope;
  readonly target: Plane;
  readonly source: Plane;
  /** Of transforms of patches. */
  readonly plan: Transform;
  readonly pauses: Pauses;
}

/**
 * Registers the reference. Then finds kernel, radiometry and changes, each with the help of the others, several times;
 * see docs/estimation.md. Rejects with the signal's reason.
 */
export async function estimateFromReference(
  scope: Scope,
  frame: FrameSource,
  reference: FrameSource,
  settings: ReferenceSettings,
): Promise<ReferenceEstimate> {
  const pauses = new Pauses(scope.signal);
  const [target, source] = [await knownBrightness(frame, pauses), await knownBrightness(reference, pauses)];
  if (Math.min(target.width, target.height) < PATCH)
    return declineReference(`${target.width}x${target.height} pixels are too few: each side must be at least ${PATCH}`);
  const plan = await planImage(scope, PATCH, PATCH);
  try {
    const pair = { scope, target, source, plan, pauses };
    const registration = await register(pair, firstGuess(target, source, settings.referenceScale));
    if (registration) return await solve(pair, registration, settings);
    return declineReference(
      'the reference does not fit the frame: one of them is flat, they overlap too little, or show another place',
    );
  } finally {
    plan.dispose();
  }
}

/** Both about their centres. */
function firstGuess(target: Plane, source: Plane, referenceScale: number | null): Affine {
  const scale = referenceScale ?? Math.sqrt((source.width * source.height) / (target.width * target.height));
  const offset = (side: number, otherSide: number): number => (otherSide - 1) / 2 - (scale * (side - 1)) / 2;
  return [scale, 0, offset(target.width, source.width), 0, scale, offset(target.height, source.height)];
}

/** From the first guess, or where that does not lead to the reference, from corners that both have. */
async function register({ scope, target, source, plan, pauses }: Pair, guess: Affine): Promise<Registration | null> {
  const near = await registerCoarsely(scope, target, source, guess);
  const found = near && (await registerFinely(plan, target, source, near, null, pauses));
  if (found) return found;
  const far = await registerByFeatures(target, source, pauses);
  return far && registerFinely(plan, target, source, far, null, pauses);
}

async function solve(pair: Pair, start: Registration, settings: ReferenceSettings): Promise<ReferenceEstimate> {
  const { target, source, plan, pauses } = pair;
  const { columns, rows, symmetry } = settings;
  const { width, height } = target;
  let registration = start;
  const sharp = await warp(source, registration.toReference, width, height, pauses);
  const filled = new Float32Array(target.data.length);
  let found: KernelEstimate | null = null;
  let compared: Comparison = { filled: target, offset: 0, changed: 0 };
  for (let round = 1; round <= ROUNDS; round += 1) {
    const isLast = round === ROUNDS;
    const most = isLast ? MOST_PATCHES : ENOUGH_PATCHES;
    found = await solveKernels(pair, compared.filled, sharp, { columns, rows }, most, symmetry);
    if (!found) return declineReference(lackOfPatches(columns, rows));
    if (round === 1) {
      registration = await registerThroughKernel(pair, registration, found);
      await warp(source, registration.toReference, width, height, pauses, sharp.data);
    }
    if (!isLast) compared = await compare(plan, target, sharp, found, filled, pauses);
  }
  if (compared.changed <= MOST_CHANGED) return concludeReference(found!, registration, compared, pauses);
  const percent = Math.round(100 * compared.changed);
  return declineReference(`${percent} % of the frame show something else than the reference: clouds, or changes`);
}

const lackOfPatches = (columns: number, rows: number): string =>
  columns * rows > 1
    ? `there are too few patches with texture for a grid of ${columns}x${rows}`
    : 'no patch of frame and reference has texture to compare';

/** Seen through the kernel, the reference matches better. */
async function registerThroughKernel(
  { target, source, plan, pauses }: Pair,
  registration: Registration,
  { field }: KernelEstimate,
): Promise<Registration> {
  const transfer = await transfersOf(plan, field)(0.5, 0.5);
  return (await registerFinely(plan, target, source, registration.toReference, transfer, pauses)) ?? registration;
}

/** Null where there are too few patches. @param most patches that it is learned from */
async function solveKernels(
  { scope, target, plan, pauses }: Pair,
  blurred: Plane,
  sharp: Plane,
  grid: Grid,
  most: number,
  symmetry: KernelSymmetry,
): Promise<KernelEstimate | null> {
  const sums = new PatchSums(plan.lines * plan.bins, grid);
  const [ofSharp, ofBlurred] = [new PatchReader(plan), new PatchReader(plan)];
  for (const corner of listPatches(blurred, PATCH, most)) {
    if (pauses.isDue) await pauses.take();
    // What fills gaps comes from the kernel so far.
    if (!isMostlyKnown(target, corner)) continue;
    const s = await ofSharp.read(sharp, corner);
    const b = s && (await ofBlurred.read(blurred, corner));
    if (s && b) sums.add(s, b, (corner[0] + PATCH / 2) / blurred.width, (corner[1] + PATCH / 2) / blurred.height);
  }
  if (sums.leastSupport < LEAST_SUPPORT) return null;
  const found = await estimateKernels(plan, sums, grid, REACH, symmetry, pauses);
  discard(scope, sums.bytes);
  return found;
}
