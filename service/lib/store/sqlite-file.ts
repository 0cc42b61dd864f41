import { ServiceError } from '../errors.js';
import { crc32c } from './crc32c.js';
import { TABLES } from './database.js';
import type { DatabaseCounters, RowWrite, StoredRow, Table, Transaction } from './database.js';
import { verifyRow } from './rows.js';
import type { RawRow } from './rows.js';
import { errorCode } from './sqlite-errors.js';
import { loadSqlite } from './sqlite-module.js';
import type { DatabaseSync } from './sqlite-module.js';

/** Pages of the log after which SQLite copies them into the database: 1 MiB. */
const CHECKPOINT_PAGES = 256;
/** The log is cut back to this. */
const LOG_BYTES = 4 * 2 ** 20;

/** EXCLUSIVE before WAL keeps the index of the log in memory: no shared-memory file, and nobody else gets in. */
const PRAGMAS = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
  PRAGMA journal_size_limit = ${LOG_BYTES};
  PRAGMA cache_size = -1024;
  PRAGMA cell_size_check = ON;`;

const SCHEMA = TABLES.map(
  (table) => `CREATE TABLE IF NOT EXISTS ${table}(
    key INTEGER PRIMARY KEY, body BLOB NOT NULL, crc INTEGER NOT NULL, copy BLOB NOT NULL);`,
).join('\n');

/**
 * Before a file is closed: the log goes into it, and the lock ends, with the first read. The package leaves a file
 * open, and so locked, until its statements are garbage.
 */
const UNLOCK = `
  PRAGMA journal_mode = DELETE;
  PRAGMA locking_mode = NORMAL;
  SELECT count(*) FROM sqlite_schema;`;

type Statement = ReturnType<DatabaseSync['prepare']>;

/** One database file, as `Database` describes its rows. All calls wait for the disk. */
export class SqliteFile {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, Statement>();
  #healedRows = 0;
  /** Read however often, each counts once. */
  readonly #damagedRows = new Set<string>();

  /** Opens the file, or makes it. Throws ServiceError. */
  constructor(path: string) {
    const { DatabaseSync } = loadSqlite();
    this.#database = named(path, () => new DatabaseSync(path));
    named(path, () => this.#database.exec(PRAGMAS + SCHEMA));
  }

  get counters(): DatabaseCounters {
    return { healedRows: this.#healedRows, damagedRows: this.#damagedRows.size };
  }

  read(table: Table, keys: readonly number[]): StoredRow[] {
    const find = (key: number): unknown => this.#prepare(`SELECT * FROM ${table} WHERE key = ?`).get(key);
    const rows = named(table, () => keys.map((key) => find(key) as RawRow | undefined));
    return rows.filter((row) => row !== undefined).map((row) => this.#verify(table, row));
  }

  scan(table: Table, after: number, limit: number): StoredRow[] {
    const text = `SELECT * FROM ${table} WHERE key > ? ORDER BY key LIMIT ?`;
    const rows = named(table, () => this.#prepare(text).all(after, limit) as RawRow[]);
    return rows.map((row) => this.#verify(table, row));
  }

  commit({ writes, dropEventsBelow }: Transaction): void {
    named('a transaction', () => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        for (const write of writes) this.#write(write);
        if (dropEventsBelow !== null) this.#prepare('DELETE FROM events WHERE key < ?').run(dropEventsBelow);
        this.#database.exec('COMMIT');
      } catch (error) {
        this.#rollBack();
        throw error;
      }
    });
  }

  /** Writes all rows to a new file. It is not synced. */
  copyTo(path: string): void {
    named(path, () => this.#prepare('VACUUM INTO ?').run(path));
  }

  /** Closes the file once all of it is in the one file, with that many rows. Throws ServiceError where it is not. */
  finish(path: string, rows: number): void {
    named(path, () => {
      const { busy } = this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
      if (busy !== 0) throw new ServiceError('SYNC', `${path} could not be made whole: its log is in use`);
      this.#database.exec(UNLOCK);
      this.#database.close();
      const found = countRows(path);
      if (found !== rows) throw new ServiceError('SYNC', `${path} has ${found} rows, and ${rows} were written`);
    });
  }

  /** Closes the file also where the disk does not take what is left in the log: that is committed already. */
  close(): void {
    for (const run of [() => this.#database.exec(UNLOCK), () => this.#database.close()]) {
      try {
        run();
      } catch {}
    }
  }

  #prepare(text: string): Statement {
    const statement = this.#statements.get(text) ?? this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  #write({ table, key, body }: RowWrite): void {
    if (body === null) this.#prepare(`DELETE FROM ${table} WHERE key = ?`).run(key);
    else this.#put(table, key, Buffer.from(body));
  }

  #put(table: Table, key: number, body: Uint8Array): void {
    this.#prepare(`REPLACE INTO ${table} VALUES (?, ?, ?, ?)`).run(key, body, crc32c(body), body);
  }

  /** SQLite has rolled back by itself after some errors: then this is one more. */
  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {}
  }

  #verify(table: Table, row: RawRow): StoredRow {
    const key = Number(row.key);
    const { body, healed } = verifyRow(row);
    if (body === null) this.#damagedRows.add(`${table}/${key}`);
    if (healed && body) this.#heal(table, key, body);
    return { key, body: body && Buffer.from(body).toString() };
  }

  #heal(table: Table, key: number, body: Uint8Array): void {
    this.#healedRows += 1;
    try {
      this.#put(table, key, body);
    } catch {
      // It is read from the other copy again next time.
    }
  }
}

/** Rows of all tables, as somebody finds them who has the one file only. */
function countRows(path: string): number {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const counts = TABLES.map((table) => database.prepare(`SELECT count(*) AS rows FROM ${table}`).get());
    return counts.reduce<number>((sum, found) => sum + Number((found as { rows: unknown }).rows), 0);
  } finally {
    database.close();
  }
}

/** Errors of SQLite as the store's own. */
function named<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError(errorCode(error), `The database failed at ${what}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
