import { ledger } from './ledger.js';
import type { Kept } from './ledger.js';

/** An object of the addon that has mapped memory. */
export interface NativeMemory {
  readonly mappedBytes: number;
  dispose(): void;
}

/**
 * The native object that was used last, so that frames of one size map memory once. Between operations the ledger
 * counts its memory as kept: it is freed when other work needs it.
 */
export class AtHand<Shape, Native extends NativeMemory> {
  #last: { readonly key: string; readonly native: Native; kept: Kept | null } | null = null;

  /** Bytes that the object at hand has mapped. */
  get mappedBytes(): number {
    return this.#last?.native.mappedBytes ?? 0;
  }

  /** The object of a shape: the one at hand where it fits, else a new one. Call it under a lease that counts it. */
  take(shape: Shape, make: () => Native): Native {
    const key = JSON.stringify(shape);
    if (this.#last?.key !== key) {
      this.free();
      this.#last = { key, native: make(), kept: null };
    }
    this.#unkeep();
    return this.#last.native;
  }

  /** What is kept for one of these shapes, for a reservation that counts it; null: nothing. */
  keptFor(shapes: readonly (Shape | null)[]): Kept | null {
    const isFit = shapes.some((shape) => JSON.stringify(shape) === this.#last?.key);
    return isFit ? this.#last!.kept : null;
  }

  /** Says that nothing uses the object now: others may have its memory. */
  keep(): void {
    if (!this.#last || this.#last.kept) return;
    this.#last.kept = { bytes: this.mappedBytes, free: () => this.free() };
    ledger.keep(this.#last.kept);
  }

  /** Gives the memory back. Idempotent. */
  free(): void {
    this.#unkeep();
    this.#last?.native.dispose();
    this.#last = null;
  }

  #unkeep(): void {
    if (!this.#last?.kept) return;
    ledger.drop(this.#last.kept);
    this.#last.kept = null;
  }
}
