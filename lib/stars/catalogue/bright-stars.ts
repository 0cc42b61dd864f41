/**
 * The Yale Bright Star Catalogue, 5th edition: its binary form of WCSTools (a header of 28 bytes, 32 bytes a star,
 * either byte order), and lines of right ascension, declination, number, a mark of doubles, and magnitude, with |
 * between.
 */
import { toDegrees } from '../sky/angles.js';
import { ArgumentError } from '../../runtime/errors.js';
import type { TableStar } from '../sky/star-table.js';
import { DEC_DEGREES, MAGNITUDES, RA_DEGREES, checkStar, firstLineOf, linesOf, requireField } from './source.js';
import type { CatalogueSource } from './source.js';

const HEADER_BYTES = 28;
export const BRIGHT_STAR_BYTES = 32;
const EPOCH_YEAR = 2000;
const MAS_PER_RAD = 180 * 3_600_000;
const NUMBERS = [0, 999_999] as const;

/** Words of the header: the number of stars, below 0 where places are of J2000, and the bytes of a star. */
const COUNT_AT = 8;
const SIZE_AT = 24;

type ByteOrder = 'LE' | 'BE';

/** Numbers of either byte order. */
class Reader {
  readonly #bytes: Buffer;
  readonly #order: ByteOrder;

  constructor(bytes: Buffer, order: ByteOrder) {
    this.#bytes = bytes;
    this.#order = order;
  }

  readonly int16 = (at: number): number => this.#bytes[`readInt16${this.#order}`](at);
  readonly int32 = (at: number): number => this.#bytes[`readInt32${this.#order}`](at);
  readonly float = (at: number): number => this.#bytes[`readFloat${this.#order}`](at);
  readonly double = (at: number): number => this.#bytes[`readDouble${this.#order}`](at);
}

/** The byte order of the binary form; null: it is none. */
function orderOf(bytes: Buffer): ByteOrder | null {
  if (bytes.length < HEADER_BYTES) return null;
  return (['LE', 'BE'] as const).find((order) => new Reader(bytes, order).int32(SIZE_AT) === BRIGHT_STAR_BYTES) ?? null;
}

export const isBrightStars = (bytes: Buffer): boolean => orderOf(bytes) !== null;

/** Throws ArgumentError. */
export function readBrightStars(bytes: Buffer, path: string): CatalogueSource {
  const order = orderOf(bytes);
  if (order === null)
    throw new ArgumentError(`${path} is no binary Bright Star Catalogue: its header has no size of 32`);
  const reader = new Reader(bytes, order);
  const [count, room] = [reader.int32(COUNT_AT), (bytes.length - HEADER_BYTES) / BRIGHT_STAR_BYTES];
  if (Math.abs(count) !== room)
    throw new ArgumentError(`${path} says that it has ${Math.abs(count)} stars, but has room for ${room}: get it anew`);
  if (count > 0) throw new ArgumentError(`${path} has places of B1950: build from the version of J2000`);
  return { name: 'HR', epochYear: EPOCH_YEAR, stars: binaryStars(reader, room, path), warnings: [] };
}

function* binaryStars(reader: Reader, count: number, path: string): Generator<TableStar> {
  for (let index = 0; index < count; index += 1) {
    const at = HEADER_BYTES + BRIGHT_STAR_BYTES * index;
    const decRad = reader.double(at + 12);
    const star = {
      number: reader.float(at),
      raDegrees: toDegrees(reader.double(at + 4)),
      decDegrees: toDegrees(decRad),
      // Of the right ascension itself.
      eastMasPerYear: (reader.float(at + 24) * MAS_PER_RAD * Math.cos(decRad)) / Math.PI,
      northMasPerYear: (reader.float(at + 28) * MAS_PER_RAD) / Math.PI,
      // Entries that are no stars, such as novae, have neither a place nor a magnitude.
      magnitude: reader.double(at + 4) === 0 && decRad === 0 ? NaN : reader.int16(at + 22) / 100,
      colour: 0,
    };
    yield checkStar(star, () => `${path}, star ${index + 1},`);
  }
}

/** Whether bytes begin as lines with | between. */
export function isBrightStarLines(bytes: Buffer): boolean {
  return /^[\d.]+\|[-+][\d.]+\| *\d+ *\|/.test(firstLineOf(bytes.subarray(0, 256)));
}

export function readBrightStarLines(bytes: Buffer, path: string): CatalogueSource {
  return { name: 'HR', epochYear: EPOCH_YEAR, stars: lineStars(bytes, path), warnings: [] };
}

function* lineStars(bytes: Buffer, path: string): Generator<TableStar> {
  for (const { text, line } of linesOf(bytes, path)) {
    const [where, cells] = [`${path}, line ${line},`, text.split('|')];
    const cell = (index: number): string => cells[index] ?? '';
    const star = {
      number: requireField(cell(2), 'the number', where, NUMBERS),
      raDegrees: requireField(cell(0), 'the right ascension', where, RA_DEGREES),
      decDegrees: requireField(cell(1), 'the declination', where, DEC_DEGREES),
      magnitude: cell(4).trim() === '' ? NaN : requireField(cell(4), 'the magnitude', where, MAGNITUDES),
      eastMasPerYear: 0,
      northMasPerYear: 0,
      colour: 0,
    };
    yield checkStar(star, () => where);
  }
}
