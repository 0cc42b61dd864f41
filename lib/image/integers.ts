import type { ImageFormat } from './codec/sharp.js';
import type { AnyFrame, AnyFrameSize } from './frame.js';
import type { ImageMetadata, StoredType } from './metadata/image-metadata.js';
import { nodataOf } from './tiff/nodata.js';

/** Types of integers, the smallest and the largest of each. */
export const INTEGER_RANGES = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
} as const;
export type IntegerType = keyof typeof INTEGER_RANGES;

/** The largest float within a type whose largest integer is none: floats have 24 digits. */
const LARGEST_FLOATS: Readonly<Partial<Record<IntegerType, number>>> = {
  int32: 2 ** 31 - 2 ** 7,
  uint32: 2 ** 32 - 2 ** 8,
};
const FLOAT_DIGITS = 24;

/** Those that files of a format get. */
const WRITTEN: Readonly<Partial<Record<ImageFormat, readonly StoredType[]>>> = {
  tiff: ['int8', 'int16'],
  fits: ['int8', 'int16', 'int32', 'uint32'],
};

/** How samples become the integers of a file. */
export interface IntegerRule {
  readonly type: IntegerType;
  /** The smallest and the largest of them that 32-bit floats hold: a file with others could not be read again. */
  readonly least: number;
  readonly most: number;
  /** Value of missing samples; null: none. */
  readonly nodata: number | null;
}

/**
 * The rule by which a file has integers of another type than the frame's samples; null where it has these. Frames have
 * signed integers as floats, and those of 16 bits of FITS without a negative one as integers of 16 bits.
 */
export function integerRuleOf(
  format: ImageFormat,
  size: Pick<AnyFrameSize, 'depth'>,
  metadata: ImageMetadata,
): IntegerRule | null {
  const { storedType } = metadata;
  const isPositive = format === 'fits' && storedType === 'int16' && size.depth === 16;
  if (!storedType || !WRITTEN[format]?.includes(storedType) || (size.depth !== 32 && !isPositive)) return null;
  const type = storedType as IntegerType;
  const [least, largest] = INTEGER_RANGES[type];
  const most = LARGEST_FLOATS[type] ?? largest;
  const nodata = nodataOf(metadata, size);
  const isOne = nodata !== null && Number.isInteger(nodata) && nodata >= least && nodata <= most;
  return { type, least, most, nodata: isOne ? nodata : null };
}

/**
 * The nearest integer; the next one that is a float where that stands for a missing sample, and the sample does not.
 */
export function toInteger(value: number, { least, most, nodata }: Omit<IntegerRule, 'type'>): number {
  if (value === nodata) return value;
  const nearest = Math.min(most, Math.max(least, Math.round(value)));
  if (nearest !== nodata) return nearest;
  const isAbove = nearest === least || (nearest < most && value > nodata);
  return nearest + (isAbove ? stepAt(nearest) : -stepAt(nearest));
}

/** From an integer that is a float to the next ones. */
function stepAt(integer: number): number {
  return Math.max(1, 2 ** (Math.floor(Math.log2(Math.abs(integer))) + 1 - FLOAT_DIGITS));
}

/** Makes of some samples what reading them back gives, where they are written as such integers. */
export function roundIntegers(data: AnyFrame['data'], rule: IntegerRule): void {
  // No integer is -0.
  for (let index = 0; index < data.length; index += 1) data[index] = toInteger(data[index]!, rule) + 0;
}
