/** The value of a 16-bit float (IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction). */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** Largest finite one. */
const LARGEST_HALF = 65_504;
/** Exponent of the smallest that is not subnormal, and bits of the fraction. */
const [LEAST_EXPONENT, FRACTION_BITS] = [-14, 10];

/** The nearest 16-bit float, of two that are as near the even one; infinite beyond the largest. */
export function roundToHalf(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const exponent = Math.max(LEAST_EXPONENT, Math.floor(Math.log2(Math.abs(value))));
  const step = 2 ** (exponent - FRACTION_BITS);
  const rounded = roundToEven(value / step) * step;
  return Math.abs(rounded) > LARGEST_HALF ? Math.sign(value) * Infinity : rounded;
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
}
