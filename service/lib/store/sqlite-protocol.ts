import type { ServiceErrorCode } from '../errors.js';
import type { DatabaseCounters, Table, Transaction } from './database.js';

/** What SQLite's thread is asked to do. */
export type Task =
  | { readonly kind: 'open'; readonly path: string }
  | { readonly kind: 'read'; readonly table: Table; readonly keys: readonly number[] }
  | { readonly kind: 'scan'; readonly table: Table; readonly after: number; readonly limit: number }
  | { readonly kind: 'commit'; readonly transaction: Transaction }
  | { readonly kind: 'copy'; readonly path: string }
  | { readonly kind: 'finish'; readonly path: string; readonly rows: number }
  | { readonly kind: 'end' };

/** Its answer to the task with that number. */
export interface Reply {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: { readonly code: ServiceErrorCode; readonly message: string };
  readonly counters: DatabaseCounters | null;
}
