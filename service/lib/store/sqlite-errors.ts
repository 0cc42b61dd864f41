import type { ServiceErrorCode } from '../errors.js';

/** Result codes of SQLite: https://sqlite.org/rescode.html. */
const CODES: Readonly<Record<number, ServiceErrorCode>> = {
  5: 'LOCKED', // SQLITE_BUSY
  8: 'UNWRITABLE', // SQLITE_READONLY
  10: 'SYNC', // SQLITE_IOERR
  11: 'DAMAGED', // SQLITE_CORRUPT
  13: 'FULL', // SQLITE_FULL
  14: 'UNWRITABLE', // SQLITE_CANTOPEN
  26: 'DAMAGED', // SQLITE_NOTADB
};

/** What an error of SQLite means for the store. */
export function errorCode(error: unknown): ServiceErrorCode {
  const { errcode } = error as { errcode?: number };
  // The low byte is the primary code; the others say more of it.
  return CODES[(errcode ?? 0) & 0xff] ?? 'INTERNAL';
}
