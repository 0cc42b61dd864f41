import { createHash } from 'node:crypto';
import type { Pauses } from './pauses.js';

/** Bytes that are digested at a time: some milliseconds. */
const CHUNK_BYTES = 2 ** 20;

/** SHA-256 of arrays that come one after the other. */
export class RunningDigest {
  readonly #hash = createHash('sha256');

  async add({ buffer, byteOffset, byteLength }: NodeJS.TypedArray, pauses: Pauses): Promise<void> {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
      if (pauses.isDue) await pauses.take();
      this.#hash.update(bytes.subarray(start, start + CHUNK_BYTES));
    }
  }

  /** In hex. Nothing can be added afterwards. */
  end(): string {
    return this.#hash.digest('hex');
  }
}

/** SHA-256 in hex of what some arrays hold, one after the other. */
export async function digestOf(arrays: readonly NodeJS.TypedArray[], pauses: Pauses): Promise<string> {
  const digest = new RunningDigest();
  for (const array of arrays) await digest.add(array, pauses);
  return digest.end();
}
