import { requireOneOf } from '../../runtime/validate.js';
import { motion as drawMotion } from '../../psf/motion.js';
import type { MotionMode } from '../../psf/motion.js';
import { convolve, fromArray } from '../../psf/psf.js';
import type { Psf } from '../../psf/psf.js';
import { toDegrees } from './angles.js';
import type { Camera } from './camera.js';
import { sensorRates, tracePath } from './motion-path.js';
import type { Epoch, GyroMotion, PathPoint } from './motion-path.js';
import type { StraightMotion } from './trail.js';

/**
 * How rates become a kernel. 'path': along the one way that a star takes. 'paper-convolve': the segment of wx and wy
 * convolved with that of wz, as star-sensor eq. 22 has it; a parallelogram where both turn.
 */
export type PathMode = 'path' | 'paper-convolve';

/** How {@link pathPsf} draws. */
export interface PathPsfOptions {
  /** 'path' by default. */
  readonly mode?: PathMode;
  /** How 'paper-convolve' draws its segments; 'exact' by default. */
  readonly raster?: MotionMode;
  /** When during the exposure the star is at its pixel; 'mid' by default. */
  readonly epoch?: Epoch;
}

/**
 * The kernel of a star at pixel (x, y) while the sensor turns. Its centre is where the star is at the epoch;
 * 'paper-convolve' knows the middle of the exposure only. Throws ArgumentError.
 */
export function pathPsf(camera: Camera, motion: GyroMotion, x: number, y: number, options: PathPsfOptions = {}): Psf {
  const mode = requireOneOf('mode', options.mode ?? 'path', ['path', 'paper-convolve'] as const);
  return mode === 'path'
    ? splat(tracePath(camera, motion, x, y, options.epoch))
    : convolveSegments(camera, motion, x, y, options.raster);
}

/** Equal light at the middle of every step, shared out to the four pixels around it. */
function splat(path: readonly PathPoint[]): Psf {
  const reach = Math.ceil(Math.max(...path.flat().map(Math.abs))) + 1;
  const side = 2 * reach + 1;
  const data = new Float64Array(side * side);
  for (let step = 1; step < path.length; step += 1) {
    const [[x0, y0], [x1, y1]] = [path[step - 1]!, path[step]!];
    const [x, y] = [(x0 + x1) / 2 + reach, (y0 + y1) / 2 + reach];
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const [fx, fy] = [x - column, y - row];
    data[row * side + column]! += (1 - fx) * (1 - fy);
    data[row * side + column + 1]! += fx * (1 - fy);
    data[(row + 1) * side + column]! += (1 - fx) * fy;
    data[(row + 1) * side + column + 1]! += fx * fy;
  }
  return fromArray({ width: side, height: side, data });
}

/** Equations 11 to 21 with the signs of the exact kinematics. */
function convolveSegments(camera: Camera, motion: GyroMotion, x: number, y: number, raster: MotionMode = 'exact'): Psf {
  const [wx, wy, wz] = sensorRates(motion);
  const [sx, sy, sz] = camera.direction(x, y);
  const [u, v] = [sx / sz, sy / sz];
  const pan = onImage(camera, -wy * (1 + u * u), wx * (1 + v * v), motion.exposureSeconds);
  const roll = onImage(camera, wz * v, -wz * u, motion.exposureSeconds);
  return convolve(
    drawMotion(pan.lengthPx, pan.angleDegrees, raster),
    drawMotion(roll.lengthPx, roll.angleDegrees, raster),
  );
}

/** A velocity of the tangents as a segment of the image. */
function onImage({ axes: [[a, b], [c, d]], focalPx }: Camera, du: number, dv: number, seconds: number): StraightMotion {
  const [dx, dy] = [a * du + b * dv, c * du + d * dv];
  return { lengthPx: focalPx * seconds * Math.hypot(dx, dy), angleDegrees: toDegrees(Math.atan2(-dy, dx)) };
}
