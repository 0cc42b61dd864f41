/**
 * As `Promise.all`, but it settles only once all have settled: nothing runs on unobserved. The first failure counts.
 */
export async function settleAll<T extends readonly unknown[] | []>(
  promises: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
