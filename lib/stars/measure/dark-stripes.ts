import type { Plane } from '../../image/planes.js';
import type { Scope } from '../../runtime/scope.js';
import { breathe } from './breathe.js';
import { planImage } from './plan-image.js';

/**
 * Weight of rises in the search, at first and after a minimum that cannot be (kernel-estimation 4; the first is not
 * published).
 */
const RISE_WEIGHTS = [1.2, 1.5];
/** Minima beyond this part of the highest frequency are of the noise. */
const HIGHEST = 0.9;
/** Bicubic interpolation of Keys (1981). */
const KEYS = -0.5;

/**
 * Length of trails in pixels by the first dark stripe of the spectrum, turned so that they lie along its rows
 * (kernel-estimation 4, 'paper' mode); null where no stripe is found. @param angleRad anticlockwise
 */
export async function measureStripeLength(
  plane: Plane,
  angleRad: number,
  longestPx: number,
  scope: Scope,
): Promise<number | null> {
  const sums = await sumAcross(await turn(plane, angleRad, scope), scope);
  const columns = plane.width;
  for (const weight of RISE_WEIGHTS) {
    const zero = weightedMinimum(sums, weight);
    if (zero >= columns / longestPx && zero <= (HIGHEST * columns) / 2) return columns / refine(sums, zero);
  }
  return null;
}

/** A plane turned about its middle, so that what lay along the angle lies along rows; 0 from beyond its edges. */
async function turn({ width, height, data }: Plane, angleRad: number, scope: Scope): Promise<Plane> {
  const [cos, sin] = [Math.cos(angleRad), Math.sin(angleRad)];
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  const turned = new Float32Array(data.length);
  const [across, down] = [new Float64Array(4), new Float64Array(4)];
  for (let y = 0; y < height; y += 1) {
    await breathe(y, width, scope);
    for (let x = 0; x < width; x += 1) {
      const sx = cx + cos * (x - cx) + sin * (y - cy);
      const sy = cy - sin * (x - cx) + cos * (y - cy);
      const [left, top] = [Math.floor(sx), Math.floor(sy)];
      if (left < 1 || top < 1 || left > width - 3 || top > height - 3) continue;
      cubicWeights(sx - left, across);
      cubicWeights(sy - top, down);
      let sum = 0;
      for (let row = 0; row < 4; row += 1) {
        const start = (top - 1 + row) * width + left - 1;
        sum +=
          down[row]! *
          (across[0]! * data[start]! +
            across[1]! * data[start + 1]! +
            across[2]! * data[start + 2]! +
            across[3]! * data[start + 3]!);
      }
      turned[y * width + x] = sum;
    }
  }
  return { width, height, data: turned };
}

function cubicWeights(t: number, out: Float64Array): void {
  const far = (d: number): number => KEYS * (((d - 5) * d + 8) * d - 4);
  const near = (d: number): number => ((KEYS + 2) * d - (KEYS + 3)) * d * d + 1;
  out[0] = far(1 + t);
  out[1] = near(t);
  out[2] = near(1 - t);
  out[3] = far(2 - t);
}

/** |G(u, v)| summed over v, for u from 0 up to the highest frequency; its largest is 1. */
async function sumAcross({ width, height, data }: Plane, scope: Scope): Promise<Float64Array> {
  using plan = await planImage(scope, height, width);
  const { bins } = plan;
  const { re, im } = await plan.forward(data);
  const sums = new Float64Array(bins);
  for (let row = 0; row < height; row += 1) {
    await breathe(row, bins, scope);
    for (let column = 0, bin = row * bins; column < bins; column += 1, bin += 1)
      sums[column]! += Math.hypot(re[bin]!, im[bin]!);
  }
  const most = sums.reduce((largest, value) => Math.max(largest, value), Number.MIN_VALUE);
  return sums.map((value) => value / most);
}

/** The lowest point of a curve whose rises count more than its falls, which makes the first minimum the lowest. */
function weightedMinimum(sums: Float64Array, weight: number): number {
  let [level, lowest, place] = [sums[0]!, sums[0]!, 0];
  for (let bin = 1; bin < sums.length; bin += 1) {
    const change = sums[bin]! - sums[bin - 1]!;
    level += change < 0 ? change : weight * change;
    if (level < lowest) [lowest, place] = [level, bin];
  }
  return place;
}

/** The minimum of the parabola through three points. */
function refine(sums: Float64Array, bin: number): number {
  const [before, at, after] = [sums[bin - 1] ?? Infinity, sums[bin]!, sums[bin + 1] ?? Infinity];
  const curvature = before - 2 * at + after;
  return curvature > 0 && curvature < Infinity ? bin + (before - after) / (2 * curvature) : bin;
}
