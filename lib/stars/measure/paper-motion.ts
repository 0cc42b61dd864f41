import type { FftOptions } from '../../fft/fft.js';
import { SEARCH_SIGMA, SHORTEST_TRAIL } from './blind-motion.js';
import type { BlindMotion } from './blind-motion.js';
import { measureStripeLength } from './dark-stripes.js';
import { measureSpectrumAngle } from './double-spectrum.js';
import type { StarPlane } from './plane.js';

/** Longest trail that is looked for, in pixels: the published range. */
const LONGEST = 70;
/** Rounder pictures of the trail tell no direction. */
const ROUNDEST = 0.8;

/**
 * Length and angle as published for single frames (kernel-estimation 3 and 4): the principal axis of the double spectrum, and the
 * first dark stripe of the spectrum. Errors and the width of stars do not follow; `misfit` is the ratio of the axes. The default,
 * {@link estimateMotion}, is surer.
 */
export async function estimatePaperMotion(plane: StarPlane, options: FftOptions): Promise<BlindMotion> {
  const longest = Math.min(LONGEST, Math.min(plane.width, plane.height) / 2);
  const found = await measureSpectrumAngle(plane, longest, options);
  const length = found === null ? null : await measureStripeLength(plane, found.angle, longest, options);
  const declined =
    found === null
      ? 'the double spectrum is dark'
      : found.roundness > ROUNDEST
        ? `not resolved: the double spectrum is nearly round (${found.roundness.toFixed(2)})`
        : length === null
          ? 'the spectrum has no dark stripe'
          : length < SHORTEST_TRAIL
            ? `not resolved: the trail of ${length.toFixed(1)} pixels is shorter than ${SHORTEST_TRAIL}`
            : null;
  const angle = ((found?.angle ?? 0) * 180) / Math.PI;
  return {
    length: length ?? 0,
    angle,
    sigma: SEARCH_SIGMA,
    lengthSigma: Infinity,
    angleSigma: Infinity,
    misfit: found?.roundness ?? Infinity,
    stars: 0,
    declined,
  };
}
