import { createHash } from 'node:crypto';
import type { Pauses } from './pauses.js';

/** Bytes that are digested at a time: some milliseconds. */
const CHUNK_BYTES = 2 ** 20;

/** SHA-256 in hex of what some arrays hold, one after the other. */
export async function digestOf(arrays: readonly NodeJS.TypedArray[], pauses: Pauses): Promise<string> {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of arrays) {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
      if (pauses.isDue) await pauses.take();
      hash.update(bytes.subarray(start, start + CHUNK_BYTES));
    }
  }
  return hash.digest('hex');
}
