import { join } from 'node:path';
import type { Io } from '../io.js';
import { syncFile } from './durable.js';
import { UNFINISHED } from './layout.js';

const NAME = /^catalogue-(\d{6})\.db$/;

/**
 * The files of the database: `catalogue-000001.db` and so on. The one with the highest number counts. A file gets its
 * name when it is whole and durable, so that a crash leaves the old one or the new one, and never a log beside a
 * database that it does not belong to.
 */
export class Generations {
  readonly #io: Io;
  readonly #folder: string;

  constructor(io: Io, folder: string) {
    this.#io = io;
    this.#folder = folder;
  }

  /** Where the newest is, or the first will be. */
  async current(): Promise<string> {
    return this.#path(Math.max(1, ...(await this.#numbers())));
  }

  /** Begins the next one: `write` makes its file under another name, which is then synced and renamed. */
  async next(write: (path: string) => Promise<void>): Promise<void> {
    const path = this.#path(Math.max(0, ...(await this.#numbers())) + 1);
    const unfinished = `${path}${UNFINISHED}`;
    // What SQLite keeps beside a file of that name would be taken for its own.
    for (const suffix of ['', '-wal', '-journal']) await this.#io.unlink(unfinished + suffix);
    await write(unfinished);
    await syncFile(this.#io, unfinished);
    await this.#io.rename(unfinished, path);
    await this.#io.syncFolder(this.#folder);
  }

  /** Removes all but the newest, and what was never finished. */
  async dropOld(): Promise<void> {
    for (const { path } of await this.#old()) await this.#io.unlink(path);
  }

  /** Gives all but the newest to somebody who keeps them elsewhere. */
  async keepOld(keep: (path: string, name: string) => Promise<void>): Promise<void> {
    for (const { path, name } of await this.#old()) if (!name.includes(UNFINISHED)) await keep(path, name);
  }

  async #old(): Promise<{ readonly path: string; readonly name: string }[]> {
    const newest = await this.current();
    const files = (await this.#io.list(this.#folder))
      .filter((name) => name.startsWith('catalogue-'))
      .map((name) => ({ name, path: join(this.#folder, name) }));
    return files.filter(({ path }) => path !== newest && (!path.startsWith(`${newest}-`) || path.includes(UNFINISHED)));
  }

  async #numbers(): Promise<number[]> {
    const names = await this.#io.list(this.#folder);
    return names.flatMap((name) => NAME.exec(name)?.slice(1).map(Number) ?? []);
  }

  #path(number: number): string {
    return join(this.#folder, `catalogue-${String(number).padStart(6, '0')}.db`);
  }
}
