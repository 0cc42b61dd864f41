import type { HalfSpectrum } from '../../fft/shape.js';
import type { Transform } from '../../fft/transform.js';
import type { Scope } from '../../runtime/scope.js';
import { planImage } from '../plan-image.js';
import { applyAffine, compose, fitAffine } from './affine.js';
import type { Affine, Match } from './affine.js';
import { correlate, createLowPass } from './correlate.js';
import { Pauses } from '../../runtime/pauses.js';
import { PATCH, PatchReader, createScratch, listPatches, multiply } from './patches.js';
import type { Scratch } from './patches.js';
import { scaleOf, shrink, warp } from './warp.js';
import type { Plane } from '../../image/planes.js';

/** Largest side of the pictures that are matched first, as a whole. */
const COARSE_SIDE = 384;
/** Part of a small picture that may be missing, or lie beyond the reference. */
const MOST_BEYOND = 0.7;
/**
 * Standard deviation of the low-pass of correlations, in cycles per pixel: of small pictures; of patches while the blur
 * is unknown, which turns phases beyond its first dark ring, 0.076 for a disk of 8 pixels; and of patches seen through
 * it.
 */
const [COARSE_CUTOFF, BLIND_CUTOFF, FINE_CUTOFF] = [0.05, 0.04, 0.07];
/** A peak that is no higher than this over the noise of its correlation is chance. */
const LEAST_SHARPNESS = 7;
/** About as many patches are compared. */
const ENOUGH_PATCHES = 24;
/** Matching ends when it moves no corner of the frame by more than this, in pixels, and after so many rounds. */
const [SETTLED, MOST_ROUNDS] = [0.05, 4];
/** Of the patches, so many must agree within so many pixels of the frame. */
const [LEAST_TRUSTED, MOST_RESIDUAL] = [0.3, 0.7];

/** How a reference lies on a frame. */
export interface Registration {
  /** From pixels of the frame to those of the reference. */
  readonly toReference: Affine;
  /** Pixels of the reference per pixel of the frame. */
  readonly scale: number;
  /** By which the reference is turned, -180 to 180, anticlockwise. */
  readonly rotationDegrees: number;
  /** Patches with texture in both. */
  readonly patches: number;
  /** The part of them that agrees, 0 to 1. */
  readonly trusted: number;
  /** By how much those that agree differ, root mean square, in pixels of the frame. */
  readonly residualPx: number;
}

/** Matches both as a whole, small; null where nothing matches. @param start a first guess of the map */
export async function registerCoarsely(
  scope: Scope,
  frame: Plane,
  reference: Plane,
  start: Affine,
): Promise<Affine | null> {
  const factor = Math.max(1, Math.ceil(Math.max(frame.width, frame.height) / COARSE_SIDE));
  const pauses = new Pauses(scope.signal);
  const small = await shrink(frame, factor, pauses);
  const toFrame: Affine = [factor, 0, (factor - 1) / 2, 0, factor, (factor - 1) / 2];
  const moved = await warp(reference, compose(start, toFrame), small.width, small.height, pauses);
  const plan = await planImage(scope, small.height, small.width);
  try {
    const a = await new PatchReader(plan).read(moved, [0, 0], undefined, MOST_BEYOND);
    const b = a && (await new PatchReader(plan).read(small, [0, 0], undefined, MOST_BEYOND));
    if (!a || !b) return null;
    const { x, y } = await correlate(plan, a, b, createLowPass(plan, COARSE_CUTOFF));
    return compose(start, [1, 0, -factor * x, 0, 1, -factor * y]);
  } finally {
    plan.dispose();
  }
}

/**
 * Shifts of patches by phase correlation, and an affine map through them without outliers, again and again until it
 * rests. Null where too few patches match.
 * @param blur transfer function of the kernel so far on the patches' grid, which the reference is seen through
 */
