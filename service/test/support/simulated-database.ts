import { ServiceError } from '../../lib/errors.js';
import { TABLES } from '../../lib/store/database.js';
import type { Database, StoredRow, Table, Transaction } from '../../lib/store/database.js';
import type { SimulatedDisk } from './simulated-disk.js';

type Tables = Record<Table, Map<number, string>>;

/**
 * The database of a simulated disk: it keeps committed transactions, and the last one whole or not at all. That SQLite
 * does so on a real disk is what the recorder, the injections and the kills show.
 */
export class SimulatedDatabase implements Database {
  readonly counters = { healedRows: 0, damagedRows: 0 };
  readonly #disk: SimulatedDisk;
  readonly #tables: Tables;
  #failed = false;

  constructor(disk: SimulatedDisk, tables: Tables) {
    this.#disk = disk;
    this.#tables = tables;
  }

  static tables(): Tables {
    return { captures: new Map(), events: new Map(), memos: new Map() };
  }

  async open(): Promise<void> {}

  read(table: Table, keys: readonly number[]): Promise<StoredRow[]> {
    return this.#disk.act(() =>
      keys.filter((key) => this.#tables[table].has(key)).map((key) => ({ key, body: this.#tables[table].get(key)! })),
    );
  }

  scan(table: Table, after: number, limit: number): Promise<StoredRow[]> {
    return this.#disk.act(() =>
      sorted(this.#tables[table])
        .filter(({ key }) => key > after)
        .slice(0, limit),
    );
  }

  commit(transaction: Transaction): Promise<void> {
    return this.#disk.act(() => {
      if (this.#failed) throw new ServiceError('SYNC', 'the file is not trusted any more');
      try {
        this.#disk.fail('full', 'ENOSPC');
        this.#disk.requireRoom();
      } catch {
        throw new ServiceError('FULL', 'no room in the simulated database');
      }
      try {
        this.#disk.fail('syncError', 'EIO');
      } catch {
        this.#failed = true;
        throw new ServiceError('SYNC', 'the simulated database could not be synced');
      }
      this.#apply(transaction);
    });
  }

  renew(): Promise<void> {
    return this.#disk.act(() => {
      this.#failed = false;
    });
  }

  async replace(transactions: Iterable<Transaction>): Promise<void> {
    for (const table of TABLES) this.#tables[table].clear();
    for (const transaction of transactions) this.#apply(transaction);
  }

  async close(): Promise<void> {}

  #apply({ writes, dropEventsBelow }: Transaction): void {
    for (const { table, key, body } of writes) {
      if (body === null) this.#tables[table].delete(key);
      else this.#tables[table].set(key, body);
    }
    if (dropEventsBelow === null) return;
    for (const key of this.#tables.events.keys()) if (key < dropEventsBelow) this.#tables.events.delete(key);
  }
}

export const sorted = (table: ReadonlyMap<number, string>): StoredRow[] =>
  [...table].map(([key, body]) => ({ key, body })).sort((a, b) => a.key - b.key);
