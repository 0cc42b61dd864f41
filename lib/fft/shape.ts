import { ArgumentError } from '../runtime/errors.js';
import type { FftShape } from '../runtime/native/binding.js';
import { RUNTIME_OPTIONS } from '../runtime/runtime.js';
import type { RuntimeChoice } from '../runtime/runtime.js';
import { requireInteger, requireKnownKeys } from '../runtime/validate.js';

/** The longest line that can be transformed. */
export const MAX_FFT_LENGTH = 2 ** 22;
/** The most values of one transform: 1 GiB of them. */
const MAX_VALUES = 2 ** 28;

/** What transforms run on. Any number of threads gives the same bits; instruction sets differ in the last one. */
export interface FftOptions extends RuntimeChoice {
  readonly threads?: 1 | 2 | 3;
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
  /** 1 to 4194304 each, 2^28 values in all at most. */
  readonly rows: number;
  readonly columns: number;
}

/** Half a spectrum: bins 0 to length / 2 (rounded down) of every line or row, split into real and imaginary parts. */
export interface HalfSpectrum {
  readonly re: Float32Array;
  readonly im: Float32Array;
}

/** What a plan is asked for. */
export type FftRequest = FftLines | FftImage;

const isImage = (request: FftRequest): request is FftImage =>
  typeof request === 'object' && request !== null && ('rows' in request || 'columns' in request);

/** Checks a request. Throws ArgumentError. */
export function checkRequest(request: FftRequest): Omit<FftShape, 'threads'> {
  requireKnownKeys('transform', request, [
    ...(isImage(request) ? ['rows', 'columns'] : ['length', 'lines']),
    ...RUNTIME_OPTIONS,
  ]);
  const shape = isImage(request) ? imageShape(request) : lineShape(request);
  if (shape.rows * shape.columns > MAX_VALUES) {
    throw new ArgumentError(
      `A transform of ${shape.rows} x ${shape.columns} values is too large; at most ${MAX_VALUES} fit`,
    );
  }
  return shape;
}

function imageShape({ rows, columns }: FftImage): Omit<FftShape, 'threads'> {
  return {
    kind: 'image',
    rows: requireInteger('rows', rows, 1, MAX_FFT_LENGTH),
    columns: requireInteger('columns', columns, 1, MAX_FFT_LENGTH),
  };
}

function lineShape({ length, lines = 1 }: FftLines): Omit<FftShape, 'threads'> {
  return {
    kind: 'lines',
    rows: requireInteger('lines', lines, 1, MAX_VALUES),
    columns: requireInteger('length', length, 1, MAX_FFT_LENGTH),
  };
}
