import { FIT_FIELDS } from '../../runtime/native/stars.js';
import type { NativeFit } from '../../runtime/native/binding.js';
import type { Detection } from './detect.js';
import { callNative } from './native.js';
import type { NativeOptions } from './native.js';
import type { StarPlane } from './plane.js';
import type { StarProfile } from './profile.js';

/** Variance of a pixel: sky + perFlux signal + (misfit signal)^2, in the plane's units. */
export interface PixelNoise {
  readonly sky: number;
  /** Of shot noise: one electron in the plane's units; 0 where it is unknown. */
  readonly perFlux: number;
  /** How far the profile may be from what stars look like, in parts. */
  readonly misfit: number;
}

/** A star, fitted. */
export interface StarFit {
  readonly x: number;
  readonly y: number;
  readonly flux: number;
  /** What is left of the background under the star. */
  readonly background: number;
  /** Of x and y: variances and covariance in square pixels, the error of the shape included. */
  readonly covariance: { readonly xx: number; readonly yy: number; readonly xy: number };
  /** Cramer-Rao bound of the place in pixels, both axes together, for a known shape. */
  readonly bound: number;
  readonly fluxSigma: number;
  /** Sum of squared residuals over their variances, per degree of freedom. */
  readonly chi2: number;
  readonly snr: number;
  /** Whether pixels were left out as saturated. */
  readonly saturated: boolean;
}

/** Stars of one shape, fitted together. */
export interface JointFit {
  readonly stars: readonly StarFit[];
  readonly profile: StarProfile;
  /** Covariance of the shape's numbers; null where they were given. */
  readonly shapeCovariance: readonly (readonly number[])[] | null;
}

/** Stars of one call: it cannot be stopped, and others wait for its threads. */
const AT_ONCE = 64;

/**
 * Maximum-likelihood fit of all stars with one shape (star-sensor C.4), by Levenberg and Marquardt's method on normal equations with an
 * arrow's pattern. Stars whose fit leaves their window or finds no flux are dropped. @param isFree whether the shape is fitted too
 */
export async function fitStars(
  plane: StarPlane,
  detections: readonly Place[],
  start: StarProfile,
  noise: PixelNoise,
  isFree: boolean,
  options: NativeOptions = {},
): Promise<JointFit> {
  const { data, invalid, width, height } = plane;
  const starts = Float64Array.from(detections.flatMap(({ x, y, flux }) => [x, y, flux]));
  const request = {
    data,
    invalid,
    width,
    height,
    profile: { kind: start.kind, shape: start.shape },
    starts,
    ...noise,
    isFree,
  };
  const fit = (first: number, count: number): Promise<NativeFit> =>
    callNative(options, (binding, threads, isa) => binding.fitStars({ ...request, first, count, threads }, isa));
  if (isFree) {
    const { stars, shape, shapeCovariance } = await fit(0, detections.length);
    return {
      stars: readStars(stars),
      profile: start.withShape(shape),
      shapeCovariance: shapeCovariance && readRows(shapeCovariance, start.shape.length),
    };
  }
  const stars: StarFit[] = [];
  for (let first = 0; first < detections.length; first += AT_ONCE) {
    stars.push(...readStars((await fit(first, Math.min(AT_ONCE, detections.length - first))).stars));
  }
  return { stars, profile: start, shapeCovariance: null };
}

type Place = Pick<Detection, 'x' | 'y' | 'flux'>;

function readStars(fields: Float64Array): StarFit[] {
  return Array.from({ length: fields.length / FIT_FIELDS }, (_, star) => {
    const [x, y, flux, background, xx, yy, xy, bound, fluxSigma, chi2, saturated] = fields.subarray(
      star * FIT_FIELDS,
      (star + 1) * FIT_FIELDS,
    ) as unknown as number[] & { length: 11 };
    return {
      x: x!,
      y: y!,
      flux: flux!,
      background: background!,
      covariance: { xx: xx!, yy: yy!, xy: xy! },
      bound: bound!,
      fluxSigma: fluxSigma!,
      chi2: chi2!,
      snr: flux! / fluxSigma!,
      saturated: saturated === 1,
    };
  });
}

function readRows(matrix: Float64Array, side: number): number[][] {
  return Array.from({ length: side }, (_, row) => [...matrix.subarray(row * side, (row + 1) * side)]);
}
