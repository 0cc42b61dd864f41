import type { Psf } from '../../psf/psf.js';
import type { Region } from '../../image/frame.js';
import { weightedCentre } from '../measure/centroid.js';
import type { Detection } from '../measure/detect.js';
import { iterationModel } from './iteration-model.js';
import { kernelFeatures, predictIterations } from './iterations.js';
import type { KernelFeatures } from './iterations.js';

export type StarMethod = 'hyper-laplacian' | 'richardson-lucy';

/** Outer steps of the hyper-Laplacian solver. */
const HYPER_LAPLACIAN_STEPS = 6;
/** Centroids that move by less than this in pixels over so many iterations are settled (Liu et al. 2015, Opt. Eng. 54(6) 063104). */
const SETTLED_MOVE = 0.002;
export const SETTLING_ITERATIONS = 8;

/** Width of sharp stars where none is known. */
const USUAL_SIGMA = 1;

/** How many steps a window's restoration takes. */
export interface WindowSteps {
  /** At most so many. */
  count(window: Region, psf: Psf): Promise<number>;
  /** Told the window's light after every {@link SETTLING_ITERATIONS}, says whether it may end; null: it goes on. */
  settling(window: Region): ((light: Float32Array) => boolean) | null;
}

/**
 * Steps as the options ask for: a number, 'settled', or null: predicted for Richardson-Lucy. @param sigma of sharp stars, or null where
 * the blur is no trail, which the networks do not know: the power law predicts then
 */
export function planSteps(
  method: StarMethod,
  iterations: number | 'settled' | null,
  stars: readonly Detection[],
  sigma: number | null,
): WindowSteps {
  const width = sigma ?? USUAL_SIGMA;
  const settling = (window: Region): ReturnType<WindowSteps['settling']> =>
    iterations === 'settled' ? watchCentroids(window, starsIn(window, stars), width) : null;
  const features = new Map<Psf, Promise<KernelFeatures>>();
  const count = async (window: Region, psf: Psf): Promise<number> => {
    if (typeof iterations === 'number') return iterations;
    if (method === 'hyper-laplacian') return HYPER_LAPLACIAN_STEPS;
    if (iterations === 'settled') return (await iterationModel()).most;
    // Windows of one trail ask at once for their one kernel, whose transform takes longer than a step.
    if (!features.has(psf)) features.set(psf, kernelFeatures(psf, width));
    const inside = starsIn(window, stars);
    const snr = Math.sqrt(inside.reduce((sum, star) => sum + star.snr ** 2, 0) / inside.length);
    const side = Math.sqrt((window.width * window.height) / inside.length);
    return predictIterations(
      { ...(await features.get(psf)!), snr, sigma: width, side },
      sigma !== null && snr > 0 ? 'networks' : 'power-law',
    );
  };
  return { count, settling };
}

function starsIn({ left, top, width, height }: Region, stars: readonly Detection[]): Detection[] {
  return stars.filter(({ x, y }) => x >= left && y >= top && x < left + width && y < top + height);
}

/** Whether all centroids of a window have moved by less than the limit since the last call. */
function watchCentroids(
  { left, top, width, height }: Region,
  stars: readonly Detection[],
  sigma: number,
): (light: Float32Array) => boolean {
  let last: ReturnType<typeof weightedCentre>[] | null = null;
  return (light) => {
    const centres = stars.map(({ x, y }) =>
      weightedCentre({ width, height, data: light }, { x: x - left, y: y - top }, sigma),
    );
    const isSettled =
      last !== null &&
      centres.every((centre, index) => {
        const before = last![index];
        return centre === null || !before || Math.hypot(centre.x - before.x, centre.y - before.y) < SETTLED_MOVE;
      });
    last = centres;
    return isSettled;
  };
}
