import { extname } from 'node:path';
import { readBoundedFile } from '../../files/read-file.js';
import { ArgumentError } from '../../runtime/errors.js';
import { requireKnownKeys, requireNumber, requireObject, requireString } from '../../runtime/validate.js';
import type { Camera } from './camera.js';
import { multiply, rotationOf, transform } from '../../math/linear.js';
import type { Matrix3, Vector } from '../../math/linear.js';
import { toRad } from './angles.js';
import type { Star } from './place.js';

/** A star of a catalogue. */
export interface CatalogueStar {
  /** Right ascension, -360 to 360. */
  readonly raDegrees: number;
  /** Declination, -90 to 90. */
  readonly decDegrees: number;
  /** Magnitude, -30 to 40. */
  readonly magnitude: number;
}

/** Where a camera looks. */
export interface Pointing {
  /** Right ascension of the middle of the frame, -360 to 360. */
  readonly raDegrees: number;
  /** Its declination, -90 to 90. */
  readonly decDegrees: number;
  /**
   * How far the camera is turned about its axis from X to Y, which is clockwise in a picture, -360 to 360. At 0, the
   * default, north is up in it.
   */
  readonly rollDegrees?: number;
}

/** How {@link projectCatalogue} sees a catalogue. */
export interface ProjectOptions {
  readonly pointing: Pointing;
  /** Electrons of a star of magnitude 0, 1e-6 to 1e15; 1e7. */
  readonly zeroFlux?: number;
  /** The faintest magnitude, -30 to 100; by default all. */
  readonly faintest?: number;
  /** Stars this far beyond the frame are kept, for trails that end in it, 0 to 1e5; 50. */
  readonly marginPx?: number;
}

const PROJECT_KEYS = ['pointing', 'zeroFlux', 'faintest', 'marginPx'] as const satisfies (keyof ProjectOptions)[];
const POINTING_KEYS = ['raDegrees', 'decDegrees', 'rollDegrees'] as const satisfies (keyof Pointing)[];

/** Of a file. */
const COLUMNS = ['ra', 'dec', 'mag'] as const;
/** Far above the largest catalogue of bright stars, and below what hurts. */
const MOST_BYTES = 256 * 2 ** 20;

/**
 * A catalogue from a file: CSV, whose first line names the columns ra, dec (degrees) and mag among any others
 * (separated by commas, semicolons or tabs), or JSON, an array of objects with these keys. At most 256 MiB. Rejects
 * with ArgumentError that names the file, line or entry that is wrong.
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
    const isObject = typeof entry === 'object' && entry !== null;
    const star = (isObject ? entry : {}) as Partial<Record<(typeof COLUMNS)[number], unknown>>;
    const values = COLUMNS.map((column) => star[column]);
    return checkStar(values, `${path}, entry ${index + 1}`);
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
    raDegrees: requireNumber(`ra of ${where}`, ra, -360, 360),
    decDegrees: requireNumber(`dec of ${where}`, dec, -90, 90),
    magnitude: requireNumber(`mag of ${where}`, mag, -30, 40),
  };
}

/** Unit vector of a place in the sky. */
export function skyDirection(raDegrees: number, decDegrees: number): Vector {
  const [a, d] = [toRad(raDegrees), toRad(decDegrees)];
  return [Math.cos(d) * Math.cos(a), Math.cos(d) * Math.sin(a), Math.sin(d)];
}

/**
 * Turns directions of the sky into those of a sensor that looks at a place: Z there, at roll 0 X to the west and Y to
 * the south, as a picture with north up is seen. What `solveAttitude` finds. Throws ArgumentError.
 */
export function pointingMatrix(pointing: Pointing): Matrix3 {
  requireObject('pointing', pointing);
  const { raDegrees, decDegrees, rollDegrees = 0 } = pointing;
  const a = toRad(requireNumber('pointing.raDegrees', raDegrees, -360, 360));
  const d = toRad(requireNumber('pointing.decDegrees', decDegrees, -90, 90));
  const roll = toRad(requireNumber('pointing.rollDegrees', rollDegrees, -360, 360));
  const west: Vector = [Math.sin(a), -Math.cos(a), 0];
  const south: Vector = [Math.sin(d) * Math.cos(a), Math.sin(d) * Math.sin(a), -Math.cos(d)];
  // A sensor that turns one way sees the sky turn the other.
  return multiply(rotationOf([0, 0, -roll]), [west, south, skyDirection(raDegrees, decDegrees)]);
}

/** Stars of a catalogue as a camera sees them, for `simulate`. Throws ArgumentError. */
export function projectCatalogue(catalogue: readonly CatalogueStar[], camera: Camera, options: ProjectOptions): Star[] {
  requireKnownKeys('options', options, PROJECT_KEYS);
  requireKnownKeys('pointing', options.pointing, POINTING_KEYS);
  const zeroFlux = requireNumber('zeroFlux', options.zeroFlux ?? 1e7, 1e-6, 1e15);
  const faintest = requireNumber('faintest', options.faintest ?? 100, -30, 100);
  const margin = requireNumber('marginPx', options.marginPx ?? 50, 0, 1e5);
  const matrix = pointingMatrix(options.pointing);
  return catalogue.flatMap(({ raDegrees, decDegrees, magnitude }): Star[] => {
    if (magnitude > faintest) return [];
    const place = camera.project(transform(matrix, skyDirection(raDegrees, decDegrees)));
    if (place === null) return [];
    const [x, y] = place;
    const isNear = x >= -margin && y >= -margin && x <= camera.width - 1 + margin && y <= camera.height - 1 + margin;
    return isNear ? [{ x, y, flux: zeroFlux * 10 ** (-0.4 * magnitude) }] : [];
  });
}
