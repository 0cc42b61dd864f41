import type { Psf } from '../../psf/psf.js';
import type { Region } from '../../image/frame.js';

/** Steps between two looks at whether a window has converged. */
export const LOOK_EVERY = 8;

/** Whether a window may end, told its light after every {@link LOOK_EVERY} steps. */
export type Convergence = (light: Float32Array) => boolean;

/** How many steps a window's restoration takes. */
export interface WindowSteps {
  /** At most this many. */
  count(window: Region, psf: Psf): Promise<number>;
  /** What may end it sooner; null: nothing. */
  watch(window: Region): Convergence | null;
}

/** The same number for every window. */
export function fixedSteps(count: number): WindowSteps {
  return { count: async () => count, watch: () => null };
}
