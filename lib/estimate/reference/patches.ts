import type { HalfSpectrum } from '../../fft/shape.js';
import type { Transform } from '../../fft/transform.js';
import { kernelAt } from '../../psf/field.js';
import type { PsfField } from '../../psf/field.js';
import type { Plane } from '../../image/planes.js';

/** Side of patches, in pixels of the frame. */
export const PATCH = 256;
/** Patches of which more is unknown are left out. */
const MOST_UNKNOWN = 0.25;
/** A standard deviation below this, 1 being full scale, is no texture. */
const LEAST_DEVIATION = 1e-4;

/** Corners of patches over all of a plane that overlap by half, or lie as far apart as their number allows. */
export function listPatches(
  { width, height }: Pick<Plane, 'width' | 'height'>,
  side: number,
  most = Infinity,
): (readonly [number, number])[] {
  const step = Math.max(side / 2, Math.sqrt((width * height) / most));
  const along = (length: number): number[] => {
    const count = Math.max(1, Math.ceil((length - side) / step) + 1);
    return Array.from({ length: count }, (_, index) =>
      count === 1 ? 0 : Math.round(((length - side) * index) / (count - 1)),
    );
  };
  return along(height).flatMap((top) => along(width).map((left) => [left, top] as const));
}

/** Whether so much of a patch is known that it says something. */
export function isMostlyKnown({ width, data }: Plane, [left, top]: readonly [number, number]): boolean {
  let unknown = 0;
  for (let y = top; y < top + PATCH; y += 1) {
    for (let at = y * width + left, end = at + PATCH; at < end; at += 1) if (!Number.isFinite(data[at]!)) unknown += 1;
  }
  return unknown <= MOST_UNKNOWN * PATCH ** 2;
}

/**
 * Transforms patches of a plan's size without their mean under a Hann window; keeps its memory from one to the next.
 */
export class PatchReader {
  readonly #plan: Transform;
  readonly #window: Float32Array;
  readonly #values: Float32Array;
  readonly #spectrum: HalfSpectrum;

  constructor(plan: Transform) {
    const { length: columns, lines: rows, bins } = plan;
    const [across, down] = [hann(columns), hann(rows)];
    this.#plan = plan;
    this.#window = Float32Array.from(
      { length: rows * columns },
      (_, index) => across[index % columns]! * down[Math.floor(index / columns)]!,
    );
    this.#values = new Float32Array(rows * columns);
    this.#spectrum = createSpectrum(rows * bins);
  }

  /**
   * The spectrum of a patch, into `out`, or good until the next call; unknown values are the mean. Null where more than
   * the part `mostUnknown` is unknown, or nothing varies.
   */
  async read(
    { width, data }: Plane,
    [left, top]: readonly [number, number],
    out = this.#spectrum,
    mostUnknown = MOST_UNKNOWN,
  ): Promise<HalfSpectrum | null> {
    const { length: columns, lines: rows } = this.#plan;
    const values = this.#values;
    let [sum, count, squares] = [0, 0, 0];
    for (let y = 0, index = 0; y < rows; y += 1) {
      for (let at = (top + y) * width + left, end = at + columns; at < end; at += 1, index += 1) {
        const value = data[at]!;
        values[index] = value;
        if (!Number.isFinite(value)) continue;
        sum += value;
        squares += value * value;
        count += 1;
      }
    }
    const mean = sum / Math.max(count, 1);
    if (count < (1 - mostUnknown) * values.length || squares / count - mean * mean < LEAST_DEVIATION ** 2) return null;
    const window = this.#window;
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index]!;
      values[index] = Number.isFinite(value) ? (value - mean) * window[index]! : 0;
    }
    return this.#plan.forward(values, out);
  }
}

function hann(length: number): Float64Array {
  return Float64Array.from({ length }, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 0.5)) / length));
}

/** Memory for the transforms of a plan, kept from one to the next. */
export interface Scratch {
  readonly values: Float32Array<ArrayBuffer>;
  readonly spectrum: HalfSpectrum;
}

export function createScratch({ length: columns, lines: rows, bins }: Transform): Scratch {
  return { values: new Float32Array(rows * columns), spectrum: createSpectrum(rows * bins) };
}

export function createSpectrum(bins: number): HalfSpectrum {
  return { re: new Float32Array(bins), im: new Float32Array(bins) };
}

/** Makes `a` the product of both, bin by bin. */
export function multiply(a: HalfSpectrum, b: HalfSpectrum): HalfSpectrum {
  for (let bin = 0; bin < a.re.length; bin += 1) {
    const [ar, ai, br, bi] = [a.re[bin]!, a.im[bin]!, b.re[bin]!, b.im[bin]!];
    a.re[bin] = ar * br - ai * bi;
    a.im[bin] = ar * bi + ai * br;
  }
  return a;
}

/** The transfer function of a kernel on the plan's grid, its centre at the corner. */
export async function transferOf(
  plan: Transform,
  kernel: { readonly width: number; readonly height: number; readonly data: ArrayLike<number> },
  { values, spectrum } = createScratch(plan),
): Promise<HalfSpectrum> {
  const { length: columns, lines: rows } = plan;
  values.fill(0);
  for (let tap = 0; tap < kernel.data.length; tap += 1) {
    const [x, y] = [
      (tap % kernel.width) - (kernel.width - 1) / 2,
      Math.floor(tap / kernel.width) - (kernel.height - 1) / 2,
    ];
    values[((y + rows) % rows) * columns + ((x + columns) % columns)] = kernel.data[tap]!;
  }
  return plan.forward(values, spectrum);
}

/**
 * What gives the transfer functions of a field by place, 0 to 1 over the frame; each is good until the next. A single
 * one is transformed once.
 */
export function transfersOf(plan: Transform, field: PsfField): (x: number, y: number) => Promise<HalfSpectrum> {
  const scratch = createScratch(plan);
  if (field.kernels.length > 1) return (x, y) => transferOf(plan, kernelAt(field, x, y), scratch);
  const single = transferOf(plan, field.kernels[0]!, scratch);
  return () => single;
}
