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

/** What SQLite says of a damaged file. */
const DAMAGED = /disk image is malformed|file is not a database/;

/** What an error of SQLite means for the store. */
export function errorCode(error: unknown): ServiceErrorCode {
  const { errcode = 0, message } = error as { errcode?: number; message: string };
  // The low byte is the primary code; the others say more of it.
  const code = CODES[errcode & 0xff];
  if (code !== undefined) return code;
  // Not every way of reading rows brings the code along.
  return DAMAGED.test(message) ? 'DAMAGED' : 'INTERNAL';
}
