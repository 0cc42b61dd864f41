import { createRequire } from 'node:module';
import type * as Sqlite from '@photostructure/sqlite';

/** The API of node:sqlite, as far as the store uses it. */
export type DatabaseSync = InstanceType<typeof Sqlite.DatabaseSync>;

/** Node's own SQLite where this Node has it (22.13 and later), else the package with the same API. */
export function loadSqlite(): typeof Sqlite {
  const builtin = process.getBuiltinModule?.('node:sqlite') as typeof Sqlite | undefined;
  return builtin ?? createRequire(import.meta.url)('@photostructure/sqlite');
}
