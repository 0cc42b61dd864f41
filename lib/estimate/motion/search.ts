import type { Binding } from '../../runtime/native/binding.js';
import { cellFrequencies } from '../frequencies.js';
import type { Scope } from '../../runtime/scope.js';
import { settleAll } from '../../runtime/settle-all.js';
import type { RadiusFinder } from '../radius.js';
import type { Curve } from '../rings.js';
import { SceneFitter } from '../scene-fit.js';
import type { SceneFit } from '../scene-fit.js';
import { modelPlane } from '../scene-model.js';
import { findMotionHints } from './cepstrum.js';
import type { MotionHint } from './cepstrum.js';
import { drawRings, thin } from './spectrum-plane.js';
import type { SpectrumPlane } from './spectrum-plane.js';

/** Minima that are looked into; of those shallower than this part of the deepest, none. */
const MOST_HINTS = 3;
const LEAST_DEPTH = 0.25;
/** Models are compared by every third cell: 64 columns are no multiple of it. */
const STRIDE = 3;
/** Where |L p| is below this, straight motion takes no more than half of the power: there defocus shows. */
const MAIN_LOBE = 0.45;
/** Of a Gaussian to begin with, in pixels. */
const SIGMA = 1;
/**
 * A disk goes with the motion where it is of some size and lowers the misfit by this factor; motion alone never did, in
 * bench/estimate-motion.mjs.
 */
const LEAST_RADIUS = 1.6;
const LEAST_GAIN = 1.02;

/**
 * Straight motion, from one end to the other (the sign is arbitrary), with the radius of a disk, 0 for none; in pixels.
 */
export interface MotionOptics {
  readonly right: number;
  readonly down: number;
  readonly radius: number;
}

/** What explains a thinned spectrum best. */
export interface MotionSearch {
  readonly fit: SceneFit;
  /** Whether a disk goes with the motion. */
  readonly isJoint: boolean;
  /** Depth of the minimum of the cepstrum that suggested it, in standard deviations. */
  readonly dip: number;
  /** Mean robust misfit of the best explanation without motion: no blur, a Gaussian or a disk. */
  readonly rivalCost: number;
}

/** One suggestion, fitted alone and with a disk. */
interface Pair {
  readonly dip: number;
  readonly motion: SceneFit;
  readonly both: SceneFit;
}

/**
 * Looks for the motion, with or without defocus, that explains a spectrum best. Null where its cepstrum has no minimum.
 * @param rings of the same spectrum
 */
export async function searchMotion(
  scope: Scope,
  plane: SpectrumPlane,
  finder: RadiusFinder,
  rings: Curve,
): Promise<MotionSearch | null> {
  const hints = await findMotionHints(scope, plane, MOST_HINTS);
  if (hints.length === 0) return null;
  const fitter = new SceneFitter(scope, modelPlane(thin(plane, STRIDE)));
  const [sharp] = await fitter.fitEach('gaussian', [[0]]);
  const fitHint = async (hint: MotionHint): Promise<Pair> => {
    const [motion, radius] = await settleAll([
      fitter.fitOptics('motion', [hint.right, hint.down], sharp),
      finder.findRoughly(drawMainLobe(scope.binding, plane, hint)),
    ]);
    return {
      dip: hint.dip,
      motion,
      both: await fitter.fitOptics('movedDisk', [hint.right, hint.down, radius], motion),
    };
  };
  const [gaussian, disk, ...pairs] = await settleAll([
    fitter.fitOptics('gaussian', [SIGMA], sharp),
    finder.findRoughly(rings).then(async (radius) => fitter.fitOptics('disk', [radius], sharp)),
    ...hints.filter(({ dip }) => dip >= LEAST_DEPTH * hints[0]!.dip).map(fitHint),
  ]);
  return choose(pairs, Math.min(sharp!.cost, gaussian.cost, disk.cost));
}

/** The better of motion alone and with a disk. */
function choose(pairs: readonly Pair[], rivalCost: number): MotionSearch {
  const lowest = (name: 'motion' | 'both'): Pair => pairs.reduce((a, b) => (b[name].cost < a[name].cost ? b : a));
  const [alone, joint] = [lowest('motion'), lowest('both')];
  const isJoint = Math.abs(joint.both.optics[2]!) >= LEAST_RADIUS && alone.motion.cost >= LEAST_GAIN * joint.both.cost;
  return isJoint
    ? { fit: joint.both, isJoint, dip: joint.dip, rivalCost }
    : { fit: alone.motion, isJoint, dip: alone.dip, rivalCost };
}

/** The motion that was found, fitted to all cells. */
export async function refineMotion(
  scope: Scope,
  plane: SpectrumPlane,
  { fit, isJoint }: MotionSearch,
): Promise<MotionOptics> {
  const fitter = new SceneFitter(scope, modelPlane(plane));
  const [right, down, radius = 0] = (await fitter.fitOptics(isJoint ? 'movedDisk' : 'motion', fit.optics, fit)).optics;
  return { right: right!, down: down!, radius: Math.abs(radius) };
}

/** The spectrum's rings where motion leaves most of the power, with what it takes put back: scene and defocus. */
function drawMainLobe(binding: Binding, plane: SpectrumPlane, { right, down }: MotionHint): Curve {
  const motion = binding.logPower('motion', Float64Array.of(right, down), cellFrequencies(plane));
  return drawRings(plane, (cell) =>
    Math.abs(plane.x[cell]! * right + plane.y[cell]! * down) <= MAIN_LOBE
      ? plane.logPower[cell]! - motion[cell]!
      : null,
  );
}
