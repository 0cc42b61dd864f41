import { copyBytes } from '../image/own-bytes.js';
import { ledger } from '../runtime/ledger.js';
import type { Lease } from '../runtime/ledger.js';
import type { FftShape, NativeFft } from '../runtime/native/binding.js';
import { Runtime } from '../runtime/runtime.js';
import type { RuntimeChoice } from '../runtime/runtime.js';
import { Scope } from '../runtime/scope.js';
import { expected, requireInteger } from '../runtime/validate.js';
import { requireApart, requireFloats } from './arrays.js';
import { fftCache } from './fft-cache.js';
import { FftHandle } from './fft-handle.js';
import { MAX_FFT_LENGTH, checkRequest } from './shape.js';
import type { FftRequest, HalfSpectrum } from './shape.js';

/** What a call of a transform may be told. */
export interface TransformOptions {
  /** Ends the call: its promise rejects with the signal's reason. The arrays may then hold anything. */
  readonly signal?: AbortSignal;
}

/** Arrays of a plan's own: what a caller may transfer or write to while a call runs is none of the addon's business. */
interface Staging extends HalfSpectrum {
  readonly values: Float32Array;
}

/**
 * Real transforms of one shape, with tables and memory of their own. numpy's convention: `forward` does not scale,
 * `inverse` divides by the number of values of a line or image, and ignores the imaginary parts that a real signal
 * cannot have. One call at a time. Made by {@link Fft.plan}.
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
  /** What the plan maps: tables, and the spectrum of an image. Calls take copies of their arrays besides. */
  readonly bytes: number;
  readonly #runtime: Runtime;
  readonly #handle: FftHandle;
  readonly #held: Lease;
  #staging: Staging | null = null;

  /** By {@link Fft.plan}. @internal */
  constructor(runtime: Runtime, handle: FftHandle) {
    const { shape, isa, bytes } = handle;
    this.length = shape.columns;
    this.bins = Math.floor(shape.columns / 2) + 1;
    this.lines = shape.rows;
    this.isImage = shape.kind === 'image';
    this.isa = isa;
    this.threads = shape.threads;
    this.bytes = bytes;
    this.#runtime = runtime;
    this.#handle = handle;
    this.#held = ledger.hold(plannedBytes(shape, bytes), this);
  }

  /**
   * lines x length values to lines x bins, off the event loop; into `out` where given. Rejects with ArgumentError,
   * StateError, NativeError, or the reason of `signal`.
   */
  async forward(
    values: Float32Array,
    out: HalfSpectrum = this.#createSpectrum(),
    options: TransformOptions = {},
  ): Promise<HalfSpectrum> {
    const { re, im } = this.#check(values, out);
    await this.#run(options, async (native, own, scope) => {
      const { signal } = scope;
      await copyBytes(values, own.values, 'values', signal);
      await scope.call((_, ticket) => native.forward(own.values, own.re, own.im, ticket));
      await copyBytes(own.re, re, 're', signal);
      await copyBytes(own.im, im, 'im', signal);
    });
    return out;
  }

  /** lines x bins to lines x length values, off the event loop; into `out` where given. Rejects as `forward`. */
  async inverse(
    spectrum: HalfSpectrum,
    out: Float32Array = this.#createValues(),
    options: TransformOptions = {},
  ): Promise<Float32Array> {
    const { re, im } = this.#check(out, spectrum);
    await this.#run(options, async (native, own, scope) => {
      const { signal } = scope;
      await copyBytes(re, own.re, 're', signal);
      await copyBytes(im, own.im, 'im', signal);
      await scope.call((_, ticket) => native.inverse(own.re, own.im, own.values, ticket));
      await copyBytes(own.values, out, 'values', signal);
    });
    return out;
  }

  /** {@link forward} on the calling thread: for short lines, which end sooner than a promise resolves. */
  forwardSync(values: Float32Array, out: HalfSpectrum = this.#createSpectrum()): HalfSpectrum {
    const { re, im } = this.#check(values, out);
    this.#handle.requireIdle().forwardSync(values, re, im);
    return out;
  }

  /** {@link inverse} on the calling thread. */
  inverseSync(spectrum: HalfSpectrum, out: Float32Array = this.#createValues()): Float32Array {
    const { re, im } = this.#check(out, spectrum);
    this.#handle.requireIdle().inverseSync(re, im, out);
    return out;
  }

  /** Gives tables and memory back to the cache, after the call under way. Idempotent. */
  dispose(): void {
    this.#staging = null;
    this.#held.release();
    this.#handle.dispose();
  }

  /** The same as `dispose`, for `using`. */
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

  async #run(
    options: TransformOptions,
    work: (native: NativeFft, own: Staging, scope: Scope) => Promise<void>,
  ): Promise<void> {
    using scope = new Scope(this.#runtime, options);
    await this.#handle.whileBusy((native) => {
      this.#staging ??= { values: this.#createValues(), ...this.#createSpectrum() };
      return work(native, this.#staging, scope);
    });
  }
}

/** What a plan takes in all: what it maps, and its copies of values and spectrum. */
function plannedBytes({ rows, columns }: FftShape, mappedBytes: number): number {
  return mappedBytes + 4 * rows * (columns + 2 * (Math.floor(columns / 2) + 1));
}

/** Makes plans of real Fourier transforms, float32; see docs/fft.md. */
export class Fft {
  /** Tables and memory of disposed plans, for the next plan of the same shape; `limitBytes` bounds it. */
  readonly cache = fftCache;

  /**
   * A plan for lines (`{ length, lines? }`) or an image (`{ rows, columns }`). Its memory counts until it is disposed
   * of. Rejects with ArgumentError, IsaError, BudgetError or NativeError.
   */
  async plan(request: FftRequest): Promise<FftPlan> {
    const [runtime, shape] = shapeOf(request);
    using scope = new Scope(runtime);
    const bytes = plannedBytes(shape, scope.binding.planFft(shape));
    const { budgetBytes } = runtime;
    const purpose = `A transform of ${shape.rows} x ${shape.columns} values`;
    using _room = await ledger.reserve({ bytes, budgetBytes, purpose }, scope.signal);
    return new FftPlan(runtime, await FftHandle.open(scope, shape));
  }

  /** What a plan would map, in bytes, without making it. Throws as `plan` rejects. */
  planBytes(request: FftRequest): number {
    const [{ binding }, shape] = shapeOf(request);
    return binding.planFft(shape);
  }

  /**
   * The side, at least n, that is cheapest to transform: no prime factor above 7, a multiple of 16 beyond 16.
   * @param n 1 to 4194304. Throws ArgumentError
   */
  goodSize(n: number, choice: RuntimeChoice = {}): number {
    return Runtime.of(choice).binding.goodFftSize(requireInteger('n', n, 1, MAX_FFT_LENGTH));
  }
}

function shapeOf(request: FftRequest): readonly [Runtime, FftShape] {
  const shape = checkRequest(request);
  const runtime = Runtime.of(request);
  return [runtime, { ...shape, threads: runtime.threads }];
}

/** One per thread of Node. */
export const fft = new Fft();
