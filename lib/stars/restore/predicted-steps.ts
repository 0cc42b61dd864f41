import type { Psf } from '../../psf/psf.js';
import type { Scope } from '../../runtime/scope.js';
import type { Detection } from '../measure/detect.js';
import { measureKernel, predictIterations } from './iterations.js';
import type { KernelFeatures } from './iterations.js';
import type { WindowSteps } from './steps.js';
import { placesIn } from './windows.js';

/**
 * As many as the networks predict for Richardson-Lucy; the power law where the blur is no trail, which the networks do
 * not know. @param sigmaPx of sharp stars
 */
export function predictedSteps(
  stars: readonly Detection[],
  sigmaPx: number,
  isTrail: boolean,
  scope: Scope,
): WindowSteps {
  // Windows of one trail ask at once for their one kernel, whose transform takes longer than a step.
  const features = new Map<Psf, Promise<KernelFeatures>>();
  const featuresOf = (psf: Psf): Promise<KernelFeatures> => {
    const known = features.get(psf) ?? measureKernel(psf, sigmaPx, scope);
    features.set(psf, known);
    return known;
  };
  return {
    watch: () => null,
    count: async (window, psf) => {
      const inside = placesIn(window, stars);
      const snr = Math.sqrt(inside.reduce((sum, star) => sum + star.snr ** 2, 0) / inside.length);
      const sidePx = Math.sqrt((window.width * window.height) / inside.length);
      const query = { ...(await featuresOf(psf)), snr, sigmaPx, sidePx };
      return predictIterations(query, isTrail && snr > 0 && snr < Infinity ? 'networks' : 'power-law');
    },
  };
}
