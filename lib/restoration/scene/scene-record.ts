import type { PartFile } from '../../files/part-file.js';
import { markOf } from '../../image/row-writer.js';
import type { RowPicture, WrittenRows } from '../../image/row-writer.js';
import { firstWindows, formatJournal } from './journal.js';
import type { Journal, SceneIdentity, WrittenWindow } from './journal.js';

/** What is known of a part that is being written, on disk as soon as it is durable. */
export class SceneRecord {
  readonly #part: PartFile;
  readonly #picture: RowPicture;
  readonly #identity: SceneIdentity;
  readonly #rows: number;
  readonly #earlier: number;
  #journal: Journal | null;

  /** @param journal of an earlier run; null: there is none */
  constructor(part: PartFile, picture: RowPicture, identity: SceneIdentity, rows: number, journal: Journal | null) {
    this.#part = part;
    this.#picture = picture;
    this.#identity = identity;
    this.#rows = rows;
    this.#journal = journal;
    this.#earlier = this.windows.length;
  }

  get windows(): readonly WrittenWindow[] {
    return this.#journal?.windows ?? [];
  }

  /** Windows that an earlier run has written. */
  get earlier(): number {
    return this.#earlier;
  }

  /** The first row that is not written. */
  get nextRow(): number {
    return this.#journal?.written.nextRow ?? 0;
  }

  /** Notes one more window. Rejects as `PartFile.record`. @param written where its writer is after it */
  async add(window: Omit<WrittenWindow, 'mark'>, written: WrittenRows): Promise<void> {
    const windows = [...this.windows, { mark: markOf(written), ...window }];
    this.#journal = { identity: this.#identity, rows: this.#rows, windows, written };
    await this.#part.record(formatJournal(this.#journal));
  }

  /** Forgets all windows but the first ones: they may be wrong. Rejects as `PartFile.record`. */
  async keepFirst(count: number): Promise<void> {
    if (count >= this.windows.length) return;
    this.#journal = firstWindows(this.#journal!, count, this.#picture);
    if (this.#journal) await this.#part.record(formatJournal(this.#journal));
  }
}
