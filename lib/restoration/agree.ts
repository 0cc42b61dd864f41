import { IntegrityError } from '../runtime/errors.js';

/** More computations than this tell nothing new: something is broken. */
const MOST_COMPUTATIONS = 3;

/**
 * Computes until two computations agree. Rejects with IntegrityError where no two of three do.
 * @param compute resolves to a digest of the result; `index` counts from 0
 */
export async function untilTwoAgree(
  compute: (index: number) => Promise<string>,
  tally: { differences: number },
): Promise<void> {
  const digests: string[] = [];
  while (digests.length < MOST_COMPUTATIONS) {
    const digest = await compute(digests.length);
    if (digests.includes(digest)) return;
    if (digests.length > 0) tally.differences++;
    digests.push(digest);
  }
  throw new IntegrityError(
    `${MOST_COMPUTATIONS} computations of a frame gave as many results: check the memory and the processor`,
  );
}
