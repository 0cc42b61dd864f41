import { fileURLToPath } from 'node:url';
import { readBoundedFile } from '../../files/read-file.js';
import { ModelError } from '../../runtime/errors.js';
import { requireNumber, requireString } from '../../runtime/validate.js';
import { cross } from '../../math/linear.js';
import type { Vector } from '../../math/linear.js';
import { toDegrees, toRad } from './angles.js';
import { skyDirection } from './catalogue.js';
import type { CatalogueStar } from './catalogue.js';
import { MOST_TABLE_BYTES, StarTable } from './star-table.js';

const PACKAGED = fileURLToPath(new URL('../../../models/stars/catalogue.bin', import.meta.url));
const MAS_RAD = toRad(1 / 3_600_000);

/** A star of a {@link StarCatalogue} at some epoch. */
export interface KnownStar extends CatalogueStar {
  /** Catalogue and number, such as 'HIP 32349'. */
  readonly id: string;
  /** V - I in magnitudes. */
  readonly colour: number;
}

let packaged: Promise<StarCatalogue> | null = null;

/** Bright stars with their proper motions, brightest first. Places are barycentric, in the ICRS. */
export class StarCatalogue {
  readonly #table: StarTable;

  private constructor(table: StarTable) {
    this.#table = table;
  }

  /** The packaged one (models/stars/catalogue.md); read once. Rejects with ModelError. */
  static packaged(): Promise<StarCatalogue> {
    packaged ??= StarCatalogue.read(PACKAGED);
    return packaged;
  }

  /** One from a file in the form of the packaged one. Rejects with ModelError that says what is wrong with it. */
  static async read(path: string): Promise<StarCatalogue> {
    requireString('path', path);
    let bytes: Buffer;
    try {
      bytes = await readBoundedFile(path, MOST_TABLE_BYTES);
    } catch (cause) {
      const reason = (cause as Error).message;
      throw new ModelError('MODEL_UNREADABLE', `Cannot read the star catalogue ${path}: ${reason}`, { cause });
    }
    return new StarCatalogue(StarTable.parse(bytes, path));
  }

  /** How many stars it has. */
  get count(): number {
    return this.#table.count;
  }

  /** What stands before the numbers of its stars, such as 'HIP'. */
  get name(): string {
    return this.#table.name;
  }

  /** Julian year of the places as they are stored. */
  get epochYear(): number {
    return this.#table.epochYear;
  }

  /** A star by its place in the order of brightness, from 0, where it is in a year, 1000 to 3000. */
  star(index: number, epochYear: number = this.epochYear): KnownStar {
    const { number, magnitude, colour } = this.#table.star(index);
    const [x, y, z] = this.direction(index, epochYear);
    const raDegrees = (toDegrees(Math.atan2(y, x)) + 360) % 360;
    const decDegrees = toDegrees(Math.atan2(z, Math.hypot(x, y)));
    return { id: `${this.name} ${number}`, raDegrees, decDegrees, magnitude, colour };
  }

  /** Its magnitude. */
  magnitude(index: number): number {
    return this.#table.star(index).magnitude;
  }

  /** Its direction in a year: a unit vector, moved from the epoch of the table along a great circle. */
  direction(index: number, epochYear: number = this.epochYear): Vector {
    const years = requireNumber('epochYear', epochYear, 1000, 3000) - this.epochYear;
    const { raDegrees, decDegrees, eastMasPerYear, northMasPerYear } = this.#table.star(index);
    const place = skyDirection(raDegrees, decDegrees);
    const ra = toRad(raDegrees);
    const east: Vector = [-Math.sin(ra), Math.cos(ra), 0];
    const north = cross(place, east);
    const [e, n] = [eastMasPerYear * MAS_RAD, northMasPerYear * MAS_RAD];
    const speed = Math.hypot(e, n);
    if (speed === 0) return place;
    const [c, s] = [Math.cos(speed * years), Math.sin(speed * years) / speed];
    const part = (i: 0 | 1 | 2): number => c * place[i] + s * (e * east[i] + n * north[i]);
    return [part(0), part(1), part(2)];
  }
}
