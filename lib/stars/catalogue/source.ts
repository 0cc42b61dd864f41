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

/** No catalogue has longer lines: what has them is no text. */
const MOST_LINE_BYTES = 65_536;

/**
 * The lines of a text that are not empty, numbered from 1, without a copy of the whole. Throws ArgumentError for a line
 * that is too long.
 */
export function* linesOf(
  bytes: Buffer,
  path: string,
): Generator<{ readonly text: string; readonly line: number }, undefined> {
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    line += 1;
    if (end - start > MOST_LINE_BYTES)
      throw new ArgumentError(
        `${path}, line ${line}, has ${end - start} bytes, more than ${MOST_LINE_BYTES}: give a text with a star a line`,
      );
    const text = bytes.toString('utf8', start, end).replace(/\r$/, '');
    start = end + 1;
    if (text.trim() !== '') yield { text, line };
  }
}

/** The first line in the head of a file. */
export const firstLineOf = (head: Buffer): string => linesOf(head, 'The head').next().value?.text ?? '';

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

/** What a table holds, but for motions: stars that are too fast are left out of it. */
const CHECKS = [
  ['number', 'the number', [0, Number.MAX_SAFE_INTEGER]],
  ['raDegrees', 'the right ascension in degrees', RA_DEGREES],
  ['decDegrees', 'the declination in degrees', DEC_DEGREES],
  ['eastMasPerYear', 'the motion to the east in mas a year', MAS_PER_YEAR],
  ['northMasPerYear', 'the motion to the north in mas a year', MAS_PER_YEAR],
  ['magnitude', 'the magnitude', MAGNITUDES],
  ['colour', 'the colour', MAGNITUDES],
] as const satisfies readonly (readonly [keyof TableStar, string, readonly [number, number]])[];

/**
 * A star whose numbers a table can hold; its magnitude may be NaN, unknown. Throws ArgumentError that says where it
 * stands. @param where the file and the line or star
 */
export function checkStar(star: TableStar, where: () => string): TableStar {
  for (const [key, what, [low, high]] of CHECKS) {
    const value = star[key];
    const isWhole = key !== 'number' || Number.isInteger(value);
    const isUnknown = key === 'magnitude' && Number.isNaN(value);
    if (isUnknown || (value >= low && value <= high && isWhole)) continue;
    const kind = key === 'number' ? 'a whole number' : 'a number';
    throw new ArgumentError(
      `${where()} has ${value} for ${what}: ${kind} from ${low} to ${high} is needed; mend it, or take that star out`,
    );
  }
  return star;
}
