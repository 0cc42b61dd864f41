import { ArgumentError } from '../runtime/errors.js';
import { expected } from '../runtime/validate.js';

/** An array of this length, in memory that is neither shared nor resizable. Throws ArgumentError. */
export function requireFloats(name: string, value: unknown, length: number, isPinned = false): Float32Array {
  if (!(value instanceof Float32Array) || value.length !== length) {
    throw expected(
      `Float32Array of ${length} values`,
      value instanceof Float32Array ? `${name} of ${value.length} values` : name,
      value,
    );
  }
  if (isPinned) return value;
  const { buffer } = value as { buffer: ArrayBufferLike & { resizable?: boolean } };
  if (!(buffer instanceof ArrayBuffer) || buffer.resizable === true) {
    throw new ArgumentError(`Expected ${name} on an ArrayBuffer that is neither shared nor resizable`);
  }
  return value;
}

/** Throws ArgumentError where two arrays share memory. */
export function requireApart(arrays: Readonly<Record<string, Float32Array>>): void {
  const entries = Object.entries(arrays);
  entries.forEach(([name, a], index) => {
    const clash = entries.slice(index + 1).find(([, b]) => overlap(a, b));
    if (clash) throw new ArgumentError(`${name} and ${clash[0]} overlap in memory; give each its own`);
  });
}

function overlap(a: Float32Array, b: Float32Array): boolean {
  const [endOfA, endOfB] = [a.byteOffset + a.byteLength, b.byteOffset + b.byteLength];
  return a.buffer === b.buffer && a.byteOffset < endOfB && b.byteOffset < endOfA;
}
