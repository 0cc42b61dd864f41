import { setImmediate } from 'node:timers/promises';
import type { FrameSource } from '../frame-engine.js';
import type { AnyFrame } from '../image/frame.js';
import type { Binding } from '../native/binding.js';
import { transferMagnitude } from './psf/transfer.js';
import type { Psf } from './psf/psf.js';
import { fullScale, windowOf } from './samples.js';

/** Side of the blocks whose spectra are taken. */
const BLOCK = 64;
/** Part of the frequencies that are taken: those where the least of the scene is left. */
const QUIET_PART = 0.05;
/** Blocks of a plane; more would make the estimate better by less than 1 %. */
const MOST_BLOCKS = 48;
/** Blocks with a larger part of clipped samples tell nothing: their noise is clipped too. */
const MOST_CLIPPED = 0.01;

/** Part of a frame. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Standard deviation of the noise of one colour in a part of a frame, 1 being full scale: from the power at those
 * frequencies that the blur has all but extinguished, where only noise is left. A filter that knows nothing of the blur
 * (Immerkaer 1996) takes edges along the direction of a motion for noise. At least that of rounding to samples.
 */
export async function estimateSigma(binding: Binding, source: FrameSource, channel: number, area: Area, kernel: Psf): Promise<number> {
  const { frame, isJpeg } = source;
  const estimates = [roundingSigma(frame), await measureQuietPower(frame, channel, area, kernel)];
  // The compression has taken noise out of the high frequencies, and left errors in the others.
  if (isJpeg || !Number.isFinite(estimates[1])) estimates.push(await estimateByLaplacian(binding, source, channel, area));
  return Math.max(...estimates.filter(Number.isFinite));
}

async function estimateByLaplacian(binding: Binding, { frame, isJpeg }: FrameSource, channel: number, { left, top, width, height }: Area): Promise<number> {
  const window = windowOf(frame, frame.data, channel, left, top);
  return (await binding.estimateNoise({ window, width, height, saturation: 1, jpeg: isJpeg, form: 'mean' })).sigma;
}

/** Rounding is uniform over one step; floats have steps too small to matter, but a sigma of 0 would mean no noise at all. */
function roundingSigma(frame: AnyFrame): number {
  return 1 / (frame.depth === 32 ? 65_535 : fullScale(frame)) / Math.sqrt(12);
}

/** Root mean power of the quietest frequencies over blocks of the area; NaN where no block is fit. */
async function measureQuietPower(frame: AnyFrame, channel: number, area: Area, kernel: Psf): Promise<number> {
  if (Math.min(area.width, area.height) < BLOCK) return NaN;
  const spectrum = new BlockSpectrum(quietFrequencies(kernel));
  let [sum, count] = [0, 0];
  for (const [left, top] of listBlocks(area)) {
    const block = readBlock(frame, channel, left, top);
    if (!block) continue;
    sum += spectrum.meanPower(block);
    count += 1;
    if (count % 16 === 0) await setImmediate();
  }
  return count > 0 ? Math.sqrt(sum / count) : NaN;
}

/** Corners of blocks that overlap by half, or lie as far apart as their number allows. */
function listBlocks({ left, top, width, height }: Area): readonly (readonly [number, number])[] {
  const [across, down] = [width - BLOCK, height - BLOCK];
  const step = Math.max(BLOCK / 2, Math.ceil(Math.sqrt(((across + BLOCK) * (down + BLOCK)) / MOST_BLOCKS)));
  const along = (start: number, length: number): number[] => Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => start + index * step);
  return along(top, down).flatMap((y) => along(left, across).map((x) => [x, y] as const));
}

/** Samples of a block, 1 being full scale; null where too many are clipped, or one is no number. */
function readBlock({ width, channels, data, ...frame }: AnyFrame, channel: number, left: number, top: number): Float64Array | null {
  const full = fullScale(frame);
  const block = new Float64Array(BLOCK * BLOCK);
  let clipped = 0;
  for (let y = 0; y < BLOCK; y += 1) {
    for (let x = 0; x < BLOCK; x += 1) {
      const value = data[((top + y) * width + left + x) * channels + channel]!;
      if (!(Math.abs(value) < Infinity)) return null;
      if (value <= 0 || value >= full) clipped += 1;
      block[y * BLOCK + x] = value / full;
    }
  }
  return clipped > MOST_CLIPPED * block.length ? null : block;
}

