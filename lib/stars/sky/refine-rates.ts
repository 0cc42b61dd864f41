import { foldDegrees, toRad } from './angles.js';
import type { Camera } from './camera.js';
import { sensorRates } from './motion-path.js';
import type { GyroMotion } from './motion-path.js';
import type { StraightMotion } from './trail.js';

/**
 * Rates that give the trail that a frame shows: all scaled by the ratio of the lengths, those about X and Y turned by
 * the difference of the angles. This takes off what a drifting gyroscope or mounting leaves.
 * @param foretold by the rates as they are, and @param seen: chords in the middle of the frame
 */
export function refineRates(
  camera: Camera,
  gyro: GyroMotion,
  foretold: StraightMotion,
  seen: StraightMotion,
): GyroMotion {
  const [wx, wy, wz] = sensorRates(gyro);
  const scale = seen.lengthPx / foretold.lengthPx;
  const turnRad = toRad(foldDegrees(seen.angleDegrees - foretold.angleDegrees));
  const [[a, b], [c, d]] = camera.axes;
  // A mirrored image turns the other way (star-sensor A.2: stars move along (-wy, wx)). Anticlockwise is from x to -y.
  const angleRad = -Math.sign(a * d - b * c) * turnRad;
  const [cos, sin] = [scale * Math.cos(angleRad), scale * Math.sin(angleRad)];
  return {
    ratesRadPerSecond: [cos * wx - sin * wy, sin * wx + cos * wy, scale * wz],
    exposureSeconds: gyro.exposureSeconds,
  };
}
