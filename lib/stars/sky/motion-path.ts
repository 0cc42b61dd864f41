import { ArgumentError } from '../../runtime/errors.js';
import { requireKnownKeys, requireNumber, requireOneOf } from '../../runtime/validate.js';
import type { Camera } from './camera.js';
import { IDENTITY, requireRotation, requireVector, transform } from '../../math/linear.js';
import type { Matrix3, Vector } from '../../math/linear.js';

/** When during the exposure a star is where the result says: the trail is as long as many centroid errors. */
export type Epoch = 'start' | 'mid' | 'end';
export const EPOCHS: readonly Epoch[] = ['start', 'mid', 'end'];

/** Most that a star may move during an exposure, in pixels: more than any kernel is long. */
const MOST_MOTION = 2000;

/** What the gyroscope says of an exposure. */
export interface GyroMotion {
  /** Body rates in radians per second. */
  readonly rates: Vector;
  /** What the gyroscope shows at rest; subtracted. */
  readonly bias?: Vector;
  /** Body to sensor, a rotation; the identity by default. */
  readonly mounting?: Matrix3;
  /** Seconds. */
  readonly exposure: number;
}

/** A place along a trail, in pixels from the place at the epoch; y downwards. */
export type PathPoint = readonly [number, number];

/** Sensor rates of a motion (star-sensor eq. 23). Throws ArgumentError for numbers that are none, or a mounting that is no rotation. */
export function sensorRates(motion: GyroMotion): Vector {
  requireKnownKeys('motion', motion, ['rates', 'bias', 'mounting', 'exposure']);
  requireExposure(motion.exposure);
  const [rates, bias] = [requireVector('rates', motion.rates), requireVector('bias', motion.bias ?? [0, 0, 0])];
  const mounting = motion.mounting === undefined ? IDENTITY : requireRotation('mounting', motion.mounting);
  return transform(mounting, [rates[0] - bias[0], rates[1] - bias[1], rates[2] - bias[2]]);
}

function requireExposure(seconds: number): void {
  requireNumber('exposure', seconds, 0, 1e6);
  if (seconds === 0)
    throw new ArgumentError('Expected an exposure above 0 seconds: without it no motion follows from rates');
}

/** Velocity of the tangents u = X / Z, v = Y / Z of a star, the sensor turning at w: ds/dt = -w x s (star-sensor A.2). */
function velocity([wx, wy, wz]: Vector, u: number, v: number): PathPoint {
  return [-wy + wz * v + wx * u * v - wy * u * u, wx - wz * u + wx * v * v - wy * u * v];
}

/** One step of Runge and Kutta's fourth order. */
function advance(rates: Vector, [u, v]: PathPoint, dt: number): PathPoint {
  const [a, b] = velocity(rates, u, v);
  const [c, d] = velocity(rates, u + (a * dt) / 2, v + (b * dt) / 2);
  const [e, f] = velocity(rates, u + (c * dt) / 2, v + (d * dt) / 2);
  const [g, h] = velocity(rates, u + e * dt, v + f * dt);
  return [u + ((a + 2 * c + 2 * e + g) * dt) / 6, v + ((b + 2 * d + 2 * f + h) * dt) / 6];
}

/**
 * The way of one star over the sensor during an exposure, at even times: at least 8 steps and 4 per pixel. Throws
 * ArgumentError. @param x, y pixel where the star is at the epoch
 */
export function tracePath(camera: Camera, motion: GyroMotion, x: number, y: number, epoch: Epoch = 'mid'): PathPoint[] {
  requireOneOf('epoch', epoch, EPOCHS);
  const rates = sensorRates(motion);
  const { exposure } = motion;
  const [sx, sy, sz] = camera.direction(x, y);
  const start: PathPoint = [sx / sz, sy / sz];
  const speed = camera.focalPx * Math.hypot(...velocity(rates, ...start));
  if (speed * exposure > MOST_MOTION) {
    throw new ArgumentError(
      `The rates move a star by ${(speed * exposure).toFixed(0)} pixels during the exposure, at most ${MOST_MOTION} are possible: check their unit (radians per second)`,
    );
  }
  // Even, so that the middle of the exposure is a step.
  const steps = 2 * Math.max(4, Math.ceil(2 * speed * exposure));
  const before = { start: 0, mid: steps / 2, end: steps }[epoch];
  const follow = (count: number, dt: number): PathPoint[] => {
    const points = [start];
    for (let step = 0; step < count; step += 1) points.push(advance(rates, points[step]!, dt));
    return points;
  };
  const past = follow(before, -exposure / steps)
    .slice(1)
    .reverse();
  const tangents = [...past, ...follow(steps - before, exposure / steps)];
  return tangents.map(([u, v]) => {
    const [px, py] = camera.toPixel(u, v);
    return [px - x, py - y];
  });
}

/** Length in pixels and direction in degrees, anticlockwise, of the chord of a path. */
export function chordOf(path: readonly PathPoint[]): { readonly length: number; readonly angle: number } {
  const [[x0, y0], [x1, y1]] = [path[0]!, path.at(-1)!];
  return { length: Math.hypot(x1 - x0, y1 - y0), angle: (Math.atan2(y0 - y1, x1 - x0) * 180) / Math.PI };
}
