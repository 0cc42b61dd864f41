import { besselJ1 } from '../deconvolve/psf/bessel.js';
import type { SpectrumPlane } from './motion/plane.js';

/** Below this, in power, a transfer function counts as this: logarithms stay finite. */
const LEAST_POWER = 1e-30;

/** Values of 2 J1(z) / z per unit of z; between them a straight line is off by less than 2e-6. */
const PER_UNIT = 128;
/** For the largest radius, 14.5 pixels, at the highest frequency with its spread. */
const LARGEST_Z = 64;

let transferTable: Float64Array | undefined;

/** Transfer function of a disk: 2 J1(z) / z, z = 2 pi R rho. */
function diskTransfer(radius: number, rho: number): number {
  transferTable ??= Float64Array.from({ length: LARGEST_Z * PER_UNIT + 2 }, (_, index) => (index === 0 ? 1 : (2 * PER_UNIT * besselJ1(index / PER_UNIT)) / index));
  const position = Math.min(2 * Math.PI * Math.abs(radius * rho), LARGEST_Z) * PER_UNIT;
  const below = Math.floor(position);
  return transferTable[below]! + (position - below) * (transferTable[below + 1]! - transferTable[below]!);
}

/** Variance of Hann's window along each axis, in bins squared. */
const WINDOW_SPREAD = 1 / 3;
/** Variance of a ring that is one bin wide. */
export const RING_SPREAD = 1 / 12;

/** Where Gauss and Hermite's rule of three points has its outer ones, in cycles per pixel. @param spread of a bin's neighbourhood, in bins squared */
const reachOf = (side: number, spread: number): number => Math.sqrt(3 * (WINDOW_SPREAD + spread)) / side;

/**
 * ln |H|^2 of a disk convolved with a Gaussian, as a periodogram of blocks shows it: its window and the width of rings or cells
 * fill in the zeros; the mean over that spread is by Gauss and Hermite's rule. @param side of the blocks @param sigma of the Gaussian, in pixels
 */
export function logDiskPower(rho: Float64Array, side: number, radius: number, sigma = 0, spread = RING_SPREAD): Float64Array {
  const reach = reachOf(side, spread);
  return rho.map((value) => {
    const power = (4 * diskTransfer(radius, value) ** 2 + diskTransfer(radius, value - reach) ** 2 + diskTransfer(radius, value + reach) ** 2) / 6;
    return Math.log(Math.max(power, LEAST_POWER)) - (2 * Math.PI * sigma * value) ** 2;
  });
}

/** ln |H|^2 of a Gaussian; sigma 0: no blur. */
export function logGaussianPower(rho: Float64Array, sigma: number): Float64Array {
  return rho.map((value) => -((2 * Math.PI * sigma * value) ** 2));
}

/** sinc^2: the power that straight motion by `phase` periods leaves. */
function motionPower(phase: number): number {
  const angle = Math.PI * phase;
  return Math.abs(angle) < 1e-4 ? 1 : (Math.sin(angle) / angle) ** 2;
}

/**
 * ln |H|^2 of straight motion by [right, down] pixels, over a plane of frequencies. @param spread of a cell of the plane, in bins squared
 */
export function logMotionPower({ x, y, side }: Pick<SpectrumPlane, 'x' | 'y' | 'side'>, right: number, down: number, spread: number): Float64Array {
  const reach = reachOf(side, spread) * Math.hypot(right, down);
  return x.map((value, point) => {
    const phase = value * right + y[point]! * down;
    return Math.log(Math.max((4 * motionPower(phase) + motionPower(phase - reach) + motionPower(phase + reach)) / 6, LEAST_POWER));
  });
}
