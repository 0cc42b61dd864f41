import { StreakProfile } from '../measure/profile.js';
import { convergedSteps } from './converged-steps.js';
import type { StarRestoration } from './method.js';
import { predictedSteps } from './predicted-steps.js';
import { fixedSteps } from './steps.js';
import { windowRestoration } from './window-restoration.js';
import type { WindowMethod } from './window-restoration.js';

/** Light left below the sky, in standard deviations of it, so that noise below the sky is not cut off. */
const PEDESTAL = 3;
/** Width in pixels of sharp stars where none is known: disks do not tell it. */
const USUAL_SIGMA_PX = 1;

/** Iterations of Richardson-Lucy: a number, until centroids rest, or as predicted (null). */
export function richardsonLucy(iterations: number | 'converged' | null): StarRestoration {
  return windowRestoration({ method: 'richardson-lucy', pedestal: PEDESTAL, stepsFor: chooseSteps(iterations) });
}

function chooseSteps(iterations: number | 'converged' | null): WindowMethod['stepsFor'] {
  if (typeof iterations === 'number') {
    const fixed = fixedSteps(iterations);
    return () => fixed;
  }
  return ({ found, fit: { profile } }, scope) => {
    const isTrail = profile instanceof StreakProfile;
    const sigmaPx = isTrail ? profile.sigmaPx : USUAL_SIGMA_PX;
    return iterations === 'converged' ? convergedSteps(found, sigmaPx) : predictedSteps(found, sigmaPx, isTrail, scope);
  };
}
