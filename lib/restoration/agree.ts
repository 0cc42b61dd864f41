import { MOST_ATTEMPTS, untilTwoAgree } from '../runtime/agree.js';

/**
 * Computes a frame until two computations agree. Rejects with IntegrityError where no two of three do.
 * @param compute resolves to a digest of the result; `index` counts from 0
 */
export async function untilTwoComputeAlike(
  compute: (index: number) => Promise<string>,
  tally: { differences: number },
): Promise<void> {
  await untilTwoAgree(
    async (index) => ({ value: null, digest: await compute(index) }),
    () => tally.differences++,
    `${MOST_ATTEMPTS} computations of a frame gave as many results: check the memory and the processor`,
  );
}
