import { join } from 'node:path';
import { ServiceError } from '../errors.js';
import { errorCode } from './sqlite-errors.js';
import { loadSqlite } from './sqlite-module.js';
import type { DatabaseSync } from './sqlite-module.js';

export const LOCK_NAME = 'lock';

/**
 * Takes the store for this process: SQLite's exclusive lock on a file of its own, which the kernel takes away when the
 * process ends. Throws ServiceError `LOCKED` where another has it.
 */
export function holdLock(folder: string): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  try {
    const lock = new DatabaseSync(join(folder, LOCK_NAME));
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    if (errorCode(error) !== 'LOCKED') throw error;
    throw new ServiceError('LOCKED', `Another service has the store ${folder} open: stop it, or use another folder`);
  }
}
