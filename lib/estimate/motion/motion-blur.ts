import { convolve } from '../../psf/psf.js';
import type { Psf } from '../../psf/psf.js';
import { motion } from '../../psf/motion.js';
import type { Scope } from '../../runtime/scope.js';
import { describeShape, diskShape, drawShape } from '../blur-shape.js';
import type { BlurShape } from '../blur-shape.js';
import type { FrameSpectra } from '../spectra.js';
import { longestMotion } from './cepstrum.js';
import { drawPlane } from './spectrum-plane.js';
import { refineMotion, searchMotion } from './search.js';
import type { MotionOptics } from './search.js';

/** Shorter motion has its first dark line where sharp scenes fade out anyway. */
export const LEAST_LENGTH = 3.2;
/**
 * Standard deviations of a cepstrum that its minimum must be deep, and how many times worse every explanation without
 * motion must fit.
 */
const LEAST_DIP = 3.5;
const LEAST_LEAD = 1.2;
/** From both on, confidence is high. */
const HIGH_DIP = 7;
const HIGH_LEAD = 1.5;

/** How sure a motion is. */
export interface MotionConfidence {
  readonly level: 'high' | 'low';
  /** 0 to 1: the part of the best rival's misfit that motion does away with. */
  readonly value: number;
  /** How many times worse the best of no blur, a Gaussian and a disk fits. */
  readonly lead: number;
  /** Depth of the minimum of the cepstrum at the lag of the trail's two ends, in standard deviations. */
  readonly dip: number;
}

/** What a frame tells of a straight uniform motion during its exposure, with or without defocus. */
export interface MotionEstimate {
  readonly kind: 'motion';
  /** Why there is no estimate; null: there is one. */
  readonly declined: string | null;
  /** Angle 0 to 180, anticlockwise: one frame does not tell forth from back. */
  readonly motion: { readonly lengthPx: number; readonly angleDegrees: number } | null;
  /** The defocus that goes with it; null: none. */
  readonly shape: BlurShape | null;
  /** In words that `psf` takes, such as 'motion:12.02@34.5+disk:3.01'. */
  readonly psf: string | null;
  readonly kernel: Psf | null;
  readonly confidence: MotionConfidence | null;
}

/**
 * Straight uniform motion, by itself or with defocus: parallel dark lines where sinc^2 is zero, in the whitened
 * spectrum of an extended scene (kernel-estimation, section 5). See docs/estimation.md. Rejects with the signal's
 * reason.
 */
export async function estimateMotion(
  scope: Scope,
  { whole, curves, grid: { side }, isJpeg, finder }: FrameSpectra,
): Promise<MotionEstimate> {
  const plane = drawPlane(whole.power, side, isJpeg);
  const found = await searchMotion(scope, plane, finder, curves.all);
  if (!found) return declineMotion('its spectrum has no dark lines of motion');
  const { dip, fit, rivalCost } = found;
  const lead = rivalCost / fit.cost;
  const confidence: MotionConfidence = {
    level: dip >= HIGH_DIP && lead >= HIGH_LEAD ? 'high' : 'low',
    value: Math.max(0, 1 - 1 / lead),
    lead,
    dip,
  };
  const unlike = dissent(dip, lead);
  if (unlike) return { ...declineMotion(unlike), confidence };
  const optics = await refineMotion(scope, plane, found);
  const length = Math.hypot(optics.right, optics.down);
  const beyond = unresolved(length, side);
  return beyond ? { ...declineMotion(beyond), confidence } : conclude(optics, length, confidence);
}

export function declineMotion(declined: string): MotionEstimate {
  return { kind: 'motion', declined, motion: null, shape: null, psf: null, kernel: null, confidence: null };
}

/** What speaks against motion at all, or null. */
function dissent(dip: number, lead: number): string | null {
  if (dip < LEAST_DIP) return 'its spectrum has no dark lines of motion: too little texture, or too much noise';
  return lead < LEAST_LEAD
    ? 'its spectrum is explained as well without motion: it is sharp, its texture has a direction of its own, or ' +
        'the blur is another'
    : null;
}

/** Why a length cannot be told, or null. */
function unresolved(length: number, side: number): string | null {
  if (length < LEAST_LENGTH) return `motion by less than ${LEAST_LENGTH} pixels is not resolved`;
  return length > longestMotion(side)
    ? `motion by more than ${longestMotion(side)} pixels is beyond its blocks of ${side} pixels`
    : null;
}

function conclude(
  { right, down, radius }: MotionOptics,
  lengthPx: number,
  confidence: MotionConfidence,
): MotionEstimate {
  const angleDegrees = ((Math.atan2(-down, right) * 180) / Math.PI + 180) % 180;
  const line = motion(lengthPx, angleDegrees);
  const words = `motion:${lengthPx.toFixed(3)}@${angleDegrees.toFixed(2)}`;
  const shape = radius > 0 ? diskShape(radius) : null;
  return {
    kind: 'motion',
    declined: null,
    motion: { lengthPx, angleDegrees },
    shape,
    psf: shape ? `${words}+${describeShape(shape)}` : words,
    kernel: shape ? convolve(line, drawShape(shape)) : line,
    confidence,
  };
}
