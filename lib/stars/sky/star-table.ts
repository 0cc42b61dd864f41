/** Tables of stars in a file: a header of 96 bytes, 24 bytes a star, brightest first; little-endian. */
import { createHash } from 'node:crypto';
import { ModelError } from '../../runtime/errors.js';

/** A star of a table. */
export interface TableStar {
  /** Its number in the catalogue that the table was made from, 0 to 2^53 - 1. */
  readonly number: number;
  /** Right ascension at the epoch of the table, 0 to 360. */
  readonly raDegrees: number;
  /** Declination, -90 to 90. */
  readonly decDegrees: number;
  /** Proper motion to the east, the cosine of the declination included, in mas a year, -8191 to 8191. */
  readonly eastMasPerYear: number;
  /** Proper motion to the north, in mas a year, -8191 to 8191. */
  readonly northMasPerYear: number;
  /** -30 to 30. */
  readonly magnitude: number;
  /** V - I in magnitudes, -30 to 30. */
  readonly colour: number;
}

/** What the header of a table says. */
export interface TableFacts {
  /** Of the catalogue, before the number of a star, such as 'HIP'; at most 40 bytes. */
  readonly name: string;
  /** Julian year of the places. */
  readonly epochYear: number;
}

const MAGIC = 'PFSTARS1';
const HEADER_BYTES = 96;
/** What a star takes in a table. */
export const RECORD_BYTES = 24;
/** As many as Gaia has to magnitude 12. */
export const MOST_STARS = 4_000_000;
/** The largest table. */
export const MOST_TABLE_BYTES = HEADER_BYTES + RECORD_BYTES * MOST_STARS;
const NAME_BYTES = 40;
const DEGREES = 360 / 2 ** 32;
const MAS_PER_YEAR = 0.25;
const MAGNITUDE = 0.001;
const QUARTER_TURN = 2 ** 30;

/** The bytes of a table. @param stars brightest first, with numbers within their ranges */
export function packStars(stars: readonly TableStar[], { name, epochYear }: TableFacts): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + RECORD_BYTES * stars.length);
  for (const [index, star] of stars.entries()) packStar(star, bytes, HEADER_BYTES + RECORD_BYTES * index);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(stars.length, 8);
  bytes.writeUInt32LE(RECORD_BYTES, 12);
  bytes.writeDoubleLE(epochYear, 16);
  bytes.write(name, 24, NAME_BYTES, 'utf8');
  digestOf(bytes).copy(bytes, 64);
  return bytes;
}

function packStar(star: TableStar, bytes: Buffer, at: number): void {
  bytes.writeBigUInt64LE(BigInt(star.number), at);
  bytes.writeUInt32LE(Math.round(star.raDegrees / DEGREES) >>> 0, at + 8);
  bytes.writeInt32LE(Math.round(star.decDegrees / DEGREES), at + 12);
  bytes.writeInt16LE(Math.round(star.eastMasPerYear / MAS_PER_YEAR), at + 16);
  bytes.writeInt16LE(Math.round(star.northMasPerYear / MAS_PER_YEAR), at + 18);
  bytes.writeInt16LE(Math.round(star.magnitude / MAGNITUDE), at + 20);
  bytes.writeInt16LE(Math.round(star.colour / MAGNITUDE), at + 22);
}

/** Of the header before it, and of all stars. */
const digestOf = (bytes: Buffer): Buffer =>
  createHash('sha256').update(bytes.subarray(0, 64)).update(bytes.subarray(HEADER_BYTES)).digest();

/** A table of stars in its packed form. */
export class StarTable implements TableFacts {
  readonly name: string;
  readonly epochYear: number;
  readonly count: number;
  readonly #bytes: Buffer;

  private constructor(bytes: Buffer, count: number) {
    this.#bytes = bytes;
    this.count = count;
    this.epochYear = bytes.readDoubleLE(16);
    this.name = bytes.toString('utf8', 24, 24 + NAME_BYTES).replace(/\0+$/, '');
  }

  /** Throws ModelError that says what is wrong with the bytes. @param where names them in errors */
  static parse(bytes: Buffer, where: string): StarTable {
    const problem = problemOfHeader(bytes) ?? problemOfStars(bytes);
    if (problem !== null) throw new ModelError('MODEL_INVALID', `The star catalogue ${where} ${problem}`);
    return new StarTable(bytes, bytes.readUInt32LE(8));
  }

  /** The star at a place in the order of brightness, from 0. */
  star(index: number): TableStar {
    const at = HEADER_BYTES + RECORD_BYTES * index;
    const bytes = this.#bytes;
    return {
      number: Number(bytes.readBigUInt64LE(at)),
      raDegrees: bytes.readUInt32LE(at + 8) * DEGREES,
      decDegrees: bytes.readInt32LE(at + 12) * DEGREES,
      eastMasPerYear: bytes.readInt16LE(at + 16) * MAS_PER_YEAR,
      northMasPerYear: bytes.readInt16LE(at + 18) * MAS_PER_YEAR,
      magnitude: bytes.readInt16LE(at + 20) * MAGNITUDE,
      colour: bytes.readInt16LE(at + 22) * MAGNITUDE,
    };
  }
}

function problemOfHeader(bytes: Buffer): string | null {
  if (bytes.length < HEADER_BYTES) return `has ${bytes.length} bytes, fewer than its header of ${HEADER_BYTES}`;
  if (bytes.toString('latin1', 0, 8) !== MAGIC) return `does not begin with ${MAGIC}: it is no table of stars`;
  const [count, record, epoch] = [bytes.readUInt32LE(8), bytes.readUInt32LE(12), bytes.readDoubleLE(16)];
  if (record !== RECORD_BYTES) return `has ${record} bytes a star, not ${RECORD_BYTES}`;
  if (count > MOST_STARS) return `says that it has ${count} stars, more than ${MOST_STARS}`;
  const wanted = HEADER_BYTES + RECORD_BYTES * count;
  if (bytes.length !== wanted) return `has ${bytes.length} bytes, but ${count} stars take ${wanted}`;
  if (!(epoch >= 1000 && epoch <= 3000)) return `is of the epoch ${epoch}, not from 1000 to 3000`;
  return digestOf(bytes).equals(bytes.subarray(64, HEADER_BYTES)) ? null : 'is damaged: its checksum is another';
}

/** A checksum is no proof of sense: anybody can compute one. */
function problemOfStars(bytes: Buffer): string | null {
  let brightest = -32768;
  for (let at = HEADER_BYTES; at < bytes.length; at += RECORD_BYTES) {
    const index = (at - HEADER_BYTES) / RECORD_BYTES;
    const [declination, magnitude] = [bytes.readInt32LE(at + 12), bytes.readInt16LE(at + 20)];
    if (Math.abs(declination) > QUARTER_TURN) return `has star ${index} at a declination beyond the pole`;
    if (bytes.readUInt16LE(at + 6) > 31) return `has a number above 2^53 for star ${index}`;
    if (magnitude < brightest) return `is not sorted: star ${index} is brighter than the one before`;
    brightest = magnitude;
  }
  return null;
}
