/** Bytes of a file that are read or written at once: each piece costs a way to a thread and back. */
const CHUNK_BYTES = 2 ** 20;
/** That are kept for the next time: a new one costs as much as a copy of what goes through it. */
const MOST_KEPT = 2;

const kept: Uint8Array[] = [];

/** Works with a buffer for pieces of a file. It holds anything at first, and is another's afterwards. */
export async function withChunk<T>(work: (chunk: Uint8Array) => Promise<T>): Promise<T> {
  const chunk = kept.pop() ?? new Uint8Array(CHUNK_BYTES);
  try {
    return await work(chunk);
  } finally {
    if (kept.length < MOST_KEPT) kept.push(chunk);
  }
}
