import { ledger } from '../runtime/ledger.js';
import type { Kept } from '../runtime/ledger.js';
import type { Binding, FftShape, NativeFft } from '../runtime/native/binding.js';
import { expected } from '../runtime/validate.js';

/** What idle transforms may keep unless {@link FftCache.limitBytes} says otherwise: 64 MB. */
const DEFAULT_LIMIT_BYTES = 64e6;

/** What a native transform was made for. */
export interface FftKey {
  readonly binding: Binding;
  readonly isa: string;
  readonly shape: FftShape;
}

interface IdleFft {
  readonly binding: Binding;
  readonly key: string;
  readonly native: NativeFft;
  readonly kept: Kept;
}

const nameOf = ({ isa, shape }: FftKey): string => JSON.stringify([shape, isa]);

/**
 * Transforms that nobody uses now, ready for the next plan of the same shape. The longest idle are freed first: above
 * the limit, and when other work needs their memory.
 */
export class FftCache {
  readonly #idle = new Set<IdleFft>();
  #limitBytes = DEFAULT_LIMIT_BYTES;

  /** Mapped bytes of all idle transforms. */
  get bytes(): number {
    let sum = 0;
    for (const { kept } of this.#idle) sum += kept.bytes;
    return sum;
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

  /** @internal */
  take(key: FftKey): NativeFft | undefined {
    const name = nameOf(key);
    const found = [...this.#idle].findLast((idle) => idle.key === name && idle.binding === key.binding);
    if (!found) return undefined;
    this.#idle.delete(found);
    ledger.drop(found.kept);
    return found.native;
  }

  /** @internal */
  give(key: FftKey, bytes: number, native: NativeFft): void {
    const kept = { bytes, free: () => this.#free(idle) };
    const idle = { binding: key.binding, key: nameOf(key), native, kept };
    this.#idle.add(idle);
    ledger.keep(kept);
    this.#trim();
  }

  #trim(): void {
    for (const idle of this.#idle) {
      if (this.bytes <= this.#limitBytes) return;
      ledger.drop(idle.kept);
      this.#free(idle);
    }
  }

  #free(idle: IdleFft): void {
    this.#idle.delete(idle);
    idle.native.dispose();
  }
}

/** The one of this thread of Node. */
export const fftCache = new FftCache();
