import { ServiceError } from '../errors.js';

/** The greatest integer that JSON and all languages share. */
const MOST = Number.MAX_SAFE_INTEGER;

/** Of a configuration: says where, what was found, and what to give. */
export function refuse(where: string, value: unknown, wanted: string): ServiceError {
  const text = value === undefined ? 'missing' : JSON.stringify(value);
  const short = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return new ServiceError('INVALID', `Configuration: ${where} is ${short}: give ${wanted}`);
}

/** What a number may be. */
export interface NumberRange {
  readonly least: number;
  readonly most?: number;
}

/** The keys of one object of a configuration, read one after the other; a key that nobody reads is refused. */
export class Fields {
  readonly #where: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #known = new Set<string>();

  /** Throws ServiceError `INVALID` where the value is no object. */
  constructor(where: string, value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(where, value, 'an object');
    this.#where = where;
    this.#values = value as Record<string, unknown>;
  }

  /** The names that are there. */
  get keys(): readonly string[] {
    return Object.keys(this.#values);
  }

  /** Where a key stands, for messages. */
  at(key: string): string {
    return this.#where === '' ? key : `${this.#where}.${key}`;
  }

  has(key: string): boolean {
    this.#known.add(key);
    return this.#values[key] !== undefined;
  }

  value(key: string): unknown {
    this.#known.add(key);
    return this.#values[key];
  }

  /** A key that may be null, or is missing. */
  orNull<T>(key: string, read: (key: string) => T): T | null {
    const value = this.value(key);
    return value === undefined || value === null ? null : read(key);
  }

  text(key: string, fallback?: string): string {
    const value = this.value(key) ?? fallback;
    if (typeof value === 'string' && value !== '') return value;
    throw refuse(this.at(key), value, 'a text');
  }

  number(key: string, { least, most = MOST }: NumberRange, fallback?: number): number {
    const value = this.value(key) ?? fallback;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw refuse(this.at(key), value, `a number from ${least} to ${most}`);
  }

  integer(key: string, range: NumberRange, fallback?: number): number {
    const value = this.number(key, range, fallback);
    if (Number.isInteger(value)) return value;
    throw refuse(this.at(key), value, 'an integer');
  }

  oneOf<T extends string>(key: string, allowed: readonly T[], fallback?: T): T {
    const value = (this.value(key) ?? fallback) as T;
    if (allowed.includes(value)) return value;
    throw refuse(this.at(key), value, `one of ${allowed.join(', ')}`);
  }

  /** @param read reads one item; `where` names it in messages */
  list<T>(key: string, read: (item: unknown, where: string) => T, fallback?: readonly T[]): readonly T[] {
    const value = this.value(key);
    if (value === undefined && fallback) return fallback;
    if (!Array.isArray(value)) throw refuse(this.at(key), value, 'a list');
    return value.map((item, i) => read(item, `${this.at(key)}[${i}]`));
  }

  /** An object; an empty one where it is missing. */
  object(key: string): Fields {
    return new Fields(this.at(key), this.value(key) ?? {});
  }

  /** Throws where there are keys that nobody has read. */
  done<T>(result: T): T {
    const strange = Object.keys(this.#values).filter((key) => !this.#known.has(key));
    if (strange.length === 0) return result;
    const known = [...this.#known].sort().join(', ');
    const where = this.#where === '' ? '' : ` in ${this.#where}`;
    throw new ServiceError('INVALID', `Configuration: unknown ${strange.join(', ')}${where}; known: ${known}`);
  }
}

/** One text of a list. */
export function textItem(item: unknown, where: string): string {
  if (typeof item === 'string' && item !== '') return item;
  throw refuse(where, item, 'a text');
}
