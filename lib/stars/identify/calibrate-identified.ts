import { transform, transpose } from '../../math/linear.js';
import { ArgumentError } from '../../runtime/errors.js';
import { requireArray } from '../../runtime/validate.js';
import { calibrateCamera } from '../sky/calibrate.js';
import type { Calibration, CalibrationOptions, StarSight } from '../sky/calibrate.js';
import type { Identification, Solved } from './identification.js';

/** Fewer do not tell the attitude of their frame and more. */
const LEAST_MATCHES = 3;

/**
 * Fits focal length, principal point and radial distortion to identified frames of one camera: `calibrateCamera` of
 * their matches, each where its frame's velocity has it. Frames that were declined, or have fewer than three matches,
 * are left out. Throws ArgumentError where no frame is left, where cameras differ in size or axes, or for fewer stars
 * than unknowns.
 */
export function calibrateIdentified(found: readonly Identification[], options: CalibrationOptions = {}): Calibration {
  requireArray('found', found);
  const solved = found.filter((one): one is Solved => one.status === 'solved' && one.matches.length >= LEAST_MATCHES);
  const best = solved.reduce<Solved | null>(
    (most, one) => (most === null || one.matches.length > most.matches.length ? one : most),
    null,
  );
  if (best === null)
    throw new ArgumentError(
      `None of ${found.length} frames is identified with ${LEAST_MATCHES} stars or more: nothing tells the camera`,
    );
  for (const { camera } of solved)
    if (formOf(camera) !== formOf(best.camera))
      throw new ArgumentError(
        `Frames of one camera are needed, these are of ${formOf(best.camera)} and ${formOf(camera)}`,
      );
  return calibrateCamera(best.camera, solved.map(sightsOf), options);
}

const formOf = ({ width, height, axes }: Solved['camera']): string =>
  `${width}x${height} pixels and axes ${JSON.stringify(axes)}`;

/** The matches, with the directions in which their frame expects them. */
function sightsOf({ matches, camera, attitude }: Solved): StarSight[] {
  const back = transpose(attitude.matrix);
  return matches.flatMap(({ seen: { x, y }, residualPx: [dx, dy] }) => {
    const direction = camera.directionIfAny(x - dx, y - dy);
    return direction === null ? [] : [{ x, y, reference: transform(back, direction) }];
  });
}
