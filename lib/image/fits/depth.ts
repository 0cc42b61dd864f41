import { unsupported } from '../codec/inspection.js';
import type { Depth } from '../frame.js';
import { INTEGER_RANGES } from '../integers.js';
import type { IntegerType } from '../integers.js';
import type { StoredType } from '../metadata/image-metadata.js';
import type { FitsChunk } from './chunks.js';
import { toExactValue, isPlain, toValue } from './values.js';
import type { FitsNumbers, FitsValues } from './values.js';

/** What samples a picture becomes. */
export interface FitsSamples {
  readonly depth: Depth | 32;
  /** The sample that stands for a missing one; null: none but NaN of floats. */
  readonly nodata: number | null;
  /** How they are stored, where frames have them as another type. */
  readonly storedType?: StoredType;
}

/** Zero of unsigned numbers of 16 bits, which are stored with a sign (FITS 4.0, table 11). */
const UNSIGNED_ZERO = 32_768;

/**
 * Chooses 8 or 16 bits where all values are such integers, else floats. Rejects with ImageProblem where a float does
 * not tell a number: a double that it rounds, or an integer that cannot be found again from its scaled value.
 * @param chunks all numbers of the picture; they are looked at only where the header does not tell
 */
export async function chooseSamples(values: FitsValues, chunks: AsyncIterable<FitsChunk>): Promise<FitsSamples> {
  const { bitpix, scale, zero, blank } = values;
  if (bitpix === 8 && isPlain(values)) return { depth: 8, nodata: blank !== null && inRange(blank, 8) ? blank : null };
  const isUnsigned = bitpix === 16 && scale === 1 && zero === UNSIGNED_ZERO;
  if (isUnsigned || (bitpix === 16 && isPlain(values) && !(await hasNegative(chunks)))) {
    const nodata = blank === null ? null : blank + zero;
    const isSample = nodata !== null && inRange(nodata, 16);
    return { depth: 16, nodata: isSample ? nodata : null, ...(!isUnsigned && { storedType: 'int16' }) };
  }
  const isExact = (bitpix === -32 || bitpix === 16) && isPlain(values);
  if (!isExact) for await (const { numbers } of chunks) requireExact(numbers, values);
  return chooseFloats(values);
}

/** Bits and zero of integers without scale, as files have them. */
const TYPES: Readonly<Record<string, IntegerType>> = {
  '8:-128': 'int8',
  '16:0': 'int16',
  '32:0': 'int32',
  '32:2147483648': 'uint32',
};

/** Floats, and what the file has in their place. BLANK is a sample like others, where floats tell it. */
function chooseFloats({ bitpix, scale, zero, blank }: FitsValues): FitsSamples {
  if (bitpix === -32) return { depth: 32, nodata: null };
  if (bitpix === -64) return { depth: 32, nodata: null, storedType: 'float64' };
  const type = scale === 1 ? TYPES[`${bitpix}:${zero}`] : undefined;
  if (!type) return { depth: 32, nodata: null, storedType: bitpix === 64 && scale === 1 ? 'int64' : 'scaled' };
  const nodata = blank === null ? null : blank + zero;
  if (nodata === null) return { depth: 32, nodata, storedType: type };
  const [least, most] = INTEGER_RANGES[type];
  const isSample = Math.fround(nodata) === nodata;
  if (nodata < least || nodata > most) return { depth: 32, nodata: null, storedType: type };
  return isSample ? { depth: 32, nodata, storedType: type } : { depth: 32, nodata: null, storedType: 'unblanked' };
}

const inRange = (value: number, depth: Depth): boolean => value >= 0 && value < 2 ** depth;

async function hasNegative(chunks: AsyncIterable<FitsChunk>): Promise<boolean> {
  for await (const { numbers } of chunks)
    for (let index = 0; index < numbers.length; index += 1) if (numbers[index]! < 0) return true;
  return false;
}

function requireExact(numbers: FitsNumbers, values: FitsValues): void {
  const { bitpix, scale, zero, blank } = values;
  for (let index = 0; index < numbers.length; index += 1) {
    const stored = numbers[index]!;
    const value = toValue(stored, values);
    // NaN is missing, and infinite floats are what they are.
    if (Number(stored) === blank || Number.isNaN(value) || isTold(stored, value, values)) continue;
    const named = toExactValue(stored, values) ?? value;
    const scaling = scale === 1 && zero === 0 ? '' : `, BSCALE ${scale} and BZERO ${zero}`;
    throw unsupported(
      `it has BITPIX ${bitpix}${scaling}, and a 32-bit float does not hold its value ${named} exactly`,
      "write it with rounded values, BITPIX -32: data.astype('float32')",
    );
  }
}

/** Whether a float tells the number that was stored. */
function isTold(stored: number | bigint, value: number, { bitpix, scale, zero }: FitsValues): boolean {
  const sample = Math.fround(value);
  const exact = toExactValue(stored, { scale, zero });
  if (exact !== null) return Number.isFinite(sample) && BigInt(sample) === exact;
  const number = Number(stored);
  if (typeof stored === 'bigint' && !Number.isSafeInteger(number)) return false;
  // A scale such as 0.01 gives values that no float of any size holds: what was measured is the integer.
  return sample === value || (bitpix > 0 && Math.round((sample - zero) / scale) === number);
}
