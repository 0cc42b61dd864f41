import type { StarRestoration } from './method.js';
import { fixedSteps } from './steps.js';
import { windowRestoration } from './window-restoration.js';

const OUTER_STEPS = 6;

/** Few bright stars on an even sky: gradients are sparse. @param steps outer ones; null: 6 */
export function hyperLaplacian(steps: number | null): StarRestoration {
  const fixed = fixedSteps(steps ?? OUTER_STEPS);
  return windowRestoration({ method: 'hyper-laplacian', pedestal: 0, stepsFor: () => fixed });
}
