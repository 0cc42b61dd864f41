import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TABLES } from './database.js';
import type { StoredRow, Table } from './database.js';
import { SqliteFile } from './sqlite-file.js';

const NAME = /^catalogue-\d{6}\.db$/;
const ALL = 2 ** 31;

/**
 * All rows of a store's database, read from a copy of its files: reading them where they are would change them. Throws
 * ServiceError `DAMAGED` where they cannot be read.
 */
export async function readCatalogue(folder: string): Promise<Readonly<Record<Table, readonly StoredRow[]>>> {
  const names = await readdir(folder);
  const newest = names
    .filter((name) => NAME.test(name))
    .sort()
    .at(-1);
  if (newest === undefined) return { captures: [], events: [], memos: [] };
  const copy = await mkdtemp(join(tmpdir(), 'perifocal-check-'));
  try {
    for (const name of names.filter((each) => each === newest || each === `${newest}-wal`)) {
      await copyFile(join(folder, name), join(copy, name));
    }
    const file = new SqliteFile(join(copy, newest));
    const rows = TABLES.map((table) => [table, file.scan(table, -1, ALL)] as const);
    file.close();
    return Object.fromEntries(rows) as Record<Table, StoredRow[]>;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
