import { FftCache } from './fft-cache.js';
import { ArgumentError, StateError } from '../runtime/errors.js';
import type { FftShape, NativeFft } from '../runtime/native/binding.js';
import { chooseIsa } from '../runtime/native/isa.js';
import { loadBinding, translateNativeError } from '../runtime/native/loader.js';
import { expected, requireInteger, requireKnownKeys, requireOneOf, requireString } from '../runtime/validate.js';

/** The longest line that can be transformed. */
export const MAX_FFT_LENGTH = 2 ** 22;
/** The most values of one transform: 1 GiB of them. */
const MAX_VALUES = 2 ** 28;

export interface FftOptions {
  /** 1 (default) to 3; any number gives the same bits. */
  readonly threads?: 1 | 2 | 3;
  /** Instruction set; the best there is, or `PERIFOCAL_ISA`. */
  readonly isa?: string;
}

/** Lines of reals, transformed one by one. */
export interface FftLines extends FftOptions {
  /** Values of a line, 1 to 4194304; any length works, {@link Fft.goodSize} names fast ones. */
  readonly length: number;
  /** Lines one after the other in memory; 1 by default. */
  readonly lines?: number;
}

/** An image of reals, transformed in both directions. */
export interface FftImage extends FftOptions {
  readonly rows: number;
  readonly columns: number;
}

/** Half a spectrum: bins 0 to length / 2 (rounded down) of every line or row, split into real and imaginary parts. */
export interface HalfSpectrum {
  readonly re: Float32Array;
  readonly im: Float32Array;
}

const LINE_KEYS = ['length', 'lines', 'threads', 'isa'];
const IMAGE_KEYS = ['rows', 'columns', 'threads', 'isa'];

function shapeOf(request: FftLines | FftImage): FftShape {
  const isImage = typeof request === 'object' && request !== null && ('rows' in request || 'columns' in request);
  requireKnownKeys('transform', request, isImage ? IMAGE_KEYS : LINE_KEYS);
  const threads = requireOneOf('threads', request.threads ?? 1, [1, 2, 3] as const);
  const image = request as FftImage;
  const lines = request as FftLines;
  const shape: FftShape = isImage
    ? {
        kind: 'image',
        rows: requireInteger('rows', image.rows, 1, MAX_FFT_LENGTH),
        columns: requireInteger('columns', image.columns, 1, MAX_FFT_LENGTH),
        threads,
      }
    : {
        kind: 'lines',
        rows: requireInteger('lines', lines.lines ?? 1, 1, MAX_VALUES),
        columns: requireInteger('length', lines.length, 1, MAX_FFT_LENGTH),
        threads,
      };
  if (shape.rows * shape.columns > MAX_VALUES) {
    throw new ArgumentError(
      `A transform of ${shape.rows} x ${shape.columns} values is too large; at most ${MAX_VALUES} fit`,
    );
  }
  return shape;
}

/** An array that native code may use on another thread: of this length, in memory that cannot move or shrink. */
function requireFloats(name: string, value: unknown, length: number): Float32Array {
  if (!(value instanceof Float32Array) || value.length !== length) {
    throw expected(
      `Float32Array of ${length} values`,
      value instanceof Float32Array ? `${name} of ${value.length} values` : name,
      value,
    );
  }
  const { buffer } = value as { buffer: ArrayBufferLike & { resizable?: boolean } };
  if (!(buffer instanceof ArrayBuffer) || buffer.resizable === true) {
    throw new ArgumentError(`Expected ${name} on an ArrayBuffer that is neither shared nor resizable`);
  }
  return value;
}

function requireApart(arrays: Readonly<Record<string, Float32Array>>): void {
  const entries = Object.entries(arrays);
  entries.forEach(([name, a], index) => {
    const clash = entries
      .slice(index + 1)
      .find(
        ([, b]) =>
          a.buffer === b.buffer &&
          a.byteOffset < b.byteOffset + b.byteLength &&
          b.byteOffset < a.byteOffset + a.byteLength,
      );
    if (clash) throw new ArgumentError(`${name} and ${clash[0]} overlap in memory; give each its own`);
  });
}

/**
 * Real transforms of one shape, with tables, memory and threads of its own. numpy's convention: `forward` does not scale,
 * `inverse` divides by the number of values of a line or image, and ignores the imaginary parts that a real signal cannot
 * have. One call at a time. While a call is under way its arrays must be neither changed nor transferred.
 */
export class FftPlan implements Disposable {
  /** Values of a line or row, and bins of its half spectrum. */
  readonly length: number;
  readonly bins: number;
  /** Lines, or rows of the image. */
  readonly lines: number;
  readonly isImage: boolean;
  readonly isa: string;
  readonly threads: 1 | 2 | 3;
  /** What the plan maps: tables, and the spectrum of an image. */
  readonly bytes: number;
  #native: NativeFft | undefined;
  #isBusy = false;
  readonly #giveBack: (native: NativeFft) => void;

