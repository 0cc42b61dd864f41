import type { Capture } from '../capture/capture.js';
import { Entry } from './records.js';
import type { CaptureRecord } from './records.js';
import { FILE_CLASSES } from './store.js';
import type { CaptureQuery, FileClass } from './store.js';

/** Which captures there are, in memory: some 300 bytes each. What they are in full is in the database. */
export class Catalogue {
  readonly #byId = new Map<string, Entry>();
  /** In the order of their requests. */
  #entries: Entry[] = [];
  readonly #live = new Map<string, Entry>();
  readonly #bytes: Record<FileClass, number> = { raw: 0, product: 0, thumbnail: 0, manifest: 0 };
  #files = 0;

  get size(): number {
    return this.#entries.length;
  }

  get bytesByClass(): Readonly<Record<FileClass, number>> {
    return { ...this.#bytes };
  }

  get totalBytes(): number {
    return FILE_CLASSES.reduce((sum, each) => sum + this.#bytes[each], 0);
  }

  /** Files with bytes in them. */
  get files(): number {
    return this.#files;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  find(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  live(): Capture[] {
    return [...this.#live.values()].map((entry) => entry.live!);
  }

  /** Takes a record that has become durable. */
  put(record: CaptureRecord): Entry {
    const found = this.#byId.get(record.capture.id);
    if (found) {
      this.#count(found, -1);
      found.update(record);
    }
    const entry = found ?? this.#add(new Entry(record));
    this.#count(entry, 1);
    if (entry.live) this.#live.set(entry.id, entry);
    else this.#live.delete(entry.id);
    return entry;
  }

  remove(entry: Entry): void {
    this.#count(entry, -1);
    this.#byId.delete(entry.id);
    this.#live.delete(entry.id);
    this.#entries = this.#entries.filter((each) => each !== entry);
  }

  /** Orders of those that a query asks for. */
  select(query: CaptureQuery): Entry[] {
    const found: Entry[] = [];
    const { newestFirst = false, limit } = query;
    const after = query.after ?? (newestFirst ? Number.POSITIVE_INFINITY : 0);
    for (let index = 0; index < this.#entries.length && found.length < limit; index += 1) {
      const entry = this.#entries[newestFirst ? this.#entries.length - 1 - index : index]!;
      const beyond = newestFirst ? entry.order < after : entry.order > after;
      if (beyond && matches(entry, query)) found.push(entry);
    }
    return found;
  }

  #add(entry: Entry): Entry {
    const last = this.#entries.at(-1);
    this.#entries.push(entry);
    this.#byId.set(entry.id, entry);
    // A record that was healed comes late.
    if (last && last.order > entry.order) this.#entries.sort((a, b) => a.order - b.order);
    return entry;
  }

  #count(entry: Entry, sign: 1 | -1): void {
    for (const each of FILE_CLASSES) {
      this.#bytes[each] += sign * entry.bytes[each];
      if (entry.bytes[each] > 0) this.#files += sign;
    }
  }
}

function matches(entry: Entry, { state, camera, app }: CaptureQuery): boolean {
  if (state !== undefined && entry.state !== state) return false;
  if (camera !== undefined && entry.camera !== camera) return false;
  return app === undefined || entry.app === app;
}
