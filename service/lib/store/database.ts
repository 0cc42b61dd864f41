/** What rows there are. `captures` by order, `events` by seq, `memos` by number. */
export const TABLES = ['captures', 'events', 'memos'] as const;
export type Table = (typeof TABLES)[number];

/** A row as it is kept: `body` is JSON, null where both copies of it are damaged. */
export interface StoredRow {
  readonly key: number;
  readonly body: string | null;
}

/** One row of a transaction; `body` null deletes it. */
export interface RowWrite {
  readonly table: Table;
  readonly key: number;
  readonly body: string | null;
}

/** All of it becomes durable, or none. */
export interface Transaction {
  readonly writes: readonly RowWrite[];
  /** Events with a smaller seq are dropped; null: none. */
  readonly dropEventsBelow: number | null;
}

/**
 * Rows of JSON, each kept twice with a CRC32C, which is verified when it is read. Errors are ServiceErrors: `FULL`
 * where there is no room, `SYNC` where the disk did not take the bytes (then `renew` is needed), `CLOSED`.
 */
export interface Database {
  /** The rows with these keys, in the order of their keys; those that are not there are left out. */
  read(table: Table, keys: readonly number[]): Promise<StoredRow[]>;
  /** Up to `limit` rows after a key, in the order of their keys. */
  scan(table: Table, after: number, limit: number): Promise<StoredRow[]>;
  /** Resolves once the transaction is durable. */
  commit(transaction: Transaction): Promise<void>;
  /** Writes all that is committed to a new file and goes on there: a file whose sync has failed is never trusted. */
  renew(): Promise<void>;
  /** Opens what is there. Rejects with DAMAGED where it cannot be read at all. */
  open(): Promise<void>;
  /**
   * Puts other rows in the place of all there are.
   * @param keep what becomes of the files that held them; default: they go
   */
  replace(transactions: Iterable<Transaction>, keep?: (path: string, name: string) => Promise<void>): Promise<void>;
  close(): Promise<void>;
  readonly counters: DatabaseCounters;
}

export interface DatabaseCounters {
  /** Rows of which one copy was damaged: made whole from the other. */
  readonly healedRows: number;
  /** Rows of which no copy was whole. */
  readonly damagedRows: number;
}
