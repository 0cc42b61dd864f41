import type { HalfSpectrum } from '../../fft/shape.js';
import type { Transform } from '../../fft/transform.js';
import { createScratch } from './patches.js';

/** Where two patches match best. */
export interface Shift {
  /** b(x) is like a(x - shift), in pixels. */
  readonly x: number;
  readonly y: number;
  /** The peak over the standard deviation of the correlation. */
  readonly sharpness: number;
}

/** Frequencies that a low-pass weakens by more than this are left out. */
const LEAST_WEIGHT = 1e-5;

/**
 * A Gaussian over the bins of a plan's half spectrum, 0 for the mean.
 * @param cutoff its standard deviation, cycles per pixel
 */
export function createLowPass({ lines: rows, length: columns, bins }: Transform, cutoff: number): Float32Array {
  const weights = new Float32Array(rows * bins);
  for (let v = 0; v < rows; v += 1) {
    const fy = (v <= rows / 2 ? v : v - rows) / rows;
    for (let u = 0; u < bins; u += 1) {
      const weight = Math.exp(-((u / columns) ** 2 + fy ** 2) / (2 * cutoff ** 2));
      weights[v * bins + u] = weight < LEAST_WEIGHT ? 0 : weight;
    }
  }
  weights[0] = 0;
  return weights;
}

/**
 * Phase correlation (Kuglin and Hines 1975) of two spectra of the plan's size under a low-pass: frequencies that the
 * blur has extinguished say nothing.
 */
export async function correlate(
  plan: Transform,
  a: HalfSpectrum,
  b: HalfSpectrum,
  lowPass: Float32Array,
  { spectrum: cross, values } = createScratch(plan),
): Promise<Shift> {
  cross.re.fill(0);
  cross.im.fill(0);
  for (let bin = 0; bin < lowPass.length; bin += 1) {
    if (lowPass[bin] === 0) continue;
    const [ar, ai, br, bi] = [a.re[bin]!, a.im[bin]!, b.re[bin]!, b.im[bin]!];
    const re = br * ar + bi * ai;
    const im = bi * ar - br * ai;
    const weight = lowPass[bin]! / Math.max(Math.sqrt(re * re + im * im), 1e-20);
    cross.re[bin] = weight * re;
    cross.im[bin] = weight * im;
  }
  return findPeak(await plan.inverse(cross, values), plan.length, plan.lines);
}

function findPeak(values: Float32Array, columns: number, rows: number): Shift {
  let best = 0;
  let power = 0;
  for (let index = 0; index < values.length; index += 1) {
    if (values[index]! > values[best]!) best = index;
    power += values[index]! ** 2;
  }
  const [x, y] = [best % columns, Math.floor(best / columns)];
  const at = (dx: number, dy: number): number =>
    values[((y + dy + rows) % rows) * columns + ((x + dx + columns) % columns)]!;
  // The peak of Gaussian weights is a Gaussian: its logarithm is a parabola.
  const offset = (before: number, after: number): number => {
    const [low, mid, high] = [before, values[best]!, after].map((value) => Math.log(Math.max(value, 1e-12))) as [
      number,
      number,
      number,
    ];
    const bend = low - 2 * mid + high;
    return bend < 0 ? Math.max(-0.5, Math.min(0.5, (low - high) / (2 * bend))) : 0;
  };
  const wrap = (value: number, length: number): number => (value > length / 2 ? value - length : value);
  return {
    x: wrap(x, columns) + offset(at(-1, 0), at(1, 0)),
    y: wrap(y, rows) + offset(at(0, -1), at(0, 1)),
    sharpness: values[best]! / Math.sqrt(power / values.length + 1e-30),
  };
}
