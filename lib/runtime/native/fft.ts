/** The transforms of the native addon. */

import type { NativeTicket } from './runtime.js';

/** Real transforms of an image in both directions, or of lines that have nothing to do with each other. */
export interface FftShape {
  readonly kind: 'image' | 'lines';
  /** Rows of the image, or lines. */
  readonly rows: number;
  /** Values of a row or line, at most 2^22; any number works. */
  readonly columns: number;
  readonly threads: 1 | 2 | 3;
}

/**
 * Values are rows x columns, spectra rows x (columns / 2 + 1), without gaps; nothing may overlap. `forward` is not
 * scaled, `inverse` by the number of values of a line or image. Not reentrant: one call in flight, else code STATE.
 */
export interface NativeFft {
  forward(values: Float32Array, re: Float32Array, im: Float32Array, ticket: NativeTicket): Promise<void>;
  inverse(re: Float32Array, im: Float32Array, values: Float32Array, ticket: NativeTicket): Promise<void>;
  /** On the calling thread. */
  forwardSync(values: Float32Array, re: Float32Array, im: Float32Array): void;
  inverseSync(re: Float32Array, im: Float32Array, values: Float32Array): void;
  /** Unmaps its memory, after the call in flight. Idempotent. */
  dispose(): void;
}

/** The part of the addon that transforms. `isa` is a name of `isas()`. */
export interface FftBinding {
  /** Exactly what `createFft` maps, in bytes. */
  planFft(shape: FftShape): number;
  /** Rejects with OUT_OF_MEMORY or ISA_UNAVAILABLE. */
  createFft(shape: FftShape, isa: string, ticket: NativeTicket): Promise<NativeFft>;
  /** The cheapest good size >= n, 1 <= n <= 2^22. */
  goodFftSize(n: number): number;
}

export const FFT_FUNCTIONS = ['planFft', 'createFft', 'goodFftSize'] as const satisfies readonly (keyof FftBinding)[];
