import { ImageError } from '../runtime/errors.js';

/** A weight that is stored as an integer of 64 bits. Throws ImageError beyond 2^53, where it would be rounded. */
export function wholeNumber(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new ImageError(
    'IMAGE_UNSUPPORTED',
    `it holds the weight ${value}, and integers beyond 2^53 are not exact; divide by the sum and save floats`,
  );
}
