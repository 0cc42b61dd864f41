import { ArgumentError } from '../runtime/errors.js';
import type { Point } from './area.js';
import { MAX_PSF_RADIUS, normalise } from './psf.js';
import type { Psf } from './psf.js';

/** Nodes and weights of the Gauss-Legendre rule with 4 points on [-1/2, 1/2]; exact up to degree 7. */
const NODES = [-0.43056815579702629, -0.16999052179242813, 0.16999052179242813, 0.43056815579702629] as const;
const WEIGHTS = [0.17392742256872692, 0.32607257743127305, 0.32607257743127305, 0.17392742256872692] as const;

/** Throws ArgumentError where a kernel would reach too far. */
export function requireReach(name: string, reach: number): number {
  if (reach <= MAX_PSF_RADIUS) return reach;
  throw new ArgumentError(
    `A ${name} PSF of that size reaches ${reach} pixels from its centre, at most ${MAX_PSF_RADIUS} are possible`,
  );
}

/** A kernel of point symmetry from the weight of each pixel; x to the right, y downwards, both from the centre. */
export function rasterise(reachX: number, reachY: number, weight: (pixel: Point) => number): Psf {
  const [width, height] = [2 * reachX + 1, 2 * reachY + 1];
  const data = new Float64Array(width * height);
  const last = data.length - 1;
  for (let index = 0; index <= last / 2; index += 1) {
    data[index] = weight([(index % width) - reachX, Math.floor(index / width) - reachY]);
    data[last - index] = data[index]!;
  }
  return normalise({ width, height, data });
}

/**
 * The integral of a smooth profile over each pixel, by Gauss-Legendre quadrature in cells of at most half of `scale`,
 * the length over which the profile changes: relative error below 1e-8.
 */
export function integratePixels(reach: number, scale: number, profile: (x: number, y: number) => number): Psf {
  const cells = Math.max(1, Math.ceil(2 / scale));
  const steps = Array.from({ length: cells }, (_, cell) =>
    NODES.map((node, index) => ({
      offset: (cell + 0.5 + node) / cells - 0.5,
      weight: WEIGHTS[index]! / cells,
    })),
  ).flat();
  return rasterise(reach, reach, ([x, y]) => {
    let sum = 0;
    for (const row of steps) {
      for (const column of steps) sum += row.weight * column.weight * profile(x + column.offset, y + row.offset);
    }
    return sum;
  });
}
