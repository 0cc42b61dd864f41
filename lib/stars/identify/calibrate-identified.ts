import { transform, transpose } from '../../math/linear.js';
import { ArgumentError, EstimateError } from '../../runtime/errors.js';
import { requireArray } from '../../runtime/validate.js';
import { LEAST_FIELD, calibrateCamera } from '../sky/calibrate.js';
import type { Calibration, CalibrationOptions, StarSight } from '../sky/calibrate.js';
import type { Identification, Solved } from './identification.js';

/**
 * Fits focal length, principal point and radial distortion to identified frames of one camera: `calibrateCamera` of
 * their matches, each where its frame's velocity has it. Frames that were declined, or have fewer than three matches,
 * are left out, and counted as `excludedFrames`. Rejects with EstimateError where no frame is left, with ArgumentError
 * where cameras differ in size or axes, or for fewer stars than unknowns, and with the signal's reason.
 */
export async function calibrateIdentified(
  found: readonly Identification[],
  options: CalibrationOptions = {},
): Promise<Calibration> {
  requireArray('found', found);
  const solved = found.filter((one): one is Solved => one.status === 'solved' && one.matches.length >= LEAST_FIELD);
  const best = solved.reduce<Solved | null>(
    (most, one) => (most === null || one.matches.length > most.matches.length ? one : most),
    null,
  );
  if (best === null)
    throw new EstimateError(
      `No frame is identified with ${LEAST_FIELD} stars or more: nothing tells the camera, give frames of more stars`,
    );
  for (const { camera } of solved)
    if (formOf(camera) !== formOf(best.camera))
      throw new ArgumentError(
        `Frames of one camera are needed, these are of ${formOf(best.camera)} and ${formOf(camera)}`,
      );
  const sights = solved.map(sightsOf).filter((stars) => stars.length >= LEAST_FIELD);
  const fitted = await calibrateCamera(best.camera, sights, options);
  return { ...fitted, excludedFrames: found.length - fitted.frames };
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
