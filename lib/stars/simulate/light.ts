import type { Plane } from '../../image/planes.js';
import type { PathPoint } from '../sky/motion-path.js';
import type { Star } from '../sky/place.js';
import { DiskProfile } from './disk-profile.js';
import { createStreakSample, sampleStreak } from './streak.js';
import type { StreakShape } from './streak.js';

/** A pixel integrates light: the mean of 3x3 points in it stands for that (star-sensor B.1). */
const SUBSAMPLES = 3;
/** Beyond this many standard deviations from its trail a star sends no light. */
const TAIL = 6;
/** Distance of the disks that make up the trail of a defocused star, in standard deviations: closer changes nothing. */
const DISK_STEP = 0.5;

/** What all stars of a frame look like, apart from their motion. */
interface Optics {
  /** Standard deviation of a sharp star in pixels. */
  readonly sigmaPx: number;
  /** Radius of the defocused disk in pixels; 0: none. */
  readonly defocusRadiusPx: number;
}

/** The path of a star that stays where it is. */
export const RESTING: readonly PathPoint[] = [
  [0, 0],
  [0, 0],
];

/** Adds a star that moves along a path, evenly from point to point. @param star at the epoch */
export function addStar(plane: Plane, { x, y, flux }: Star, path: readonly PathPoint[], optics: Optics): void {
  const { sigmaPx, defocusRadiusPx } = optics;
  const profile = defocusRadiusPx > 0 ? new DiskProfile(defocusRadiusPx, sigmaPx) : null;
  for (let step = 1; step < path.length; step += 1) {
    const [[x0, y0], [x1, y1]] = [path[step - 1]!, path[step]!];
    const part = flux / (path.length - 1);
    const [dx, dy] = [x1 - x0, y1 - y0];
    if (profile) addDisks(plane, profile, [x + x0, y + y0], [dx, dy], part);
    else
      addStreak(plane, x + (x0 + x1) / 2, y + (y0 + y1) / 2, part, {
        lengthPx: Math.hypot(dx, dy),
        angleRad: Math.atan2(-dy, dx),
        sigmaPx,
      });
  }
}

function addStreak(plane: Plane, x: number, y: number, flux: number, shape: StreakShape): void {
  const sample = createStreakSample();
  const reachPx = shape.lengthPx / 2 + TAIL * shape.sigmaPx;
  addLight(plane, x, y, reachPx, flux, (dx, dy) => {
    sampleStreak(shape, dx, dy, sample);
    return sample.value;
  });
}

function addDisks(plane: Plane, profile: DiskProfile, [x, y]: PathPoint, [dx, dy]: PathPoint, flux: number): void {
  const count = Math.max(1, Math.ceil(Math.hypot(dx, dy) / (DISK_STEP * profile.sigmaPx)));
  for (let part = 0; part < count; part += 1) {
    const t = (part + 0.5) / count;
    addLight(plane, x + t * dx, y + t * dy, profile.reachPx, flux / count, (px, py) =>
      profile.density(Math.hypot(px, py)),
    );
  }
}

function addLight(
  { width, height, data }: Plane,
  x: number,
  y: number,
  reachPx: number,
  flux: number,
  density: (dx: number, dy: number) => number,
): void {
  const [top, bottom] = [Math.max(0, Math.ceil(y - reachPx)), Math.min(height - 1, Math.floor(y + reachPx))];
  const [left, right] = [Math.max(0, Math.ceil(x - reachPx)), Math.min(width - 1, Math.floor(x + reachPx))];
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      let sum = 0;
      for (let sub = 0; sub < SUBSAMPLES ** 2; sub += 1) {
        const subX = ((sub % SUBSAMPLES) + 0.5) / SUBSAMPLES - 0.5;
        const subY = (Math.floor(sub / SUBSAMPLES) + 0.5) / SUBSAMPLES - 0.5;
        sum += density(column + subX - x, row + subY - y);
      }
      data[row * width + column]! += (flux * sum) / SUBSAMPLES ** 2;
    }
  }
}
