import type { Scope } from '../../runtime/scope.js';
import { planImage } from '../plan-image.js';
import { vertex } from '../radius.js';
import { CELL, drawRings } from './spectrum-plane.js';
import type { SpectrumPlane } from './spectrum-plane.js';

/**
 * Shorter lags hold what scenes have in common; longer ones than this part of a block's side are too few periods of its
 * spectrum.
 */
const SHORTEST = 2.5;
const LONGEST_PART = 1 / 4;
/** Logarithms further than this from the mean of their ring count as so far. */
const MOST_CONTRAST = 1.5;

/** A straight motion that a cepstrum suggests. */
export interface MotionHint {
  /** From the trail's one end to the other, in pixels; the sign is arbitrary. */
  readonly right: number;
  readonly down: number;
  /** Depth of the minimum, in standard deviations of the cepstrum. */
  readonly dip: number;
}

/** The longest motion that blocks of a side can tell, in pixels. */
export const longestMotion = (side: number): number => side * LONGEST_PART;

/**
 * Straight motion leaves parallel dark lines in a spectrum, 1 / length apart, and so a minimum in its cepstrum at the
 * lag of its two ends. The spectrum is whitened first: each ring's mean is taken off the logarithms, and with it what
 * scene and defocus have in every direction. The deepest minima, deepest first.
 */
export async function findMotionHints(scope: Scope, plane: SpectrumPlane, most: number): Promise<MotionHint[]> {
  const side = plane.side / CELL;
  const cepstrum = await toCepstrum(scope, plane, whiten(plane));
  const at = (right: number, down: number): number =>
    right < 0 ? at(-right, -down) : cepstrum[((down + side) % side) * (side / 2 + 1) + right]!;
  const minima: MotionHint[] = [];
  let [squares, count] = [0, 0];
  const longest = longestMotion(plane.side);
  const reach = Math.floor(longest);
  for (let down = -reach; down <= reach; down += 1) {
    for (let right = down < 0 ? 1 : 0; right <= reach; right += 1) {
      const length = Math.hypot(right, down);
      if (length < SHORTEST || length > longest) continue;
      const value = at(right, down);
      squares += value ** 2;
      count += 1;
      if (value >= 0 || !isLowest(at, right, down)) continue;
      minima.push({
        right: right + vertex([at(right - 1, down), value, at(right + 1, down)], 1),
        down: down + vertex([at(right, down - 1), value, at(right, down + 1)], 1),
        dip: -value,
      });
    }
  }
  const deviation = Math.sqrt(squares / count);
  return minima
    .sort((a, b) => b.dip - a.dip)
    .slice(0, most)
    .map((hint) => ({ ...hint, dip: hint.dip / deviation }));
}

function isLowest(at: (right: number, down: number) => number, right: number, down: number): boolean {
  for (let neighbour = 0; neighbour < 9; neighbour += 1) {
    if (at(right + (neighbour % 3) - 1, down + Math.floor(neighbour / 3) - 1) < at(right, down)) return false;
  }
  return true;
}

/** Logarithms without the mean of their ring, faded out towards the highest frequencies. */
function whiten(plane: SpectrumPlane): Float64Array {
  const { rho, logPower, side } = plane;
  const ringOf = (distance: number): number => Math.round((distance * side) / CELL);
  const rings = drawRings(plane, (cell) => logPower[cell]!);
  const means = new Map(Array.from(rings.rho, (distance, index) => [ringOf(distance), rings.logPower[index]!]));
  return logPower.map((value, cell) => {
    const contrast = value - means.get(ringOf(rho[cell]!))!;
    return (
      Math.max(-MOST_CONTRAST, Math.min(MOST_CONTRAST, contrast)) * (0.5 + 0.5 * Math.cos(2 * Math.PI * rho[cell]!))
    );
  });
}

/**
 * The sum of values x cos(2 pi (x right + y down)) over all cells, at lags of right = 0 to side / 2, row by row of
 * down, negative ones last.
 */
async function toCepstrum(scope: Scope, plane: SpectrumPlane, values: Float64Array): Promise<Float64Array> {
  const side = plane.side / CELL;
  const grid = new Float32Array(side * side);
  const place = (frequency: number): number => (Math.floor((frequency * plane.side) / CELL) + side) % side;
  values.forEach((value, cell) => {
    grid[place(plane.y[cell]!) * side + place(plane.x[cell]!)] = value;
  });
  const plan = await planImage(scope, side, side);
  try {
    const { re, im } = await plan.forward(grid);
    // Cells' centres are half a cell beside the places of the transform.
    return Float64Array.from(re, (value, bin) => {
      const [right, row] = [bin % plan.bins, Math.floor(bin / plan.bins)];
      const turn = (Math.PI * (right + (row < side / 2 ? row : row - side))) / side;
      return value * Math.cos(turn) + im[bin]! * Math.sin(turn);
    });
  } finally {
    plan.dispose();
  }
}
