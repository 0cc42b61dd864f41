import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from '../io.js';
import { TABLES } from './database.js';
import type { StoredRow, Table } from './database.js';
import { verifyRow } from './rows.js';
import type { RawRow } from './rows.js';
import { loadSqlite } from './sqlite-module.js';
import type { DatabaseSync } from './sqlite-module.js';

const NAME = /^catalogue-\d{6}\.db$/;

/** All that a store's database says. */
export interface ReadCatalogue {
  readonly rows: Readonly<Record<Table, readonly StoredRow[]>>;
  /** Rows of which one copy is damaged, as `captures 5`. */
  readonly halved: readonly string[];
  /** What cannot be read, in words. */
  readonly faults: readonly string[];
}

/**
 * Reads a store's database from a copy of its files: reading them where they are would change them. Nothing is healed,
 * not in the copy either. Nobody else may write it meanwhile.
 */
export async function readCatalogue(io: Io, folder: string): Promise<ReadCatalogue> {
  const names = await io.list(folder);
  const newest = names.filter((name) => NAME.test(name)).at(-1);
  if (newest === undefined) return { rows: { captures: [], events: [], memos: [] }, halved: [], faults: [] };
  const copy = join(tmpdir(), `perifocal-check-${io.uuid()}`);
  await io.makeFolder(copy);
  try {
    for (const name of names.filter((each) => each === newest || each === `${newest}-wal`)) {
      await io.copy(join(folder, name), join(copy, name));
    }
    return readRows(join(copy, newest));
  } finally {
    for (const name of await io.list(copy)) await io.unlink(join(copy, name));
    await io.removeFolder(copy);
  }
}

function readRows(path: string): ReadCatalogue {
  const { DatabaseSync } = loadSqlite();
  const rows: Record<Table, StoredRow[]> = { captures: [], events: [], memos: [] };
  const halved: string[] = [];
  const faults: string[] = [];
  const database = new DatabaseSync(path);
  for (const table of TABLES) {
    try {
      for (const row of rawRows(database, table)) {
        const { body, healed } = verifyRow(row);
        const key = Number(row.key);
        rows[table].push({ key, body: body && Buffer.from(body).toString() });
        if (healed) halved.push(`${table} ${key}`);
      }
    } catch (error) {
      faults.push(`${table}: ${(error as Error).message}`);
    }
  }
  database.close();
  return { rows, halved, faults };
}

const rawRows = (database: DatabaseSync, table: Table): RawRow[] =>
  database.prepare(`SELECT * FROM ${table} ORDER BY key`).all() as unknown as RawRow[];
