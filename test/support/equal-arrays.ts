import { expect } from 'vitest';

/** Arrays of the same bytes are equal. Vitest would compare them sample by sample: a second for each megabyte. */
function haveSameBytes(one: unknown, other: unknown): true | undefined {
  if (!ArrayBuffer.isView(one) || !ArrayBuffer.isView(other)) return undefined;
  if (one.constructor !== other.constructor || one.byteLength !== other.byteLength) return undefined;
  const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
    Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  return bytesOf(one).equals(bytesOf(other)) ? true : undefined;
}

expect.addEqualityTesters([haveSameBytes]);
