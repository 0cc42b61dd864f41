import { convolve } from '../../psf/psf.js';
import type { Psf } from '../../psf/psf.js';
import { enlarge } from '../../psf/field.js';
import { disk, gaussian } from '../../psf/shapes.js';
import { Pauses } from '../../runtime/pauses.js';

/** Steps of the search in radius and sigma, in pixels, coarse to fine. */
const STEPS: readonly number[] = [0.4, 0.1, 0.025];
const LEAST_SIGMA = 0.05;

/** The disk with a Gaussian that is nearest to a kernel. */
export interface DiskFit {
  readonly radius: number;
  readonly sigma: number;
  /** Root mean square difference of the weights over the largest weight of the kernel. */
  readonly misfit: number;
}

/** Least squares over the weights, by trying neighbours; starts with the disk of the kernel's second moment. */
export async function fitDisk(kernel: Psf, pauses = new Pauses()): Promise<DiskFit> {
  let best = measure(kernel, Math.max(0.3, Math.sqrt(2 * meanSquare(kernel))), 0);
  for (const step of STEPS) {
    for (let isBetter = true; isBetter; ) {
      const { radius, sigma, misfit } = best;
      if (pauses.isDue) await pauses.take();
      const around = [
        [-step, 0],
        [step, 0],
        [0, -step],
        [0, step],
        [step, -step],
        [-step, step],
      ].map(([dr, ds]) => measure(kernel, Math.max(0.1, radius + dr!), Math.max(0, sigma + ds!)));
      best = around.reduce((least, next) => (next.misfit < least.misfit ? next : least), best);
      isBetter = best.misfit < misfit;
    }
  }
  return best;
}

/** Mean square distance from the centre: R^2 / 2 for a disk. */
function meanSquare({ width, height, data }: Psf): number {
  return data.reduce(
    (sum, weight, tap) =>
      sum + weight * (((tap % width) - (width - 1) / 2) ** 2 + (Math.floor(tap / width) - (height - 1) / 2) ** 2),
    0,
  );
}

function measure(kernel: Psf, radius: number, sigma: number): DiskFit {
  const drawn = sigma >= LEAST_SIGMA ? convolve(disk(radius), gaussian(sigma)) : disk(radius);
  const [width, height] = [Math.max(kernel.width, drawn.width), Math.max(kernel.height, drawn.height)];
  const [a, b] = [enlarge(kernel, width, height).data, enlarge(drawn, width, height).data];
  const squares = a.reduce((sum, weight, index) => sum + (weight - b[index]!) ** 2, 0);
  return {
    radius,
    sigma,
    misfit:
      Math.sqrt(squares / (kernel.width * kernel.height)) /
      kernel.data.reduce((most, weight) => Math.max(most, weight), 0),
  };
}
