import { ArgumentError } from '../../runtime/errors.js';
import type { TableStar } from '../sky/star-table.js';

/** A catalogue as somebody else has written it. */
export interface CatalogueSource {
  /** What stands before the numbers of its stars. */
  readonly name: string;
  /** Julian year of its places. */
  readonly epochYear: number;
  /** Star by star; a magnitude that is NaN is unknown. Throws ArgumentError that names the line or star. */
  readonly stars: Iterable<TableStar>;
  readonly warnings: readonly string[];
}

/** The lines of a text that are not empty, numbered from 1, without a copy of the whole. */
export function* linesOf(bytes: Buffer): Generator<{ readonly text: string; readonly line: number }> {
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    const text = bytes.toString('utf8', start, end).replace(/\r$/, '');
    line += 1;
    start = end + 1;
    if (text.trim() !== '') yield { text, line };
  }
}

/** A number within limits. Throws ArgumentError that says where it stands. */
export function requireField(
  text: string,
  what: string,
  where: string,
  [low, high]: readonly [number, number],
): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= low && value <= high) return value;
  throw new ArgumentError(`${where} has '${text.trim()}' for ${what}: a number from ${low} to ${high} is needed`);
}

/** The same where it may be missing. */
export function optionalField(
  text: string | undefined,
  what: string,
  where: string,
  range: readonly [number, number],
): number | null {
  return text === undefined || text.trim() === '' ? null : requireField(text, what, where, range);
}

export const RA_DEGREES = [-360, 360] as const;
export const DEC_DEGREES = [-90, 90] as const;
export const MAGNITUDES = [-30, 30] as const;
/** Far above any star's. */
export const MAS_PER_YEAR = [-1e6, 1e6] as const;
