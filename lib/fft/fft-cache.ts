import type { NativeFft } from '../runtime/native/binding.js';
import { expected } from '../runtime/validate.js';

/** What idle transforms may keep unless {@link FftCache.limitBytes} says otherwise: 64 MB. */
export const DEFAULT_FFT_CACHE_BYTES = 64e6;

interface IdleFft {
  readonly key: string;
  readonly bytes: number;
  readonly native: NativeFft;
}

/** Transforms that nobody uses now, ready for the next plan of the same key; the longest idle go first. */
export class FftCache {
  #idle: IdleFft[] = [];
  #limitBytes = DEFAULT_FFT_CACHE_BYTES;

  /** Mapped bytes of all idle transforms. */
  get bytes(): number {
    return this.#idle.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Any number >= 0, also Infinity; frees at once what no longer fits. */
  set limitBytes(limit: number) {
    if (typeof limit !== 'number' || !(limit >= 0)) throw expected('number >= 0', 'limitBytes', limit);
    this.#limitBytes = limit;
    this.#trim();
  }

  take(key: string): NativeFft | undefined {
    const index = this.#idle.findLastIndex((one) => one.key === key);
    return index < 0 ? undefined : this.#idle.splice(index, 1)[0]!.native;
  }

  give(key: string, bytes: number, native: NativeFft): void {
    this.#idle.push({ key, bytes, native });
    this.#trim();
  }

  #trim(): void {
    while (this.bytes > this.#limitBytes) this.#idle.shift()!.native.dispose();
  }
}
