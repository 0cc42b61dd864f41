import { dirname, join } from 'node:path';
import type { ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import { RESERVE, UNFINISHED } from './layout.js';

const CHUNK_BYTES = 2 ** 20;

/** Room that is kept, and given up when the disk is full: so that deletions can be recorded, and end it. */
export class Reserve {
  readonly #io: Io;
  readonly #path: string;
  readonly #bytes: number;
  #present = false;

  constructor(io: Io, folder: string, bytes: number) {
    this.#io = io;
    this.#path = join(folder, RESERVE);
    this.#bytes = bytes;
  }

  get present(): boolean {
    return this.#present || this.#bytes === 0;
  }

  /** Finds the room that an earlier service has kept, of whatever size: opening the store may need it. */
  async find(): Promise<void> {
    // What a crash has left of an earlier attempt is no use to anybody.
    await this.#io.unlink(this.#path + UNFINISHED);
    this.#present = (await this.#io.stat(this.#path))?.kind === 'file';
  }

  /** Takes the room where it is not taken yet. Rejects where there is none. */
  async ensure(): Promise<void> {
    await this.#io.unlink(this.#path + UNFINISHED);
    if (this.#bytes === 0) return this.#io.unlink(this.#path);
    if ((await this.#io.stat(this.#path))?.bytes !== this.#bytes) await this.#fill();
    this.#present = true;
  }

  /** Runs something that needs a little room; once more with the room that was kept, where there is none. */
  async lend<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if ((error as ServiceError).code !== 'FULL' || !(await this.giveUp())) throw error;
      return run();
    }
  }

  /** Frees the room; whether there was any. */
  async giveUp(): Promise<boolean> {
    if (!this.#present) return false;
    this.#present = false;
    await this.#io.unlink(this.#path);
    return true;
  }

  async #fill(): Promise<void> {
    const unfinished = this.#path + UNFINISHED;
    await this.#io.unlink(this.#path);
    const file = await this.#io.create(unfinished);
    try {
      const zeros = new Uint8Array(Math.min(CHUNK_BYTES, this.#bytes));
      for (let start = 0; start < this.#bytes; start += CHUNK_BYTES) {
        await file.write(zeros.subarray(0, Math.min(CHUNK_BYTES, this.#bytes - start)));
      }
      await file.sync();
    } catch (error) {
      await file.close();
      await this.#io.unlink(unfinished);
      throw error;
    }
    await file.close();
    await this.#io.rename(unfinished, this.#path);
    // The next start may find the disk full, and need it.
    await this.#io.syncFolder(dirname(this.#path));
  }
}
