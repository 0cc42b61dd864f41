import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { followLinks, keepAttributes, refusal, syncFolder, unwritable, writeAtomically } from './write-file.js';

/** A longer journal is none of this package's. */
const MOST_JOURNAL_BYTES = 2 ** 26;

/** Where a file is made that may take more than one run of a program. */
export interface PartPaths {
  /** The file itself, symbolic links followed. */
  readonly target: string;
  /** What there is of it. */
  readonly part: string;
  /** What is known of the part, for who goes on with it. */
  readonly journal: string;
}

/** The names of a file in the making, beside it. Rejects with ImageError where links lead in a circle. */
export async function partPathsOf(path: string): Promise<PartPaths> {
  const target = await followLinks(path);
  return { target, part: `${target}.part`, journal: `${target}.resume.json` };
}

/**
 * The text of the journal where there is one with a part, else null. Rejects with ImageError where it cannot be read.
 */
export async function readJournal({ part, journal }: PartPaths): Promise<string | null> {
  const [found, text] = [await stat(part).catch(() => null), await stat(journal).catch(() => null)];
  if (!found || !text) return null;
  if (!found.isFile() || !text.isFile() || text.size > MOST_JOURNAL_BYTES)
    throw unwritable(part, `it or ${journal} is no file of an earlier run; remove both`);
  return await readFile(journal, 'utf8').catch((cause: Error) => {
    throw unwritable(journal, cause.message, { cause });
  });
}

/**
 * A file that is written piece by piece beside the one that it will replace. Whatever ends the process leaves the old
 * file, or none, and a part which the journal describes no further than it is on disk.
 */
export class PartFile implements AsyncDisposable {
  readonly handle: FileHandle;
  readonly #paths: PartPaths;
  #isClosed = false;
  #isRecorded = false;

  private constructor(paths: PartPaths, handle: FileHandle) {
    this.#paths = paths;
    this.handle = handle;
  }

  /**
   * Opens a part. Rejects with ImageError.
   * @param keptBytes what is kept of an earlier one; null: it is made anew, and an earlier one goes
   */
  static async open(paths: PartPaths, keptBytes: number | null): Promise<PartFile> {
    const { target, part, journal } = paths;
    try {
      const existing = await stat(target).catch(() => null);
      const refused = existing && refusal(existing);
      if (refused) throw new Error(refused);
      if (keptBytes === null) {
        await rm(journal, { force: true });
        await rm(part, { force: true });
      }
      const handle = await open(part, keptBytes === null ? 'wx+' : 'r+');
      const { size } = await handle.stat();
      if (keptBytes !== null && size < keptBytes) throw new Error(`${part} has ${size} of ${keptBytes} bytes`);
      if (keptBytes !== null) await handle.truncate(keptBytes);
      if (existing) await keepAttributes(handle, existing);
      return new PartFile(paths, handle);
    } catch (cause) {
      throw unwritable(target, (cause as Error).message, { cause });
    }
  }

  /** Whether anything is known of what was written. */
  get isRecorded(): boolean {
    return this.#isRecorded;
  }

  /** Makes what was written durable, then what is known of it. */
  async record(journal: string): Promise<void> {
    await this.#orUnwritable(() => this.handle.sync());
    await writeAtomically(this.#paths.journal, [Buffer.from(journal)]);
    this.#isRecorded = true;
  }

  /** Puts the file in the place of the old one. */
  async finish(): Promise<void> {
    const { part, target, journal } = this.#paths;
    await this.#orUnwritable(async () => {
      await this.handle.sync();
      await this.#close();
      await rename(part, target);
      await syncFolder(dirname(target));
      await rm(journal, { force: true });
    });
  }

  /** Removes what is left of the work: it is in the file, or was in vain. */
  async discard(): Promise<void> {
    await this.#close();
    await rm(this.#paths.journal, { force: true }).catch(() => {});
    await rm(this.#paths.part, { force: true }).catch(() => {});
  }

  async #orUnwritable(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      throw unwritable(this.#paths.target, (cause as Error).message, { cause });
    }
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
