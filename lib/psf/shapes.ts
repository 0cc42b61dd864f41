import { requireNumber } from '../runtime/validate.js';
import { areaInUnitDisk } from './area.js';
import type { Point } from './area.js';
import { besselJ1 } from './bessel.js';
import { MAX_PSF_RADIUS } from './psf.js';
import type { Psf } from './psf.js';
import { integratePixels, rasterise, requireReach } from './raster.js';

/** Smallest width of a profile in pixels; below it a blur is none, and quadrature would need ever finer cells. */
const MIN_WIDTH = 0.05;
/** A Gaussian is cut where its weight is exp(-8) of the largest. */
const GAUSSIAN_REACH = 4;
/** A Moffat profile is cut where it holds this part of its energy. */
const MOFFAT_ENERGY = 0.99;
/** An Airy pattern is cut at this multiple of its first dark ring; it holds about 96 % of its energy there. */
const AIRY_REACH = 5;
/** First zero of the Bessel function J1. */
const FIRST_DARK_RING = 3.8317059702075125;

const requireWidth = (name: string, value: unknown): number => requireNumber(name, value, MIN_WIDTH, MAX_PSF_RADIUS);

/** [x, y] in the axes of an ellipse whose first axis is turned by `angle` degrees, anticlockwise as one sees it. */
function turn(angle: number): (x: number, y: number) => Point {
  const radians = (requireNumber('angle', angle, -360, 360) * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  return (x, y) => [x * cos - y * sin, x * sin + y * cos];
}

/** Defocus by a round aperture: the area of each pixel inside a circle. @param radius in pixels */
export function disk(radius: number): Psf {
  return ellipse(requireWidth('radius', radius), radius, 0);
}

/**
 * The area of each pixel inside an ellipse, exact.
 * @param a half axis in pixels
 * @param b the other half axis in pixels
 * @param angle of a, in degrees, anticlockwise
 */
export function ellipse(a: number, b: number, angle = 0): Psf {
  requireWidth('half axis a', a);
  requireWidth('half axis b', b);
  const toAxes = turn(angle);
  const unit = (x: number, y: number): Point => {
    const [u, v] = toAxes(x, y);
    return [u / a, v / b];
  };
  const [cos, sin] = toAxes(1, 0);
  const reachX = requireReach('ellipse', Math.ceil(Math.hypot(a * cos, b * sin) - 0.5));
  const reachY = requireReach('ellipse', Math.ceil(Math.hypot(a * sin, b * cos) - 0.5));
  return rasterise(reachX, reachY, ([x, y]) =>
    areaInUnitDisk([unit(x - 0.5, y - 0.5), unit(x + 0.5, y - 0.5), unit(x + 0.5, y + 0.5), unit(x - 0.5, y + 0.5)]),
  );
}

/**
 * A Gaussian integrated over each pixel.
 * @param sigma standard deviation along the first axis
 * @param sigmaY standard deviation along the second axis
 * @param angle of the first axis, in degrees
 */
export function gaussian(sigma: number, sigmaY = sigma, angle = 0): Psf {
  const largest = Math.max(requireWidth('sigma', sigma), requireWidth('sigma y', sigmaY));
  const toAxes = turn(angle);
  const reach = requireReach('Gaussian', Math.max(1, Math.ceil(GAUSSIAN_REACH * largest - 0.5)));
  return integratePixels(reach, Math.min(sigma, sigmaY), (x, y) => {
    const [u, v] = toAxes(x, y);
    return Math.exp(-((u / sigma) ** 2 + (v / sigmaY) ** 2) / 2);
  });
}

/**
 * The Moffat profile of a star through air, (1 + r^2 / alpha^2)^-beta, integrated over each pixel and cut at 99 % of
 * its energy.
 * @param fwhm full width at half maximum in pixels
 * @param beta above 1: the larger, the nearer to a Gaussian
 */
export function moffat(fwhm: number, beta: number): Psf {
  requireWidth('fwhm', fwhm);
  requireNumber('beta', beta, 1.1, 100);
  const alpha = fwhm / (2 * Math.sqrt(2 ** (1 / beta) - 1));
  const reach = alpha * Math.sqrt((1 - MOFFAT_ENERGY) ** (1 / (1 - beta)) - 1);
  return integratePixels(
    requireReach('Moffat', Math.max(1, Math.ceil(reach - 0.5))),
    fwhm / 2,
    (x, y) => (1 + (x * x + y * y) / alpha ** 2) ** -beta,
  );
}

/** Diffraction by a round aperture, integrated over each pixel. @param radius of the first dark ring, in pixels */
export function airy(radius: number): Psf {
  requireWidth('radius', radius);
  const reach = requireReach('Airy', Math.max(1, Math.ceil(AIRY_REACH * radius - 0.5)));
  return integratePixels(reach, radius / 2, (x, y) => {
    const v = (FIRST_DARK_RING * Math.hypot(x, y)) / radius;
    return v < 1e-6 ? 1 : ((2 * besselJ1(v)) / v) ** 2;
  });
}
