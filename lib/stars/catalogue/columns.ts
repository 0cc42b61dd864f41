/** Text whose first line names its columns, with commas, semicolons or tabs between: such as what archives give. */
import { ArgumentError } from '../../runtime/errors.js';
import type { TableStar } from '../sky/star-table.js';
import { DEC_DEGREES, MAGNITUDES, MAS_PER_YEAR, RA_DEGREES } from './source.js';
import { checkStar, linesOf, optionalField, requireField } from './source.js';
import type { CatalogueSource } from './source.js';

/** What columns may be called; the first that is there is taken. */
const NAMES = {
  ra: ['ra', 'ra_icrs', 'raj2000', '_raj2000'],
  dec: ['dec', 'de_icrs', 'dej2000', '_dej2000'],
  mag: ['mag', 'phot_g_mean_mag', 'gmag', 'hpmag', 'vtmag', 'vmag'],
  east: ['pmra', 'pm_ra'],
  north: ['pmdec', 'pm_dec', 'pmde'],
  colour: ['v-i', 'v_i', 'colour'],
  number: ['id', 'hip', 'hr', 'number'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
const NEEDED = ['ra', 'dec', 'mag'] as const;

type Column = keyof typeof NAMES;

/** What the file does not say. */
export interface ColumnFacts {
  readonly name: string;
  readonly epochYear: number;
}

/** Throws ArgumentError where a column is missing. */
export function readColumns(bytes: Buffer, path: string, { name, epochYear }: ColumnFacts): CatalogueSource {
  const lines = linesOf(bytes, path);
  const first = lines.next();
  const header = first.done ? '' : first.value.text.replace(/^\uFEFF/, '');
  const separator = [',', ';', '\t'].find((one) => header.includes(one)) ?? ',';
  const titles = header.split(separator).map((title) =>
    title
      .trim()
      .toLowerCase()
      .replace(/^"(.*)"$/, '$1'),
  );
  const placeOf = (column: Column): number =>
    NAMES[column].map((one) => titles.indexOf(one)).find((at) => at >= 0) ?? -1;
  const places = Object.fromEntries((Object.keys(NAMES) as Column[]).map((column) => [column, placeOf(column)]));
  const missing = NEEDED.filter((column) => places[column] === -1);
  if (missing.length > 0)
    throw new ArgumentError(
      `${path} has no column ${missing.join(', ')} in its first line: ra and dec in degrees and mag are needed`,
    );
  const stars = starsOf(lines, path, separator, places as Readonly<Record<Column, number>>);
  const rests = places.east === -1 || places.north === -1;
  return {
    name,
    epochYear,
    stars,
    warnings: rests ? [`${path} has no columns pmra and pmdec: its stars are taken to rest`] : [],
  };
}

function* starsOf(
  lines: ReturnType<typeof linesOf>,
  path: string,
  separator: string,
  places: Readonly<Record<Column, number>>,
): Generator<TableStar> {
  let row = 0;
  for (const { text, line } of lines) {
    const [where, cells] = [`${path}, line ${line},`, text.split(separator)];
    const cell = (column: Column): string | undefined => cells[places[column]];
    row += 1;
    const star = {
      number: optionalField(cell('number'), 'the number', where, [0, Number.MAX_SAFE_INTEGER]) ?? row,
      raDegrees: requireField(cell('ra') ?? '', 'ra', where, RA_DEGREES),
      decDegrees: requireField(cell('dec') ?? '', 'dec', where, DEC_DEGREES),
      magnitude: optionalField(cell('mag'), 'mag', where, MAGNITUDES) ?? NaN,
      eastMasPerYear: optionalField(cell('east'), 'pmra', where, MAS_PER_YEAR) ?? 0,
      northMasPerYear: optionalField(cell('north'), 'pmdec', where, MAS_PER_YEAR) ?? 0,
      colour: optionalField(cell('colour'), 'the colour', where, MAGNITUDES) ?? 0,
    };
    yield checkStar(star, () => where);
  }
}
