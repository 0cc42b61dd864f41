import { convolve } from '../psf/psf.js';
import type { Psf } from '../psf/psf.js';
import { disk, ellipse, gaussian } from '../psf/shapes.js';

/** Least width of a Gaussian that a kernel can have, in pixels. */
const LEAST_SIGMA = 0.05;

/** A disk or an ellipse of even brightness, convolved with a Gaussian. */
export interface BlurShape {
  /** Half axes of the ellipse, in pixels; equal for a disk. */
  readonly semiMajorPx: number;
  readonly semiMinorPx: number;
  /** Of the major axis, 0 to 180, anticlockwise; 0 for a disk. */
  readonly angleDegrees: number;
  /** Standard deviation of the Gaussian, in pixels; 0: none. */
  readonly sigmaPx: number;
}

/** A disk, convolved with a Gaussian where `sigmaPx` is above 0. */
export function diskShape(radiusPx: number, sigmaPx = 0): BlurShape {
  return { semiMajorPx: radiusPx, semiMinorPx: radiusPx, angleDegrees: 0, sigmaPx };
}

const round = (value: number): string => value.toFixed(3);

/** In words that `psf` takes, such as 'disk:4.021+gaussian:0.612'. */
export function describeShape({ semiMajorPx: a, semiMinorPx: b, angleDegrees, sigmaPx }: BlurShape): string {
  const aperture = a === b ? `disk:${round(a)}` : `ellipse:${round(a)},${round(b)}@${angleDegrees.toFixed(1)}`;
  return sigmaPx >= LEAST_SIGMA ? `${aperture}+gaussian:${round(sigmaPx)}` : aperture;
}

/** The kernel of a shape. */
export function drawShape({ semiMajorPx: a, semiMinorPx: b, angleDegrees, sigmaPx }: BlurShape): Psf {
  const aperture = a === b ? disk(a) : ellipse(a, b, angleDegrees);
  return sigmaPx >= LEAST_SIGMA ? convolve(aperture, gaussian(sigmaPx)) : aperture;
}