export async function registerFinely(
  plan: Transform,
  frame: Plane,
  reference: Plane,
  start: Affine,
  blur: HalfSpectrum | null,
  pauses: Pauses,
): Promise<Registration | null> {
  const matcher = new PatchMatcher(plan, frame, blur);
  // Averaged to about the grid of the frame, which is all that matching needs.
  const factor = Math.max(1, Math.round(scaleOf(start)));
  const small = await shrink(reference, factor, pauses);
  const toSmall: Affine = [1 / factor, 0, (1 - factor) / 2 / factor, 0, 1 / factor, (1 - factor) / 2 / factor];
  const fromSmall: Affine = [factor, 0, (factor - 1) / 2, 0, factor, (factor - 1) / 2];
  let toPlane = compose(toSmall, start);
  for (let round = 1; ; round += 1) {
    const { matches, compared } = await matcher.match(small, toPlane, pauses);
    if (matches.length < 3) return null;
    const { affine, trust, residual } = fitAffine(matches);
    if (!(scaleOf(affine) > 0.5 && scaleOf(affine) < 2)) return null;
    const moved = distanceBetween(toPlane, affine, frame) / scaleOf(affine);
    toPlane = affine;
    if (round < MOST_ROUNDS && moved > SETTLED) continue;
    const toReference = compose(fromSmall, affine);
    const trusted = trust.filter((value) => value > 0.1).length / compared;
    const found = {
      toReference,
      scale: scaleOf(toReference),
      rotationDegrees: (Math.atan2(-affine[3], affine[0]) * 180) / Math.PI,
      patches: compared,
      trusted,
      residualPx: residual / scaleOf(affine),
    };
    return trusted >= LEAST_TRUSTED && found.residualPx <= MOST_RESIDUAL ? found : null;
  }
}

/** Compares patches all over a frame with a reference. */
class PatchMatcher {
  readonly #plan: Transform;
  readonly #frame: Plane;
  readonly #blur: HalfSpectrum | null;
  readonly #lowPass: Float32Array;
  readonly #corners: readonly (readonly [number, number])[];
  readonly #ofFrame: PatchReader;
  readonly #ofReference: PatchReader;
  readonly #scratch: Scratch;
  /** A patch of the reference on the frame's grid. */
  readonly #moved = new Float32Array(PATCH * PATCH);

  constructor(plan: Transform, frame: Plane, blur: HalfSpectrum | null) {
    [this.#plan, this.#frame, this.#blur] = [plan, frame, blur];
    this.#lowPass = createLowPass(plan, blur ? FINE_CUTOFF : BLIND_CUTOFF);
    this.#corners = listPatches(frame, PATCH, ENOUGH_PATCHES);
    [this.#ofFrame, this.#ofReference] = [new PatchReader(plan), new PatchReader(plan)];
    this.#scratch = createScratch(plan);
  }

  /** Where patches that stand out from chance lie on the reference, and how many had texture in both. */
  async match(
    reference: Plane,
    toPlane: Affine,
    pauses: Pauses,
  ): Promise<{ readonly matches: readonly Match[]; readonly compared: number }> {
    const matches: Match[] = [];
    let compared = 0;
    for (const corner of this.#corners) {
      if (pauses.isDue) await pauses.take();
      const match = await this.#matchPatch(reference, toPlane, corner, pauses);
      if (match) compared += 1;
      if (match && match.sharpness >= LEAST_SHARPNESS) matches.push(match);
    }
    return { matches, compared };
  }

  async #matchPatch(
    reference: Plane,
    toPlane: Affine,
    [left, top]: readonly [number, number],
    pauses: Pauses,
  ): Promise<(Match & { readonly sharpness: number }) | null> {
    const b = await this.#ofFrame.read(this.#frame, [left, top]);
    if (!b) return null;
    const toPatch = compose(toPlane, [1, 0, left, 0, 1, top]);
    const patch = await warp(reference, toPatch, PATCH, PATCH, pauses, this.#moved);
    const a = await this.#ofReference.read(patch, [0, 0]);
    if (!a) return null;
    if (this.#blur) multiply(a, this.#blur);
    const { x, y, sharpness } = await correlate(this.#plan, a, b, this.#lowPass, this.#scratch);
    const centre: [number, number] = [left + (PATCH - 1) / 2, top + (PATCH - 1) / 2];
    return { from: centre, to: applyAffine(toPlane, centre[0] - x, centre[1] - y), sharpness };
  }
}

/** The largest distance between where two maps put the corners of a frame. */
function distanceBetween(a: Affine, b: Affine, { width, height }: Plane): number {
  return Math.max(
    ...[
      [0, 0],
      [width - 1, 0],
      [0, height - 1],
      [width - 1, height - 1],
    ].map(([x, y]) => {
      const [p, q] = [applyAffine(a, x!, y!), applyAffine(b, x!, y!)];
      return Math.hypot(p[0] - q[0], p[1] - q[1]);
    }),
  );
}
