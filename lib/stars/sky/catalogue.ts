import { extname } from 'node:path';
import { readBoundedFile } from '../../files/read-file.js';
import { ArgumentError } from '../../runtime/errors.js';
import { requireKnownKeys, requireNumber, requireString } from '../../runtime/validate.js';
import type { Camera } from './camera.js';
import { multiply, rotationOf, transform } from '../../math/linear.js';
import type { Matrix3, Vector } from '../../math/linear.js';
import type { Star } from '../simulate/simulate.js';

/** A star of a catalogue. */
export interface CatalogueStar {
  /** Right ascension and declination in degrees. */
  readonly ra: number;
  readonly dec: number;
  /** Magnitude. */
  readonly mag: number;
}

/** Where a camera looks, in degrees. */
export interface Pointing {
  readonly ra: number;
  readonly dec: number;
  /** How far the camera is turned about its axis from X to Y, which is clockwise in a picture; at 0 (the default) north is up in it. */
  readonly roll?: number;
}

export interface ProjectOptions {
  readonly pointing: Pointing;
  /** Electrons of a star of magnitude 0; 1e7. */
  readonly zeroFlux?: number;
  /** The faintest magnitude; by default all. */
  readonly faintest?: number;
  /** Stars this far beyond the frame are kept, in pixels, for trails that end in it; 50. */
  readonly margin?: number;
}

const COLUMNS = ['ra', 'dec', 'mag'] as const;
/** Far above the largest catalogue of bright stars, and below what hurts. */
const MOST_BYTES = 256 * 2 ** 20;
const DEGREE = Math.PI / 180;

/**
 * A catalogue from a file: CSV, whose first line names the columns ra, dec and mag among any others (separated by commas, semicolons or tabs), or JSON, an
 * array of objects with these keys. Rejects with ArgumentError that names the file, line or entry that is wrong.
 */
export async function readCatalogue(path: string): Promise<CatalogueStar[]> {
  requireString('path', path);
  let text: string;
  try {
    text = (await readBoundedFile(path, MOST_BYTES)).toString('utf8');
  } catch (cause) {
    throw new ArgumentError(`Cannot read the catalogue ${path}: ${(cause as Error).message}`, { cause });
  }
  return extname(path).toLowerCase() === '.json' ? parseJson(path, text) : parseCsv(path, text);
}

function parseJson(path: string, text: string): CatalogueStar[] {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch (cause) {
    throw new ArgumentError(`${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(entries)) throw new ArgumentError(`${path} holds no array of stars`);
  return entries.map((entry: unknown, index) => {
    const star = (typeof entry === 'object' && entry !== null ? entry : {}) as Partial<
      Record<keyof CatalogueStar, unknown>
    >;
    return checkStar(
      COLUMNS.map((column) => star[column]),
      `${path}, entry ${index + 1}`,
    );
  });
}

function parseCsv(path: string, text: string): CatalogueStar[] {
  const lines = text.split(/\r?\n/);
  const separator = [',', ';', '\t'].find((one) => lines[0]!.includes(one)) ?? ',';
  const names = lines[0]!
    .replace(/^\uFEFF/, '')
    .split(separator)
    .map((name) => name.trim().toLowerCase());
  const places = COLUMNS.map((column) => names.indexOf(column));
  const missing = COLUMNS.filter((_, index) => places[index] === -1);
  if (missing.length > 0)
    throw new ArgumentError(
      `${path} has no column ${missing.join(', ')} in its first line: ra, dec (degrees) and mag are needed`,
    );
  return lines.flatMap((line, index) => {
    if (index === 0 || line.trim() === '') return [];
    const cells = line.split(separator);
    const numbers = places.map((place) => (cells[place]?.trim() ? Number(cells[place]) : undefined));
    return [checkStar(numbers, `${path}, line ${index + 1}`)];
  });
}

function checkStar([ra, dec, mag]: readonly unknown[], where: string): CatalogueStar {
  return {
    ra: requireNumber(`ra of ${where}`, ra, -360, 360),
    dec: requireNumber(`dec of ${where}`, dec, -90, 90),
    mag: requireNumber(`mag of ${where}`, mag, -30, 40),
  };
}

/** Unit vector of a place in the sky, in degrees. */
export function skyDirection(ra: number, dec: number): Vector {
  const [a, d] = [ra * DEGREE, dec * DEGREE];
  return [Math.cos(d) * Math.cos(a), Math.cos(d) * Math.sin(a), Math.sin(d)];
}

/**
 * Turns directions of the sky into those of a sensor that looks at a place: Z there, at roll 0 X to the west and Y to the south, as a picture with north up
 * is seen. What `solveAttitude` finds. Throws ArgumentError.
 */
export function pointingMatrix({ ra, dec, roll = 0 }: Pointing): Matrix3 {
  const [a, d] = [
    requireNumber('pointing.ra', ra, -360, 360) * DEGREE,
    requireNumber('pointing.dec', dec, -90, 90) * DEGREE,
  ];
  const west: Vector = [Math.sin(a), -Math.cos(a), 0];
  const south: Vector = [Math.sin(d) * Math.cos(a), Math.sin(d) * Math.sin(a), -Math.cos(d)];
  // A sensor that turns one way sees the sky turn the other.
  return multiply(rotationOf([0, 0, -requireNumber('pointing.roll', roll, -360, 360) * DEGREE]), [
    west,
    south,
    skyDirection(ra, dec),
  ]);
}

/** Stars of a catalogue as a camera sees them, for `simulate`. Throws ArgumentError. */
export function projectCatalogue(catalogue: readonly CatalogueStar[], camera: Camera, options: ProjectOptions): Star[] {
  requireKnownKeys('options', options, ['pointing', 'zeroFlux', 'faintest', 'margin']);
  requireKnownKeys('pointing', options.pointing, ['ra', 'dec', 'roll']);
  const zeroFlux = requireNumber('zeroFlux', options.zeroFlux ?? 1e7, 1e-6, 1e15);
  const faintest = requireNumber('faintest', options.faintest ?? 100, -30, 100);
  const margin = requireNumber('margin', options.margin ?? 50, 0, 1e5);
  const matrix = pointingMatrix(options.pointing);
  return catalogue.flatMap(({ ra, dec, mag }): Star[] => {
    const place = mag <= faintest ? camera.project(transform(matrix, skyDirection(ra, dec))) : null;
    if (place === null) return [];
    const [x, y] = place;
    const isNear = x >= -margin && y >= -margin && x <= camera.width - 1 + margin && y <= camera.height - 1 + margin;
    return isNear ? [{ x, y, flux: zeroFlux * 10 ** (-0.4 * mag) }] : [];
  });
}
