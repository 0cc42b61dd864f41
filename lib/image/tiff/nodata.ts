import type { Directory } from './directory.js';
import type { SampleType } from './samples.js';
import { TAG } from './tags.js';

/** Smallest and largest value of a type of integers. */
const RANGES: Partial<Record<SampleType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65_535],
  packed: [0, 65_535],
  int16: [-32_768, 32_767],
};
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** What GDAL_NODATA says. */
export interface Nodata {
  /** The value that stands for a missing sample; null: none does. */
  readonly value: number | null;
  /** Why a text that is there says nothing; null: it says something, or is not there. */
  readonly problem: string | null;
}

/** Longer texts are no numbers. */
const MOST_TEXT_BYTES = 1000;

/** The text of GDAL_NODATA; null: there is none. */
export async function readNodataText(directory: Directory): Promise<string | null> {
  const tag = TAG.gdalNodata;
  const field = directory.sizeOf(tag) <= MOST_TEXT_BYTES ? await directory.field(tag) : null;
  return field?.data.toString('latin1') ?? null;
}

/** The value of missing samples, from the text of GDAL_NODATA, which a sample of that type must be able to have. */
export function parseNodata(text: string | null, type: SampleType): Nodata {
  if (text === null) return { value: null, problem: null };
  const word = text.replace(/\0[\s\S]*$/, '').trim();
  const value = toNumber(word);
  if (value === null) return ignored(word, 'is no number');
  const range = RANGES[type];
  if (!range) return floatNodata(value, word);
  if (Number.isInteger(value) && value >= range[0] && value <= range[1]) return { value: value + 0, problem: null };
  return ignored(word, `is none of samples of ${Math.log2(range[1] - range[0] + 1)} bits`);
}

/** Writers round the largest float to few digits, such as -3.40282e+38. */
const NEARLY_LARGEST = 3.4028e38;
const LARGEST_FLOAT = 2 ** 128 - 2 ** 104;

/** What a 32-bit float makes of the value. */
function floatNodata(value: number, word: string): Nodata {
  const size = Math.abs(value);
  if (size >= NEARLY_LARGEST && size < 2 ** 128) return { value: Math.sign(value) * LARGEST_FLOAT, problem: null };
  if (size >= 2 ** 128 && size < Infinity) return ignored(word, 'is none of floats of 32 bits');
  return { value: Math.fround(value) + 0, problem: null };
}

function ignored(word: string, reason: string): Nodata {
  const problem = `its nodata value '${word.slice(0, 40)}' ${reason}: all samples are taken as measured`;
  return { value: null, problem };
}

function toNumber(word: string): number | null {
  if (NUMBER.test(word)) return Number(word);
  if (/^[+-]?nan(\(\w*\))?$/i.test(word)) return NaN;
  const infinite = /^([+-]?)(inf|infinity|1\.#inf)$/i.exec(word);
  return infinite ? (infinite[1] === '-' ? -Infinity : Infinity) : null;
}
