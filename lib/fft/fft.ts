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

/** Arrays of a plan's own, to which those of callers are copied: a caller may transfer them while a call runs. */
interface Staging {
  values?: Float32Array;
  re?: Float32Array;
  im?: Float32Array;
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
  /** Arrays that nobody can take away while a call runs. */
  readonly #pinned = new WeakSet<Float32Array>();
  #staging: Staging = {};
  #isDisposed = false;

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
    out: HalfSpectrum = this.#newSpectrum(),
    options: TransformOptions = {},
  ): Promise<HalfSpectrum> {
    const { re, im } = this.#check(values, out);
    await this.#run(options, async (native, scope) => {
      const own = { values: this.#ownOf('values', values), re: this.#ownOf('re', re), im: this.#ownOf('im', im) };
      await copyUnlessSame(values, own.values, 'values', scope.signal);
      await scope.call((_, ticket) => native.forward(own.values, own.re, own.im, ticket));
      await copyUnlessSame(own.re, re, 're', scope.signal);
      await copyUnlessSame(own.im, im, 'im', scope.signal);
    });
    this.#handOver(re);
    this.#handOver(im);
    return out;
  }

  /** lines x bins to lines x length values, off the event loop; into `out` where given. Rejects as `forward`. */
  async inverse(
    spectrum: HalfSpectrum,
    out: Float32Array = this.#newValues(),
    options: TransformOptions = {},
  ): Promise<Float32Array> {
    const { re, im } = this.#check(out, spectrum);
    await this.#run(options, async (native, scope) => {
      const own = { values: this.#ownOf('values', out), re: this.#ownOf('re', re), im: this.#ownOf('im', im) };
      await copyUnlessSame(re, own.re, 're', scope.signal);
      await copyUnlessSame(im, own.im, 'im', scope.signal);
      await scope.call((_, ticket) => native.inverse(own.re, own.im, own.values, ticket));
      await copyUnlessSame(own.values, out, 'values', scope.signal);
    });
    this.#handOver(out);
    return out;
  }

  /** {@link forward} on the calling thread: for short lines, which end sooner than a promise resolves. */
  forwardSync(values: Float32Array, out: HalfSpectrum = this.#newSpectrum()): HalfSpectrum {
    const { re, im } = this.#check(values, out);
    this.#handle.requireIdle().forwardSync(values, re, im);
    this.#handOver(re);
    this.#handOver(im);
    return out;
  }

  /** {@link inverse} on the calling thread. */
  inverseSync(spectrum: HalfSpectrum, out: Float32Array = this.#newValues()): Float32Array {
    const { re, im } = this.#check(out, spectrum);
    this.#handle.requireIdle().inverseSync(re, im, out);
    this.#handOver(out);
    return out;
  }

  /** Gives tables and memory back to the cache, after the call under way. Idempotent. */
  dispose(): void {
    this.#isDisposed = true;
    this.#handle.dispose();
    if (!this.#handle.isBusy) this.#release();
  }

  #release(): void {
    this.#staging = {};
    this.#held.release();
  }

  /** The same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * lines x length zeros, for `forward` and `inverse` to work on in place. Their memory is shared memory, which nobody
   * can transfer or shrink during a call; values of other arrays are copied, which takes longer than the transform.
   */
  createValues(): Float32Array {
    return this.#share(this.length);
  }

  /** lines x bins zeros of a spectrum, to be worked on in place as those of `createValues`. */
  createSpectrum(): HalfSpectrum {
    return { re: this.#share(this.bins), im: this.#share(this.bins) };
  }

  #share(columns: number): Float32Array {
    return this.#pin(new Float32Array(new SharedArrayBuffer(4 * this.lines * columns)));
  }

  #pin(array: Float32Array): Float32Array {
    this.#pinned.add(array);
    return array;
  }

  /** Results of a call that was given no arrays for them: nobody else has them before the call has ended. */
  #newValues(): Float32Array {
    return this.#pin(new Float32Array(this.lines * this.length));
  }

  #newSpectrum(): HalfSpectrum {
    const count = this.lines * this.bins;
    return { re: this.#pin(new Float32Array(count)), im: this.#pin(new Float32Array(count)) };
  }

  /** The caller gets a result: unless its memory is shared, it may be taken away from now on. */
  #handOver(array: Float32Array): void {
    if (array.buffer instanceof ArrayBuffer) this.#pinned.delete(array);
  }

  /** The array itself where this plan has made it, else one of the plan's own to copy it to. */
  #ownOf(name: keyof Staging, array: Float32Array): Float32Array {
    if (this.#pinned.has(array)) return array;
    const own = this.#staging[name] ?? new Float32Array(array.length);
    this.#staging[name] = own;
    return own;
  }

  #check(values: Float32Array, spectrum: HalfSpectrum): HalfSpectrum {
    if (typeof spectrum !== 'object' || spectrum === null) throw expected('object of re and im', 'spectrum', spectrum);
    const { re, im } = spectrum;
    for (const [name, array, columns] of [
      ['values', values, this.length],
      ['re', re, this.bins],
      ['im', im, this.bins],
    ] as const) {
      requireFloats(name, array, this.lines * columns, this.#pinned.has(array));
    }
    requireApart({ values, re, im });
    return { re, im };
  }

  async #run(options: TransformOptions, work: (native: NativeFft, scope: Scope) => Promise<void>): Promise<void> {
    using scope = new Scope(this.#runtime, options);
    try {
      await this.#handle.whileBusy((native) => work(native, scope));
    } finally {
      if (this.#isDisposed && !this.#handle.isBusy) this.#release();
    }
  }
}

async function copyUnlessSame(
  source: Float32Array,
  target: Float32Array,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  if (source !== target) await copyBytes(source, target, name, signal);
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
