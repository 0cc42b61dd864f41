import { setImmediate } from 'node:timers/promises';
import { logDiskPower, logGaussianPower, logMotionPower } from '../optics.js';
import type { RadiusFinder } from '../radius.js';
import type { Curve } from '../rings.js';
import { SceneFitter } from '../scene-fit.js';
import type { OpticsFit, Transfer } from '../scene-fit.js';
import { modelPlane } from '../scene-model.js';
import { findMotionHints } from './cepstrum.js';
import type { MotionHint } from './cepstrum.js';
import { CELL_SPREAD, drawRings, thin } from './plane.js';
import type { SpectrumPlane } from './plane.js';

/** Minima that are looked into; of those shallower than this part of the deepest, none. */
const MOST_HINTS = 3;
const LEAST_DEPTH = 0.25;
/** Models are compared by every third cell: 64 columns are no multiple of it. */
const STRIDE = 3;
/** The right explanation needs no more; wrong ones would creep on. */
const ITERATIONS = 8;
/** Where |L p| is below this, straight motion takes no more than half of the power: there defocus shows. */
const MAIN_LOBE = 0.45;
/** Of a Gaussian to begin with, in pixels. */
const SIGMA = 1;
/** A disk goes with the motion where it is of some size and lowers the misfit by this factor; motion alone never did, in bench/estimate-motion.mjs. */
const LEAST_RADIUS = 1.6;
const LEAST_GAIN = 1.02;

/** Straight motion, from one end to the other (the sign is arbitrary), with the radius of a disk, 0 for none; in pixels. */
export interface MotionOptics {
  readonly right: number;
  readonly down: number;
  readonly radius: number;
}

/** What explains a thinned spectrum best. */
export interface MotionSearch {
  readonly fit: OpticsFit;
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
  readonly motion: OpticsFit;
  readonly both: OpticsFit;
}

/**
 * Looks for the motion, with or without defocus, that explains a spectrum best. Null where its cepstrum has no minimum.
 * @param radius of the disk that explains it best without motion
 */
export async function searchMotion(plane: SpectrumPlane, finder: RadiusFinder, radius: number, signal: AbortSignal): Promise<MotionSearch | null> {
  const hints = await findMotionHints(plane, MOST_HINTS);
  if (hints.length === 0) return null;
  const coarse = thin(plane, STRIDE);
  const fitter = new SceneFitter(modelPlane(coarse));
  const sharp = fitter.fit(new Float64Array(coarse.rho.length));
  const rivals = [
    sharp,
    fitter.fitOptics(([sigma]) => logGaussianPower(coarse.rho, sigma!), [SIGMA], sharp, ITERATIONS),
    fitter.fitOptics(throughDisk(coarse), [radius], sharp, ITERATIONS),
  ];
  const pairs: Pair[] = [];
  for (const hint of hints.filter(({ dip }) => dip >= LEAST_DEPTH * hints[0]!.dip)) {
    signal.throwIfAborted();
    await setImmediate();
    const motion = fitter.fitOptics(throughMotion(coarse), [hint.right, hint.down], sharp, ITERATIONS);
    const start = await finder.findRoughly(drawMainLobe(plane, hint));
    pairs.push({ dip: hint.dip, motion, both: fitter.fitOptics(throughBoth(coarse), [hint.right, hint.down, start], motion, ITERATIONS) });
  }
  await setImmediate();
  return choose(pairs, Math.min(...rivals.map(({ cost }) => cost)));
}

/** The better of motion alone and with a disk. */
function choose(pairs: readonly Pair[], rivalCost: number): MotionSearch {
  const lowest = (name: 'motion' | 'both'): Pair => pairs.reduce((a, b) => (b[name].cost < a[name].cost ? b : a));
  const [alone, joint] = [lowest('motion'), lowest('both')];
  const isJoint = Math.abs(joint.both.optics[2]!) >= LEAST_RADIUS && alone.motion.cost >= LEAST_GAIN * joint.both.cost;
  return isJoint ? { fit: joint.both, isJoint, dip: joint.dip, rivalCost } : { fit: alone.motion, isJoint, dip: alone.dip, rivalCost };
}

/** The motion that was found, fitted to all cells. */
export function refineMotion(plane: SpectrumPlane, { fit, isJoint }: MotionSearch): MotionOptics {
  const transfer = isJoint ? throughBoth(plane) : throughMotion(plane);
  const [right, down, radius = 0] = new SceneFitter(modelPlane(plane)).fitOptics(transfer, fit.optics, fit, ITERATIONS).optics;
  return { right: right!, down: down!, radius: Math.abs(radius) };
}

function throughMotion(plane: SpectrumPlane): Transfer {
  return ([right, down]) => logMotionPower(plane, right!, down!, CELL_SPREAD);
}

function throughDisk({ rho, side }: SpectrumPlane): Transfer {
  return ([radius]) => logDiskPower(rho, side, radius!, 0, CELL_SPREAD);
}

function throughBoth(plane: SpectrumPlane): Transfer {
  const [motion, disk] = [throughMotion(plane), throughDisk(plane)];
  return ([right, down, radius]) => {
    const other = disk([radius!]);
    return motion([right!, down!]).map((value, cell) => value + other[cell]!);
  };
}

/** The spectrum's rings where motion leaves most of the power, with what it takes put back: scene and defocus. */
function drawMainLobe(plane: SpectrumPlane, { right, down }: MotionHint): Curve {
  const motion = logMotionPower(plane, right, down, CELL_SPREAD);
  return drawRings(plane, (cell) => (Math.abs(plane.x[cell]! * right + plane.y[cell]! * down) <= MAIN_LOBE ? plane.logPower[cell]! - motion[cell]! : null));
}
