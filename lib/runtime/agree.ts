import { IntegrityError } from './errors.js';

/** More attempts than this tell nothing new: something is broken. */
export const MOST_ATTEMPTS = 3;

/** What an attempt has brought, and a digest of it. */
export interface Attempt<T> {
  readonly value: T;
  readonly digest: string;
}

/**
 * Does something until two attempts agree.
 * @param attempt `index` counts from 0
 * @param onDifference told of every attempt but the first that is like none before it
 * @param failure what an IntegrityError says where no two of {@link MOST_ATTEMPTS} agree
 * @returns what the last attempt has brought
 */
export async function untilTwoAgree<T>(
  attempt: (index: number) => Promise<Attempt<T>>,
  onDifference: () => void,
  failure: string,
): Promise<T> {
  const digests: string[] = [];
  while (digests.length < MOST_ATTEMPTS) {
    const { value, digest } = await attempt(digests.length);
    if (digests.includes(digest)) return value;
    if (digests.length > 0) onDifference();
    digests.push(digest);
  }
  throw new IntegrityError(failure);
}
