import type { FftPlan, HalfSpectrum } from '../../fft.js';

/** Where two patches match best. */
export interface Shift {
  /** b(x) is like a(x - shift), in pixels. */
  readonly x: number;
  readonly y: number;
  /** The peak over the standard deviation of the correlation. */
  readonly sharpness: number;
}

/**
 * Phase correlation (Kuglin and Hines 1975) of two spectra of the plan's size under a Gaussian low-pass: frequencies that
 * the blur has extinguished say nothing. @param cutoff standard deviation of the low-pass, cycles per pixel
 */
export async function correlate(plan: FftPlan, a: HalfSpectrum, b: HalfSpectrum, cutoff: number): Promise<Shift> {
  const { lines: rows, length: columns, bins } = plan;
  const cross = { re: new Float32Array(rows * bins), im: new Float32Array(rows * bins) };
  for (let v = 0; v < rows; v += 1) {
    const fy = (v <= rows / 2 ? v : v - rows) / rows;
    for (let u = 0, at = v * bins; u < bins; u += 1, at += 1) {
      const re = b.re[at]! * a.re[at]! + b.im[at]! * a.im[at]!;
      const im = b.im[at]! * a.re[at]! - b.re[at]! * a.im[at]!;
      const weight = Math.exp(-((u / columns) ** 2 + fy ** 2) / (2 * cutoff ** 2)) / Math.max(Math.hypot(re, im), 1e-20);
      cross.re[at] = weight * re;
      cross.im[at] = weight * im;
    }
  }
  cross.re[0] = cross.im[0] = 0;
  return findPeak(await plan.inverse(cross), columns, rows);
}

function findPeak(values: Float32Array, columns: number, rows: number): Shift {
  let best = 0;
  let power = 0;
  for (let index = 0; index < values.length; index += 1) {
    if (values[index]! > values[best]!) best = index;
    power += values[index]! ** 2;
  }
  const [x, y] = [best % columns, Math.floor(best / columns)];
  const at = (dx: number, dy: number): number => values[((y + dy + rows) % rows) * columns + ((x + dx + columns) % columns)]!;
  // The peak of Gaussian weights is a Gaussian: its logarithm is a parabola.
  const offset = (before: number, after: number): number => {
    const [low, mid, high] = [before, values[best]!, after].map((value) => Math.log(Math.max(value, 1e-12))) as [number, number, number];
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
