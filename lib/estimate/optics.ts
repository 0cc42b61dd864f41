import { besselJ1 } from '../deconvolve/psf/bessel.js';

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
  const position = 2 * Math.PI * radius * Math.abs(rho) * PER_UNIT;
  const below = Math.floor(position);
  return transferTable[below]! + (position - below) * (transferTable[below + 1]! - transferTable[below]!);
}

/**
 * ln |H|^2 of a disk convolved with a Gaussian, as a periodogram of blocks shows it: Hann's window (variance 1/3 bin^2 along
 * each axis) and rings one bin wide (1/12) fill in the zeros. The mean over that spread is by Gauss and Hermite's rule of three
 * points. @param side of the blocks @param sigma of the Gaussian, in pixels
 */
export function logDiskPower(rho: Float64Array, side: number, radius: number, sigma = 0): Float64Array {
  const reach = Math.sqrt(3 * (1 / 3 + 1 / 12)) / side;
  return rho.map((value) => {
    const power = (4 * diskTransfer(radius, value) ** 2 + diskTransfer(radius, value - reach) ** 2 + diskTransfer(radius, value + reach) ** 2) / 6;
    return Math.log(Math.max(power, LEAST_POWER)) - (2 * Math.PI * sigma * value) ** 2;
  });
}

/** ln |H|^2 of a Gaussian; sigma 0: no blur. */
export function logGaussianPower(rho: Float64Array, sigma: number): Float64Array {
  return rho.map((value) => -((2 * Math.PI * sigma * value) ** 2));
}
