import { besselJ1 } from '../../../lib/psf/bessel.js';
import type { Frequencies, OpticsKind } from '../../../lib/runtime/native/binding.js';

/** Below this, in power, a transfer function counts as this: logarithms stay finite. */
const LEAST_POWER = 1e-30;

/** Values of 2 J1(z) / z per unit of z; between them a straight line is off by less than 2e-6. */
const PER_UNIT = 128;
/** For the largest radius, 14.5 pixels, at the highest frequency with its spread. */
const LARGEST_Z = 64;

let transferTable: Float64Array | undefined;

/** Transfer function of a disk: 2 J1(z) / z, z = 2 pi R rho. */
function diskTransfer(radius: number, rho: number): number {
  transferTable ??= Float64Array.from({ length: LARGEST_Z * PER_UNIT + 2 }, (_, index) =>
    index === 0 ? 1 : (2 * PER_UNIT * besselJ1(index / PER_UNIT)) / index,
  );
  const position = Math.min(2 * Math.PI * Math.abs(radius * rho), LARGEST_Z) * PER_UNIT;
  const below = Math.floor(position);
  return transferTable[below]! + (position - below) * (transferTable[below + 1]! - transferTable[below]!);
}

/** ln |H|^2 of a disk, the mean over the spread by Gauss and Hermite's rule. */
function logDiskPower({ rho, reach }: Frequencies, radius: number): Float64Array {
  return rho.map((value) => {
    const power =
      (4 * diskTransfer(radius, value) ** 2 +
        diskTransfer(radius, value - reach) ** 2 +
        diskTransfer(radius, value + reach) ** 2) /
      6;
    return Math.log(Math.max(power, LEAST_POWER));
  });
}

/** ln |H|^2 of a Gaussian; sigma 0: no blur. */
function logGaussianPower({ rho }: Frequencies, sigma: number): Float64Array {
  return rho.map((value) => -((2 * Math.PI * sigma * value) ** 2));
}

/** sinc^2: the power that straight motion by `phase` periods leaves. */
function motionPower(phase: number): number {
  const angle = Math.PI * phase;
  return Math.abs(angle) < 1e-4 ? 1 : (Math.sin(angle) / angle) ** 2;
}

/** ln |H|^2 of straight motion by [right, down] pixels, over a plane of frequencies. */
function logMotionPower({ x, y, reach }: Frequencies, right: number, down: number): Float64Array {
  const spread = reach * Math.hypot(right, down);
  return x.map((value, point) => {
    const phase = value * right + y[point]! * down;
    return Math.log(
      Math.max((4 * motionPower(phase) + motionPower(phase - spread) + motionPower(phase + spread)) / 6, LEAST_POWER),
    );
  });
}

/** Plain form of native/estimation/optics.cc. */
export function logPower(kind: OpticsKind, values: readonly number[], at: Frequencies): Float64Array {
  const [first, second, third] = values as [number, number, number];
  switch (kind) {
    case 'gaussian':
      return logGaussianPower(at, first);
    case 'disk':
      return logDiskPower(at, first);
    case 'softDisk':
      return sum(logDiskPower(at, first), logGaussianPower(at, second));
    case 'motion':
      return logMotionPower(at, first, second);
    case 'movedDisk':
      return sum(logMotionPower(at, first, second), logDiskPower(at, third));
  }
}

const sum = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, index) => value + b[index]!);
