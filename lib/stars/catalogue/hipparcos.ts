/** The new reduction of Hipparcos (van Leeuwen 2007, CDS I/311): hip2.dat, lines of fixed columns. */
import type { TableStar } from '../sky/star-table.js';
import { DEC_DEGREES, MAGNITUDES, MAS_PER_YEAR, checkStar, firstLineOf, linesOf, requireField } from './source.js';
import type { CatalogueSource } from './source.js';

/** Of a line without its end. */
const LINE_BYTES = 276;
/** Places of I/311 are of this year. */
const EPOCH_YEAR = 1991.25;
/**
 * G - Hp per magnitude of V - I: what silicon sees is redder than what Hipparcos saw. Within 0.06 magnitudes of Gaia's
 * G for V - I from -0.4 to 2.6, by the medians of 28,426 stars.
 */
const RED_SLOPE = -0.455;
/** Columns of the fields in a line, from 0, as the catalogue's ReadMe counts them from 1. */
const FIELDS = {
  number: [0, 6],
  raRad: [15, 28],
  decRad: [29, 42],
  eastMasPerYear: [51, 59],
  northMasPerYear: [60, 68],
  hp: [129, 136],
  vMinusI: [165, 171],
} as const;

/** Whether bytes begin as hip2.dat does. */
export function isHipparcos(bytes: Buffer): boolean {
  const text = firstLineOf(bytes.subarray(0, 2 * LINE_BYTES));
  return (
    text.length >= LINE_BYTES - 2 && /^ *\d+ +\d+ [0-9] /.test(text) && Number.isFinite(Number(text.slice(15, 28)))
  );
}

export function readHipparcos(bytes: Buffer, path: string): CatalogueSource {
  return { name: 'HIP', epochYear: EPOCH_YEAR, stars: starsOf(bytes, path), warnings: [] };
}

function* starsOf(bytes: Buffer, path: string): Generator<TableStar> {
  for (const { text, line } of linesOf(bytes, path)) yield parseLine(text, `${path}, line ${line},`);
}

function parseLine(text: string, where: string): TableStar {
  const field = (name: keyof typeof FIELDS, range: readonly [number, number]): number =>
    requireField(text.slice(...FIELDS[name]), name, where, range);
  const degrees = (rad: number): number => (rad * 180) / Math.PI;
  const colour = field('vMinusI', MAGNITUDES);
  const star = {
    number: field('number', [0, 999_999]),
    raDegrees: degrees(field('raRad', [0, 2 * Math.PI])),
    decDegrees: degrees(field('decRad', [(DEC_DEGREES[0] * Math.PI) / 180, (DEC_DEGREES[1] * Math.PI) / 180])),
    eastMasPerYear: field('eastMasPerYear', MAS_PER_YEAR),
    northMasPerYear: field('northMasPerYear', MAS_PER_YEAR),
    magnitude: field('hp', MAGNITUDES) + RED_SLOPE * colour,
    colour,
  };
  return checkStar(star, () => where);
}
