import type { Region } from '../../image/frame.js';
import { weightedCentre } from '../measure/centroid.js';
import type { Detection } from '../measure/detect.js';
import type { Place } from '../sky/place.js';
import { iterationModel } from './iteration-model.js';
import type { Convergence, WindowSteps } from './steps.js';
import { placesIn } from './windows.js';

/** Centroids that move less between two looks have converged (Liu et al. 2015, Opt. Eng. 54(6) 063104). */
const LEAST_MOVE_PX = 0.002;

/** Until the centroids of a window rest. @param sigmaPx of sharp stars */
export function convergedSteps(stars: readonly Detection[], sigmaPx: number): WindowSteps {
  return {
    count: async () => (await iterationModel()).most,
    watch: (window) => watchCentroids(window, placesIn(window, stars), sigmaPx),
  };
}

/** Whether all centroids of a window have moved by less than the limit since the last look. */
function watchCentroids({ left, top, width, height }: Region, stars: readonly Place[], sigmaPx: number): Convergence {
  const starts = stars.map(({ x, y }) => ({ x: x - left, y: y - top }));
  let last: (Place | null)[] | null = null;
  return (light) => {
    const before = last;
    const centres = starts.map((start) => weightedCentre({ width, height, data: light }, start, sigmaPx));
    last = centres;
    return before !== null && centres.every((centre, index) => rests(before[index]!, centre));
  };
}

function rests(before: Place | null, now: Place | null): boolean {
  return now === null || before === null || Math.hypot(now.x - before.x, now.y - before.y) < LEAST_MOVE_PX;
}
