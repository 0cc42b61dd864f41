import type { HalfSpectrum } from '../../fft/shape.js';
import type { Transform } from '../../fft/transform.js';

/** Weights below this part of the largest are noise. */
const LEAST_PART = 0.05;

/** Weights of a square kernel, its centre in the middle; the side is odd. */
export interface Taps {
  readonly side: number;
  readonly data: Float64Array;
}

export const spike = (side: number): Taps => ({
  side,
  data: Float64Array.from({ length: side * side }, (_, index) => (index === (side * side - 1) / 2 ? 1 : 0)),
});

/**
 * The kernel of a reach that turns the gradients of a sharp picture into those of the blurred one, by least squares
 * with a penalty on its energy; then no weight negative or of noise, their sum 1, their centroid in the middle.
 */
export async function solveTaps(
  plan: Transform,
  sharp: HalfSpectrum,
  blurred: HalfSpectrum,
  gradients: Float32Array,
  reach: number,
  penalty: number,
): Promise<Taps> {
  const bins = gradients.length;
  let energy = 0;
  for (let bin = 0; bin < bins; bin += 1) energy += gradients[bin]! * (sharp.re[bin]! ** 2 + sharp.im[bin]! ** 2);
  const floor = (penalty * energy) / bins;
  const quotient: HalfSpectrum = { re: new Float32Array(bins), im: new Float32Array(bins) };
  for (let bin = 0; bin < bins; bin += 1) {
    const [sr, si, br, bi, weight] = [
      sharp.re[bin]!,
      sharp.im[bin]!,
      blurred.re[bin]!,
      blurred.im[bin]!,
      gradients[bin]!,
    ];
    const scale = weight / (weight * (sr * sr + si * si) + floor + 1e-30);
    quotient.re[bin] = scale * (sr * br + si * bi);
    quotient.im[bin] = scale * (sr * bi - si * br);
  }
  const onGrid = await plan.inverse(quotient);
  const side = 2 * reach + 1;
  return centre(
    clean({
      side,
      data: Float64Array.from({ length: side * side }, (_, index) => onGrid[placeOf(plan, index, side)]!),
    }),
  );
}

/** The transfer function of a kernel on a plan's grid. */
export async function transferOf(plan: Transform, { side, data }: Taps): Promise<HalfSpectrum> {
  const onGrid = new Float32Array(plan.lines * plan.length);
  data.forEach((weight, index) => {
    onGrid[placeOf(plan, index, side)] = weight;
  });
  return plan.forward(onGrid);
}

/** The kernel of pixels `factor` times as fine, by bilinear interpolation. */
export function enlarge({ side, data }: Taps, factor: number, newReach: number): Taps {
  const newSide = 2 * newReach + 1;
  const at = (x: number, y: number): number => (x >= 0 && y >= 0 && x < side && y < side ? data[y * side + x]! : 0);
  return clean({
    side: newSide,
    data: Float64Array.from({ length: newSide ** 2 }, (_, index) => {
      const [x, y] = [index % newSide, Math.floor(index / newSide)].map(
        (value) => (value - newReach) / factor + (side - 1) / 2,
      ) as [number, number];
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [fx, fy] = [x - left, y - top];
      return (
        (1 - fy) * ((1 - fx) * at(left, top) + fx * at(left + 1, top)) +
        fy * ((1 - fx) * at(left, top + 1) + fx * at(left + 1, top + 1))
      );
    }),
  });
}

/**
 * The largest normalised correlation of two kernels of one side over shifts: one frame does not tell where a kernel's
 * centre is.
 */
export function likeness(a: Taps, b: Taps): number {
  const norm = ({ data }: Taps): number => Math.sqrt(data.reduce((sum, weight) => sum + weight ** 2, 0));
  let best = 0;
  const reach = (a.side - 1) / 2;
  for (let shift = 0; shift < a.side ** 2; shift += 1) {
    best = Math.max(best, product(a, b, (shift % a.side) - reach, Math.floor(shift / a.side) - reach));
  }
  return best / (norm(a) * norm(b));
}

function product(a: Taps, b: Taps, right: number, down: number): number {
  let sum = 0;
  for (let y = Math.max(0, down); y < Math.min(a.side, a.side + down); y += 1) {
    for (let x = Math.max(0, right); x < Math.min(a.side, a.side + right); x += 1)
      sum += a.data[y * a.side + x]! * b.data[(y - down) * a.side + x - right]!;
  }
  return sum;
}

function clean({ side, data }: Taps): Taps {
  const least = LEAST_PART * data.reduce((most, weight) => Math.max(most, weight), 0);
  const kept = data.map((weight) => (weight < least ? 0 : weight));
  const sum = kept.reduce((total, weight) => total + weight, 0);
  return sum > 0 ? { side, data: kept.map((weight) => weight / sum) } : spike(side);
}

/** Its centroid on the middle pixel, or next to it. */
function centre({ side, data }: Taps): Taps {
  const mean = (place: (index: number) => number): number =>
    Math.round(data.reduce((sum, weight, index) => sum + weight * place(index), 0) - (side - 1) / 2);
  const [right, down] = [mean((index) => index % side), mean((index) => Math.floor(index / side))];
  return clean({
    side,
    data: data.map((_, index) => {
      const [x, y] = [(index % side) + right, Math.floor(index / side) + down];
      return x >= 0 && y >= 0 && x < side && y < side ? data[y * side + x]! : 0;
    }),
  });
}

function placeOf({ length: columns, lines: rows }: Transform, index: number, side: number): number {
  const reach = (side - 1) / 2;
  const [x, y] = [(index % side) - reach, Math.floor(index / side) - reach];
  return ((y + rows) % rows) * columns + ((x + columns) % columns);
}
