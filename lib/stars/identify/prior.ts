import { ArgumentError } from '../../runtime/errors.js';
import { requireRotation, requireVector } from '../../math/linear.js';
import type { Matrix3 } from '../../math/linear.js';
import type { ExpectedPose } from '../../runtime/native/binding.js';
import { expected, requireKnownKeys, requireNumber } from '../../runtime/validate.js';
import { Camera } from '../sky/camera.js';

/** Where a camera is expected to look, such as what a frame before has told. */
export interface AttitudePrior {
  /** Turns directions of the ICRS into those of the sensor. */
  readonly matrix: Matrix3;
  /** Of a small rotation vector in the frame of the sensor, in radians squared: how well the attitude is known. */
  readonly covarianceRad2: Matrix3;
  /** Magnitude of the catalogue less -2.5 log10 of the flux, as `Solved.magnitudeZero`, -100 to 100. */
  readonly magnitudeZero: number;
  /** As `Solved.camera`: it is taken as exact. The nominal one by default. */
  readonly camera?: Camera;
}

const PRIOR_KEYS = ['matrix', 'covarianceRad2', 'magnitudeZero', 'camera'] as const satisfies (keyof AttitudePrior)[];

/** Throws ArgumentError. */
export function checkPrior(prior: AttitudePrior): AttitudePrior {
  requireKnownKeys('prior', prior, PRIOR_KEYS);
  requireRotation('prior.matrix', prior.matrix);
  const { covarianceRad2, camera } = prior;
  if (!Array.isArray(covarianceRad2) || covarianceRad2.length !== 3)
    throw expected('3x3 matrix', 'prior.covarianceRad2', covarianceRad2);
  for (const [index, row] of covarianceRad2.entries()) {
    const variance = requireVector(`prior.covarianceRad2[${index}]`, row)[index]!;
    if (!(variance > 0))
      throw new ArgumentError(`Variance ${index} of prior.covarianceRad2 must be above 0, it is ${variance}`);
  }
  requireNumber('prior.magnitudeZero', prior.magnitudeZero, -100, 100);
  if (camera !== undefined && !(camera instanceof Camera)) throw expected('Camera', 'prior.camera', camera);
  return prior;
}

/** For native code. */
export const toExpectedPose = ({ matrix, covarianceRad2, magnitudeZero }: AttitudePrior): ExpectedPose => ({
  rotation: Float64Array.from(matrix.flat()),
  covariance: Float64Array.from(covarianceRad2.flat()),
  zero: magnitudeZero,
});
