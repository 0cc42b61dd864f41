import { ArgumentError } from '../../runtime/errors.js';
import { requireKnownKeys, requireNumber, requireOneOf } from '../../runtime/validate.js';
import { toDegrees } from './angles.js';
import type { Camera } from './camera.js';
import { IDENTITY, requireRotation, requireVector, transform } from '../../math/linear.js';
import type { Matrix3, Vector } from '../../math/linear.js';
import type { StraightMotion } from './trail.js';

/** When during the exposure a star is where the result says: the trail is as long as many centroid errors. */
export type Epoch = 'start' | 'mid' | 'end';
/** All of them. */
export const EPOCHS: readonly Epoch[] = ['start', 'mid', 'end'];

/** Most that a star may move during an exposure, in pixels: more than any kernel is long. */
const MOST_MOTION_PX = 2000;

/** What the gyroscope says of an exposure. */
export interface GyroMotion {
  /** Rates about the axes of the body, in radians per second. */
  readonly ratesRadPerSecond: Vector;
  /** What the gyroscope shows at rest, in radians per second; it is subtracted. 0 by default. */
  readonly biasRadPerSecond?: Vector;
  /** Turns directions of the body into those of the sensor, a rotation; the identity by default. */
  readonly mounting?: Matrix3;
  /** How long the exposure lasts, in seconds: above 0, at most 1e6. */
  readonly exposureSeconds: number;
}

const KEYS = [
  'ratesRadPerSecond',
  'biasRadPerSecond',
  'mounting',
  'exposureSeconds',
] as const satisfies (keyof GyroMotion)[];

/** A place along a trail, [x, y] in pixels from the place at the epoch; y downwards. */
export type PathPoint = readonly [number, number];

/**
 * Rates about the axes of the sensor, in radians per second (star-sensor eq. 23). Throws ArgumentError for numbers that
 * are none, or a mounting that is no rotation.
 */
export function sensorRates(motion: GyroMotion): Vector {
  requireKnownKeys('motion', motion, KEYS);
  requireExposure(motion.exposureSeconds);
  const rates = requireVector('ratesRadPerSecond', motion.ratesRadPerSecond);
  const bias = requireVector('biasRadPerSecond', motion.biasRadPerSecond ?? [0, 0, 0]);
  const mounting = motion.mounting === undefined ? IDENTITY : requireRotation('mounting', motion.mounting);
  return transform(mounting, [rates[0] - bias[0], rates[1] - bias[1], rates[2] - bias[2]]);
}

function requireExposure(seconds: number): void {
  requireNumber('exposureSeconds', seconds, 0, 1e6);
  if (seconds === 0)
    throw new ArgumentError('Expected an exposure above 0 seconds: without it no motion follows from rates');
}

/**
 * Velocity of the tangents u = X / Z, v = Y / Z of a star, the sensor turning at w: ds/dt = -w x s (star-sensor A.2).
 */
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
 * ArgumentError.
 * @param x column of the pixel where the star is at the epoch
 * @param y its row
 * @param epoch 'mid' by default
 */
export function tracePath(camera: Camera, motion: GyroMotion, x: number, y: number, epoch: Epoch = 'mid'): PathPoint[] {
  requireOneOf('epoch', epoch, EPOCHS);
  const rates = sensorRates(motion);
  const { exposureSeconds } = motion;
  const [sx, sy, sz] = camera.direction(x, y);
  const start: PathPoint = [sx / sz, sy / sz];
  const speed = camera.focalPx * Math.hypot(...velocity(rates, ...start));
  requirePossible(speed * exposureSeconds);
  // Even, so that the middle of the exposure is a step.
  const steps = 2 * Math.max(4, Math.ceil(2 * speed * exposureSeconds));
  const before = { start: 0, mid: steps / 2, end: steps }[epoch];
  const follow = (count: number, dt: number): PathPoint[] => {
    const points = [start];
    for (let step = 0; step < count; step += 1) points.push(advance(rates, points[step]!, dt));
    return points;
  };
  const past = follow(before, -exposureSeconds / steps)
    .slice(1)
    .reverse();
  const tangents = [...past, ...follow(steps - before, exposureSeconds / steps)];
  return tangents.map(([u, v]) => {
    const [px, py] = camera.toPixel(u, v);
    return [px - x, py - y];
  });
}

function requirePossible(movedPx: number): void {
  if (movedPx <= MOST_MOTION_PX) return;
  throw new ArgumentError(
    `The rates move a star by ${movedPx.toFixed(0)} pixels during the exposure, ` +
      `at most ${MOST_MOTION_PX} are possible: check their unit (radians per second)`,
  );
}

/** The straight line from the start of a path to its end. */
export function chordOf(path: readonly PathPoint[]): StraightMotion {
  const [[x0, y0], [x1, y1]] = [path[0]!, path.at(-1)!];
  return { lengthPx: Math.hypot(x1 - x0, y1 - y0), angleDegrees: toDegrees(Math.atan2(y0 - y1, x1 - x0)) };
}

/** The trail in the middle of a frame as rates foretell it. */
export function foretellTrail(
  camera: Camera,
  gyro: GyroMotion,
  { width, height }: { readonly width: number; readonly height: number },
): StraightMotion {
  return chordOf(tracePath(camera, gyro, (width - 1) / 2, (height - 1) / 2));
}
