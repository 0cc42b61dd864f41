import { StateError } from '../runtime/errors.js';
import type { FftShape, NativeFft, NativeTicket } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';
import { fftCache } from './fft-cache.js';
import type { FftKey } from './fft-cache.js';

/** A native transform in use, by one call at a time. Disposed of, it goes back to the cache. */
export class FftHandle implements Disposable {
  readonly shape: FftShape;
  readonly isa: string;
  /** What it maps: tables, and the spectrum of an image. */
  readonly bytes: number;
  readonly #key: FftKey;
  #native: NativeFft | undefined;
  #isBusy = false;

  private constructor(key: FftKey, bytes: number, native: NativeFft) {
    this.shape = key.shape;
    this.isa = key.isa;
    this.bytes = bytes;
    this.#key = key;
    this.#native = native;
  }

  /** One from the cache, or a new one. Rejects as the scope's calls do. */
  static async open(scope: Scope, shape: FftShape): Promise<FftHandle> {
    const { binding, isa } = scope;
    const key = { binding, isa, shape };
    const create = (): Promise<NativeFft> => scope.call((addon, ticket) => addon.createFft(shape, isa, ticket), 1);
    return new FftHandle(key, binding.planFft(shape), fftCache.take(key) ?? (await create()));
  }

  /** Whether a call is under way. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Throws StateError while another call is under way, or after `dispose`. */
  requireIdle(): NativeFft {
    if (this.#native === undefined) throw new StateError('The transform was disposed');
    if (this.#isBusy) {
      throw new StateError('The transform is still busy with another call; wait for it, or make a second plan');
    }
    return this.#native;
  }

  /** Does something with the transform, which is busy until then. */
  async whileBusy<T>(work: (native: NativeFft) => Promise<T>): Promise<T> {
    const native = this.requireIdle();
    this.#isBusy = true;
    try {
      return await work(native);
    } finally {
      this.#isBusy = false;
      if (this.#native === undefined) fftCache.give(this.#key, this.bytes, native);
    }
  }

  /** Makes one native call. */
  call(scope: Scope, work: (native: NativeFft, ticket: NativeTicket) => Promise<void>): Promise<void> {
    return this.whileBusy((native) => scope.call((_, ticket) => work(native, ticket), this.shape.threads));
  }

  /** Gives the transform back, after the call under way. Idempotent. */
  dispose(): void {
    const native = this.#native;
    this.#native = undefined;
    if (native !== undefined && !this.#isBusy) fftCache.give(this.#key, this.bytes, native);
  }

  /** The same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