/** A frequency of a block, in periods per block. */
type Frequency = readonly [u: number, v: number];

/** Those with the least expected power of a scene: |H|^2 / f^2, with what the window of a block leaks from its neighbours. */
function quietFrequencies(kernel: Psf): Frequency[] {
  const half = BLOCK / 2;
  const transfer = transferMagnitude(kernel, BLOCK);
  const expected = (u: number, v: number): number => {
    const [x, y] = [(u + BLOCK) % BLOCK, (v + BLOCK) % BLOCK];
    return transfer[y * BLOCK + x]! ** 2 / Math.max(1, (x - half) ** 2 + (y - half) ** 2);
  };
  const leaked = (u: number, v: number): number => [-1, 0, 1].reduce((sum, dv) => sum
    + [-1, 0, 1].reduce((row, du) => row + expected(u + du, v + dv) / 4 ** (Math.abs(du) + Math.abs(dv)), 0), 0);
  // Half of the plane: the other half mirrors it. The axes of the first row and column mirror themselves.
  const all = Array.from({ length: (half - 1) * BLOCK }, (_, index) => [half + 1 + (index % (half - 1)), Math.floor(index / (half - 1))] as const);
  const ranked = all.map(([u, v]) => ({ frequency: [u - half, v - half] as const, power: leaked(u, v) })).sort((a, b) => a.power - b.power);
  return ranked.slice(0, Math.round(QUIET_PART * ranked.length)).map(({ frequency }) => frequency);
}

/** The power of a block at given frequencies, by definition: they are too few for a fast transform. */
class BlockSpectrum {
  readonly #frequencies: readonly Frequency[];
  readonly #columns: readonly number[];
  readonly #window: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  /** Of white noise with variance 1, at any frequency. */
  readonly #unitPower: number;

  constructor(frequencies: readonly Frequency[]) {
    this.#frequencies = frequencies;
    this.#columns = [...new Set(frequencies.map(([u]) => u))];
    this.#window = Float64Array.from({ length: BLOCK }, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 0.5)) / BLOCK));
    this.#cos = this.#window.map((_, index) => Math.cos((2 * Math.PI * index) / BLOCK));
    this.#sin = this.#window.map((_, index) => Math.sin((2 * Math.PI * index) / BLOCK));
    this.#unitPower = this.#window.reduce((sum, weight) => sum + weight ** 2, 0) ** 2;
  }

  meanPower(block: Float64Array): number {
    const centred = this.#applyWindow(block);
    const rows = new Map(this.#columns.map((u) => [u, this.#transformRows(centred, u)]));
    const power = this.#frequencies.reduce((sum, [u, v]) => sum + this.#transformColumn(rows.get(u)!, v), 0);
    return power / this.#frequencies.length / this.#unitPower;
  }

  /** Without its mean, which would leak. */
  #applyWindow(block: Float64Array): Float64Array {
    const window = this.#window;
    const mean = block.reduce((sum, value) => sum + value, 0) / block.length;
    return block.map((value, index) => (value - mean) * window[index % BLOCK]! * window[Math.floor(index / BLOCK)]!);
  }

  /** Real and imaginary parts, one after the other, of each row at a frequency. */
  #transformRows(block: Float64Array, u: number): Float64Array {
    const found = new Float64Array(2 * BLOCK);
    const [cos, sin] = [this.#cos, this.#sin];
    for (let y = 0; y < BLOCK; y += 1) {
      let re = 0;
      let im = 0;
      for (let x = 0; x < BLOCK; x += 1) {
        const phase = (u * x) & (BLOCK - 1);
        const value = block[y * BLOCK + x]!;
        re += value * cos[phase]!;
        im -= value * sin[phase]!;
      }
      found[2 * y] = re;
      found[2 * y + 1] = im;
    }
    return found;
  }

  #transformColumn(rows: Float64Array, v: number): number {
    const [cos, sin] = [this.#cos, this.#sin];
    let [re, im] = [0, 0];
    for (let y = 0; y < BLOCK; y += 1) {
      const phase = (v * y) & (BLOCK - 1);
      re += rows[2 * y]! * cos[phase]! + rows[2 * y + 1]! * sin[phase]!;
      im += rows[2 * y + 1]! * cos[phase]! - rows[2 * y]! * sin[phase]!;
    }
    return re * re + im * im;
  }
}

/** One number for several colours. */
export function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
}
