import { roundToHalf } from '../../math/half.js';
import type { AnyFrameSize } from '../frame.js';
import type { ImageMetadata, TiffField } from '../metadata/image-metadata.js';
import type { Directory } from './directory.js';
import { TYPE_OF_DEPTH } from './samples.js';
import type { SampleType } from './samples.js';
import { PHOTOMETRIC, TAG } from './tags.js';

/** Type of a field: text that ends with a zero. */
const ASCII = 2;

/** Smallest and largest value of a type of integers. */
const RANGES: Partial<Record<SampleType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65_535],
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

/**
 * The value of missing samples, from the text of GDAL_NODATA, which a sample of that type must be able to have.
 * @param bits of a packed sample
 */
export function parseNodata(text: string | null, type: SampleType, bits = 16): Nodata {
  if (text === null) return { value: null, problem: null };
  const word = text.replace(/\0[\s\S]*$/, '').trim();
  const value = numberOf(word);
  if (value === null) return ignored(word, 'is no number');
  const range = type === 'packed' ? ([0, 2 ** bits - 1] as const) : RANGES[type];
  // Writers round it as they round samples: -9999 is no 16-bit float, and is written as -10000.
  if (type === 'float16') return { value: roundToHalf(value) + 0, problem: null };
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

function ignored(text: string, reason: string): Nodata {
  const word = text.replace(/\0[\s\S]*$/, '').slice(0, 40);
  const problem = `its nodata value '${word}' ${reason}: all samples are taken as measured`;
  return { value: null, problem };
}

/** How a picture that libvips decodes is stored. */
export interface DecodedSamples {
  readonly bits: number;
  readonly photometric: number;
}

/**
 * The same where libvips makes bytes of 1, 2 or 4 bits, and turns samples round whose white is 0. Numbers of colours
 * are no samples any more.
 */
export function parseDecodedNodata(text: string | null, { bits, photometric }: DecodedSamples): Nodata {
  if (text !== null && photometric === PHOTOMETRIC.palette) return ignored(text, 'is the number of a colour');
  const found = parseNodata(text, bits === 16 ? 'uint16' : 'uint8');
  if (text === null || found.value === null) return found;
  const [stored, most] = [2 ** bits - 1, bits === 16 ? 65_535 : 255];
  if (found.value > stored) return ignored(text, `is none of samples of ${bits} bits`);
  const value = (found.value * most) / stored;
  return { value: photometric === PHOTOMETRIC.whiteIsZero ? most - value : value, problem: null };
}

/** A number as programs write it, NaN and infinite ones too; null: it is none. */
export function numberOf(word: string): number | null {
  if (NUMBER.test(word)) return Number(word);
  if (/^[+-]?nan(\(\w*\))?$/i.test(word)) return NaN;
  const infinite = /^([+-]?)(inf|infinity|1\.#inf)$/i.exec(word);
  return infinite ? (infinite[1] === '-' ? -Infinity : Infinity) : null;
}

/** The value of missing samples that metadata state; null: none, or none that such samples have, or NaN. */
export function nodataOf({ tiffFields = [] }: ImageMetadata, { depth }: Pick<AnyFrameSize, 'depth'>): number | null {
  const text = tiffFields.find(isNodata)?.data.toString('latin1') ?? null;
  const { value } = parseNodata(text, TYPE_OF_DEPTH[depth]);
  return Number.isNaN(value) ? null : value;
}

/**
 * What is to be said in a file of the value of missing samples: what the reader took for it. What the file itself says
 * stays, unless the options say otherwise.
 * @param given by the options
 */
export function stateNodata(
  metadata: ImageMetadata,
  nodata: number | null,
  given: number | 'none' | undefined,
): ImageMetadata {
  const { tiffFields = [], ...blocks } = metadata;
  if (given === undefined && (nodata === null || tiffFields.some(isNodata))) return metadata;
  const others = tiffFields.filter((field) => !isNodata(field));
  const fields = nodata === null ? others : [...others, nodataField(nodata)].sort((a, b) => a.tag - b.tag);
  return { ...blocks, ...(fields.length > 0 && { tiffFields: fields }) };
}

const isNodata = ({ tag }: TiffField): boolean => tag === TAG.gdalNodata;

function nodataField(value: number): TiffField {
  const data = Buffer.from(`${textOf(value)}\0`, 'latin1');
  return { tag: TAG.gdalNodata, type: ASCII, count: data.length, data };
}

/** Digits that tell all floats of 32 bits. */
const FLOAT_DIGITS = 9;

/** A sample's value as GDAL reads it, in as few digits as tell it from other floats: 0.1 is no 0.10000000149011612. */
function textOf(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  if (Math.abs(value) >= NEARLY_LARGEST) return String(value);
  let digits = 1;
  while (digits < FLOAT_DIGITS && Math.fround(Number(value.toPrecision(digits))) !== Math.fround(value)) digits += 1;
  return String(Number(value.toPrecision(digits)));
}
