/**
 * Sectors of half a turn in which the spectrum is looked at: a spectrum of reals equals itself turned by 180 degrees.
 */
export const SECTORS = 8;
/** The lowest frequencies, in parts of the sampling rate, hold the scene's large shapes, which follow no power law. */
export const LOWEST = 12 / 512;
/** Side of the blocks of JPEG. */
const JPEG_BLOCK = 8;

/** A power spectrum along its distance from the centre. */
export interface Curve {
  /** Cycles per pixel, ascending. */
  readonly rho: Float64Array;
  /** Natural logarithm of the mean power at each. */
  readonly logPower: Float64Array;
  readonly isJpeg: boolean;
}

/**
 * A spectrum's curve over all directions, and over those of each sector; sector i is about the angle (i + 0.5) /
 * SECTORS x 180 degrees.
 */
export interface Curves {
  readonly all: Curve;
  readonly sectors: readonly Curve[];
}

/**
 * Means of a power spectrum over rings that are one bin wide. Of JPEG files, the bins within one of a multiple of N / 8
 * on either axis are left out: the borders of its blocks put peaks there.
 * @param power side x (side / 2 + 1) bins
 */
export function drawCurves(power: Float64Array, side: number, isJpeg: boolean): Curves {
  const half = side / 2;
  const sums = Array.from({ length: SECTORS + 1 }, () => ({
    power: new Float64Array(half),
    weight: new Float64Array(half),
  }));
  for (let row = 0; row < side; row += 1) {
    const v = row <= half ? row : row - side;
    for (let u = 0; u <= half; u += 1) {
      const ring = Math.round(Math.hypot(u, v));
      if (ring >= half || (isJpeg && (isAtBlockPeak(u, side) || isAtBlockPeak(Math.abs(v), side)))) continue;
      // The other half of the plane mirrors this one, but for the columns on its border.
      const weight = u === 0 || u === half ? 1 : 2;
      const value = power[row * (half + 1) + u]!;
      for (const sum of [sums[SECTORS]!, sums[sectorOf(u, v)]!]) {
        sum.power[ring]! += weight * value;
        sum.weight[ring]! += weight;
      }
    }
  }
  const curves = sums.map(({ power: total, weight }) => toCurve(total, weight, side, isJpeg));
  return { all: curves[SECTORS]!, sectors: curves.slice(0, SECTORS) };
}

/** Whether a bin, on one axis, is where the borders of JPEG's blocks put their peaks. */
export function isAtBlockPeak(bin: number, side: number): boolean {
  const distance = bin % (side / JPEG_BLOCK);
  return bin > 1 && Math.min(distance, side / JPEG_BLOCK - distance) <= 1;
}

/** By the mathematical angle of a frequency, rows pointing down. */
function sectorOf(u: number, v: number): number {
  const turn = Math.atan2(-v, u) / Math.PI;
  return Math.floor((turn < 0 ? turn + 1 : turn) * SECTORS) % SECTORS;
}

function toCurve(power: Float64Array, weight: Float64Array, side: number, isJpeg: boolean): Curve {
  const rings = Array.from(weight.keys()).filter(
    (ring) => ring >= LOWEST * side && weight[ring]! > 0 && power[ring]! > 0,
  );
  return {
    rho: Float64Array.from(rings, (ring) => ring / side),
    logPower: Float64Array.from(rings, (ring) => Math.log(power[ring]! / weight[ring]!)),
    isJpeg,
  };
}
