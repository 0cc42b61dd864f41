import type { FftShape } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';
import { FftHandle } from './fft-handle.js';
import type { HalfSpectrum } from './shape.js';

/**
 * Real transforms as parts of an operation, without copies: nobody else may hold the arrays, and they must have the
 * right lengths. The memory is the operation's. numpy's convention, as {@link FftPlan}. One call at a time.
 */
export class Transform implements Disposable {
  /** Values of a line or row, and bins of its half spectrum. */
  readonly length: number;
  readonly bins: number;
  /** Lines, or rows of the image. */
  readonly lines: number;
  readonly #scope: Scope;
  readonly #handle: FftHandle;

  private constructor(scope: Scope, handle: FftHandle) {
    const { rows, columns } = handle.shape;
    this.length = columns;
    this.bins = Math.floor(columns / 2) + 1;
    this.lines = rows;
    this.#scope = scope;
    this.#handle = handle;
  }

  /** Rejects with NativeError, or with the reason of the scope's signal. */
  static async open(scope: Scope, shape: FftShape): Promise<Transform> {
    return new Transform(scope, await FftHandle.open(scope, shape));
  }

  /** lines x length values to lines x bins; into `out` where given. */
  async forward(values: Float32Array, out: HalfSpectrum = this.#createSpectrum()): Promise<HalfSpectrum> {
    await this.#handle.call(this.#scope, (native, ticket) => native.forward(values, out.re, out.im, ticket));
    return out;
  }

  /** lines x bins to lines x length values; into `out` where given. */
  async inverse({ re, im }: HalfSpectrum, out = new Float32Array(this.lines * this.length)): Promise<Float32Array> {
    await this.#handle.call(this.#scope, (native, ticket) => native.inverse(re, im, out, ticket));
    return out;
  }

  /** {@link forward} on the calling thread: for short lines, which end sooner than a promise resolves. */
  forwardSync(values: Float32Array, out: HalfSpectrum = this.#createSpectrum()): HalfSpectrum {
    this.#handle.requireIdle().forwardSync(values, out.re, out.im);
    return out;
  }

  /** {@link inverse} on the calling thread. */
  inverseSync({ re, im }: HalfSpectrum, out = new Float32Array(this.lines * this.length)): Float32Array {
    this.#handle.requireIdle().inverseSync(re, im, out);
    return out;
  }

  dispose(): void {
    this.#handle.dispose();
  }

  /** The same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #createSpectrum(): HalfSpectrum {
    return { re: new Float32Array(this.lines * this.bins), im: new Float32Array(this.lines * this.bins) };
  }
}
