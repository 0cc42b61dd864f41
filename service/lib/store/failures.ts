import type { ServiceError } from '../errors.js';
import type { Context } from './context.js';
import type { OnFailure } from './ledger.js';

/** A transaction is tried this often, each time on a new file. */
const MOST_ATTEMPTS = 3;

/**
 * What is done when the database cannot be written: a full disk gets the reserve, and a file whose sync has failed is
 * never trusted again: all that is committed goes to a new one.
 */
export function makeOnFailure(context: Pick<Context, 'counts' | 'problems' | 'reserve' | 'database'>): OnFailure {
  const { counts, problems, reserve } = context;
  const renew = async (): Promise<boolean> => {
    try {
      await context.database.renew();
      problems.delete('database');
      return true;
    } catch (error) {
      problems.set('database', `the database cannot be written: ${(error as Error).message}`);
      return false;
    }
  };
  return async (error: ServiceError, attempt: number) => {
    if (error.code === 'FULL') {
      counts.fullErrors += 1;
      problems.set('full', error.message);
      return attempt === 1 && (await reserve.giveUp());
    }
    if (error.code !== 'SYNC') {
      problems.set('database', error.message);
      return false;
    }
    counts.syncFailures += 1;
    problems.set('database', error.message);
    return attempt < MOST_ATTEMPTS && (await renew());
  };
}
