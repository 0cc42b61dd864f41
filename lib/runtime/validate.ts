import { ArgumentError } from './errors.js';

/** The value as a message shows it: short, and with its type. */
function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `an object of type ${value.constructor?.name ?? 'Object'}`;
  const text = typeof value === 'string' ? `'${value}'` : String(value);
  return `${text.length > 60 ? `${text.slice(0, 57)}...` : text} of type ${value === null ? 'null' : typeof value}`;
}

/** "Expected integer between 1 and 3 for threads but received 0 of type number". */
export function expected(what: string, name: string, value: unknown): ArgumentError {
  return new ArgumentError(`Expected ${what} for ${name} but received ${describe(value)}`);
}

export function requireInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw expected(`integer between ${min} and ${max}`, name, value);
  }
  return value;
}

/** A finite number from `min` to `max`. */
export function requireNumber(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw expected(`number between ${min} and ${max}`, name, value);
  }
  return value;
}

export function requireOneOf<T>(name: string, value: unknown, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) throw expected(`one of ${allowed.join(', ')}`, name, value);
  return value as T;
}

export function requireObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw expected('object', name, value);
}

export function requireArray(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw expected('array', name, value);
}

export function requireString(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw expected('non-empty string', name, value);
  return value;
}

/** A digest in hex, in capitals or not. */
export function requireSha256(name: string, value: unknown): void {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/i.test(value)) throw expected('64 hexadecimal digits', name, value);
}

export function requireFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw expected('function', name, value);
}

export function requireSignal(value: unknown): void {
  if (!(value instanceof AbortSignal)) throw expected('AbortSignal', 'signal', value);
}

/** Refuses keys that no option has, so that a misspelt option is not silently ignored. */
export function requireKnownKeys(name: string, value: unknown, known: readonly string[]): void {
  requireObject(name, value);
  const unknown = Object.keys(value as object).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new ArgumentError(`Unknown ${unknown.join(', ')} in ${name}; known: ${known.join(', ')}`);
  }
}

/** An object whose undefined values are left out: what is optional there may be missing, never undefined. */
export type Defined<T extends object> = {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
} & {
  [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key];
};

/** Leaves out the keys whose value is undefined. */
export function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