  /** By {@link Fft.plan}. */
  constructor(shape: FftShape, isa: string, bytes: number, native: NativeFft, giveBack: (native: NativeFft) => void) {
    this.length = shape.columns;
    this.bins = Math.floor(shape.columns / 2) + 1;
    this.lines = shape.rows;
    this.isImage = shape.kind === 'image';
    this.isa = isa;
    this.threads = shape.threads;
    this.bytes = bytes;
    this.#native = native;
    this.#giveBack = giveBack;
  }

  /** lines x length values to lines x bins, off the event loop; into `out` where given. */
  async forward(values: Float32Array, out: HalfSpectrum = this.#createSpectrum()): Promise<HalfSpectrum> {
    const { re, im } = this.#check(values, out);
    await this.#run((native) => native.forward(values, re, im));
    return out;
  }

  /** lines x bins to lines x length values, off the event loop; into `out` where given. */
  async inverse(spectrum: HalfSpectrum, out: Float32Array = this.#createValues()): Promise<Float32Array> {
    const { re, im } = this.#check(out, spectrum);
    await this.#run((native) => native.inverse(re, im, out));
    return out;
  }

  /** {@link forward} on the calling thread: for short lines, which end sooner than a promise resolves. */
  forwardSync(values: Float32Array, out: HalfSpectrum = this.#createSpectrum()): HalfSpectrum {
    const { re, im } = this.#check(values, out);
    this.#idleNative().forwardSync(values, re, im);
    return out;
  }

  /** {@link inverse} on the calling thread. */
  inverseSync(spectrum: HalfSpectrum, out: Float32Array = this.#createValues()): Float32Array {
    const { re, im } = this.#check(out, spectrum);
    this.#idleNative().inverseSync(re, im, out);
    return out;
  }

  /** Gives tables and memory back to the cache, after the call under way. Idempotent. */
  dispose(): void {
    const native = this.#native;
    this.#native = undefined;
    if (native !== undefined && !this.#isBusy) this.#giveBack(native);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #createValues(): Float32Array {
    return new Float32Array(this.lines * this.length);
  }

  #createSpectrum(): HalfSpectrum {
    return { re: new Float32Array(this.lines * this.bins), im: new Float32Array(this.lines * this.bins) };
  }

  #check(values: Float32Array, spectrum: HalfSpectrum): HalfSpectrum {
    if (typeof spectrum !== 'object' || spectrum === null) throw expected('object of re and im', 'spectrum', spectrum);
    const { re, im } = spectrum;
    requireFloats('values', values, this.lines * this.length);
    requireFloats('re', re, this.lines * this.bins);
    requireFloats('im', im, this.lines * this.bins);
    requireApart({ values, re, im });
    return { re, im };
  }

  #idleNative(): NativeFft {
    if (this.#native === undefined) throw new StateError('The transform was disposed');
    if (this.#isBusy)
      throw new StateError('The transform is still busy with another call; wait for it, or make a second plan');
    return this.#native;
  }

  async #run(work: (native: NativeFft) => Promise<void>): Promise<void> {
    const native = this.#idleNative();
    this.#isBusy = true;
    try {
      await work(native);
    } finally {
      this.#isBusy = false;
      if (this.#native === undefined) this.#giveBack(native);
    }
  }
}

/** Makes plans of real Fourier transforms, float32; see docs/fft.md. */
export class Fft {
  /** Tables and memory of disposed plans, for the next plan of the same shape; `limitBytes` bounds it. */
  readonly cache = new FftCache();

  /** A plan for lines (`{ length, lines? }`) or an image (`{ rows, columns }`). */
  async plan(request: FftLines | FftImage): Promise<FftPlan> {
    const shape = shapeOf(request);
    const binding = loadBinding();
    const isa = chooseIsa(binding, request.isa === undefined ? undefined : requireString('isa', request.isa));
    const bytes = binding.planFft(shape);
    const key = JSON.stringify([shape, isa]);
    try {
      const native = this.cache.take(key) ?? (await binding.createFft(shape, isa));
      return new FftPlan(shape, isa, bytes, native, (idle) => this.cache.give(key, bytes, idle));
    } catch (error) {
      throw translateNativeError(error);
    }
  }

  /** What a plan would map, in bytes, without making it. */
  planBytes(request: FftLines | FftImage): number {
    return loadBinding().planFft(shapeOf(request));
  }

  /** The side, at least n, that is cheapest to transform: no prime factor above 7, a multiple of 16 beyond 16. */
  goodSize(n: number): number {
    return loadBinding().goodFftSize(requireInteger('n', n, 1, MAX_FFT_LENGTH));
  }
}

/** One per thread of Node. */
export const fft = new Fft();
