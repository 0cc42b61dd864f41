import type { Camera } from './camera.js';
import { sensorRates } from './motion-path.js';
import type { GyroMotion } from './motion-path.js';
import type { StraightMotion } from '../simulate/simulate.js';

/**
 * Rates that give the trail that a frame shows: all scaled by the ratio of the lengths, those about X and Y turned by the difference of the angles. What a drifting
 * gyroscope or mounting leaves is thus taken off. @param foretold by the rates as they are, and @param seen: chords in the middle of the frame
 */
export function refineRates(
  camera: Camera,
  gyro: GyroMotion,
  foretold: StraightMotion,
  seen: StraightMotion,
): GyroMotion {
  const [wx, wy, wz] = sensorRates(gyro);
  const scale = seen.length / foretold.length;
  const degrees = seen.angle - foretold.angle;
  const turn = ((degrees - 180 * Math.round(degrees / 180)) * Math.PI) / 180;
  const [[a, b], [c, d]] = camera.axes;
  // A mirrored image turns the other way (star-sensor A.2: stars move along (-wy, wx)); anticlockwise is from x towards -y.
  const angle = -Math.sign(a * d - b * c) * turn;
  const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  return { rates: [cos * wx - sin * wy, sin * wx + cos * wy, scale * wz], exposure: gyro.exposure };
}
