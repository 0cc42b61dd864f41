import { Worker } from 'node:worker_threads';
import { ServiceError } from '../errors.js';
import type { Database, DatabaseCounters, StoredRow, Table, Transaction } from './database.js';
import type { Generations } from './generations.js';
import type { Reply, Task } from './sqlite-protocol.js';

/** Threads load no TypeScript: from the sources, as tests run them, the thread is the built one. */
const WORKER = import.meta.url.endsWith('.ts') ? '../../dist/store/sqlite-worker.js' : './sqlite-worker.js';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: ServiceError): void;
}

/**
 * The database of a store: SQLite in a thread of its own, which also holds the lock. Its file has a number in its name;
 * `renew` begins the next one.
 */
export class SqliteDatabase implements Database {
  readonly #folder: string;
  readonly #generations: Generations;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  /** Whether the thread has a file open. */
  #isOpen = false;
  #sent = 0;
  #ended = false;
  #counters: DatabaseCounters = { healedRows: 0, damagedRows: 0 };

  private constructor(folder: string, generations: Generations) {
    this.#folder = folder;
    this.#generations = generations;
  }

  /** Takes the lock of the store. Rejects with LOCKED where another service has it. No file is open yet. */
  static async lock(folder: string, generations: Generations): Promise<SqliteDatabase> {
    const database = new SqliteDatabase(folder, generations);
    try {
      await database.#do({ kind: 'open', path: ':memory:' });
      return database;
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /**
   * Opens the newest file, or makes the first, and removes what is left of others. Rejects with DAMAGED where SQLite
   * cannot read it.
   */
  async open(): Promise<void> {
    this.#isOpen = false;
    await this.#do({ kind: 'open', path: await this.#generations.current() });
    this.#isOpen = true;
    // What the disk refuses is removed next time.
    await this.#generations.dropOld().catch(() => {});
  }

  /** Replaces the newest file by one with other rows. */
  async replace(
    transactions: Iterable<Transaction>,
    keep?: (path: string, name: string) => Promise<void>,
  ): Promise<void> {
    await this.#generations.next(async (path) => {
      this.#isOpen = false;
      await this.#do({ kind: 'open', path });
      let rows = 0;
      for (const transaction of transactions) {
        await this.#do({ kind: 'commit', transaction });
        rows += transaction.writes.length;
      }
      await this.#do({ kind: 'finish', path, rows });
    });
    if (keep) await this.#generations.keepOld(keep);
    await this.open();
  }

  get counters(): DatabaseCounters {
    return this.#counters;
  }

  read(table: Table, keys: readonly number[]): Promise<StoredRow[]> {
    return this.#ask({ kind: 'read', table, keys }) as Promise<StoredRow[]>;
  }

  scan(table: Table, after: number, limit: number): Promise<StoredRow[]> {
    return this.#ask({ kind: 'scan', table, after, limit }) as Promise<StoredRow[]>;
  }

  async commit(transaction: Transaction): Promise<void> {
    await this.#ask({ kind: 'commit', transaction });
  }

  async renew(): Promise<void> {
    if (!this.#isOpen) await this.open();
    await this.#generations.next(async (path) => {
      await this.#do({ kind: 'copy', path });
    });
    await this.open();
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    await this.#do({ kind: 'end' }).catch(() => {});
    this.#ended = true;
    await this.#worker?.terminate();
  }

  /** A thread that has ended is started again, and opens what the other had open. */
  async #ask(task: Task): Promise<unknown> {
    if (!this.#worker && !this.#ended) await this.open();
    return this.#do(task);
  }

  #do(task: Task): Promise<unknown> {
    if (this.#ended) return Promise.reject(new ServiceError('CLOSED', 'The database is closed'));
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const number = this.#sent;
    this.#sent += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      worker.postMessage({ number, task });
    });
  }

  #start(): Worker {
    // Options of the process, such as --input-type, are not for its threads.
    const options = { workerData: { folder: this.#folder }, execArgv: [] };
    const worker = new Worker(new URL(WORKER, import.meta.url), options);
    let reason = 'it has ended';
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (error) => {
      reason = error.message;
    });
    worker.on('exit', () => this.#lose(reason));
    return worker;
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.number);
    this.#waiting.delete(reply.number);
    if (reply.counters) this.#counters = reply.counters;
    if (reply.error) waiting?.reject(new ServiceError(reply.error.code, reply.error.message));
    else waiting?.resolve(reply.result);
  }

  /** Nobody knows whether what the thread was doing has become durable: it is done again. */
  #lose(reason: string): void {
    this.#worker = null;
    this.#isOpen = false;
    const [code, what] = this.#ended ? (['CLOSED', 'is closed'] as const) : (['SYNC', 'has lost its thread'] as const);
    for (const { reject } of this.#waiting.values()) {
      reject(new ServiceError(code, `The database ${what}: ${reason}`));
    }
    this.#waiting.clear();
  }
}
