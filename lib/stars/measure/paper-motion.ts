import type { Scope } from '../../runtime/scope.js';
import { toDegrees } from '../sky/angles.js';
import { SEARCH_SIGMA_PX, SHORTEST_TRAIL_PX } from './blind-motion.js';
import type { BlindMotion } from './blind-motion.js';
import { measureStripeLength } from './dark-stripes.js';
import { measureSpectrumAngle } from './double-spectrum.js';
import type { SpectrumAngle } from './double-spectrum.js';
import type { StarPlane } from './plane.js';

/** Longest trail that is looked for, in pixels: the published range. */
const LONGEST_PX = 70;
/** Rounder pictures of the trail tell no direction. */
const ROUNDEST = 0.8;
/** Of so many frames of noise alone, at most one has a sample that stands out. */
const FRAMES_OF_NOISE = 100;

/**
 * Length and angle as published for single frames (kernel-estimation 3 and 4): the principal axis of the double
 * spectrum, and the first dark stripe of the spectrum. Errors and the width of stars do not follow; `misfit` is the
 * ratio of the axes. The default, {@link estimateMotion}, is surer.
 */
export async function estimatePaperMotion(plane: StarPlane, scope: Scope): Promise<BlindMotion> {
  const longestPx = Math.min(LONGEST_PX, Math.min(plane.width, plane.height) / 2);
  const found = standsOut(plane) ? await measureSpectrumAngle(plane, longestPx, scope) : null;
  const lengthPx = found && (await measureStripeLength(plane, found.angleRad, longestPx, scope));
  return {
    lengthPx: lengthPx ?? 0,
    angleDegrees: toDegrees(found?.angleRad ?? 0),
    sigmaPx: SEARCH_SIGMA_PX,
    lengthSigmaPx: null,
    angleSigmaDegrees: null,
    misfit: found?.roundness ?? null,
    stars: 0,
    declined: reasonAgainst(found, lengthPx),
  };
}

/** Whether any sample is brighter than noise makes it: the tail of a Gaussian lies below exp(-t^2 / 2). */
function standsOut({ data, invalid, sigma }: StarPlane): boolean {
  const limit = sigma * Math.sqrt(2 * Math.log(FRAMES_OF_NOISE * data.length));
  return data.some((value, index) => value > limit && invalid[index] === 0);
}

function reasonAgainst(found: SpectrumAngle | null, lengthPx: number | null): string | null {
  if (found === null) return 'nothing stands out of the noise, or the double spectrum is dark';
  if (found.roundness > ROUNDEST)
    return `not resolved: the double spectrum is nearly round (${found.roundness.toFixed(2)})`;
  if (lengthPx === null) return 'the spectrum has no dark stripe';
  if (lengthPx < SHORTEST_TRAIL_PX)
    return `not resolved: the trail of ${lengthPx.toFixed(1)} pixels is shorter than ${SHORTEST_TRAIL_PX}`;
  return null;
}
