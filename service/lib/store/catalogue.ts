import { LiveQueue } from '../capture/live-queue.js';
import { Sorted } from '../capture/sorted.js';
import { Entry } from './records.js';
import type { CaptureRecord } from './records.js';
import { Removables } from './removables.js';
import { FILE_CLASSES } from './store.js';
import type { CaptureQuery, FileClass } from './store.js';

/** What is kept of all apps, or of one. */
export interface Share {
  readonly bytesByClass: Readonly<Record<FileClass, number>>;
  /** Captures, whatever has become of them. */
  readonly records: number;
  readonly removables: Removables;
}

/** Records of captures that have ended last: who is told of an end asks for it at once. */
const RECENT = 16;

/** Which captures there are, in memory: some 400 bytes each. What they are in full is in the database. */
export class Catalogue {
  readonly queue = new LiveQueue();
  readonly #byId = new Map<string, Entry>();
  /** In the order of their requests. */
  readonly #entries = new Sorted<Entry>((a, b) => a.order - b.order);
  readonly #all = new Holding();
  readonly #apps = new Map<string, Holding>();
  /** By order; with their reports as long as nothing has happened to them since. */
  readonly #recent = new Map<number, CaptureRecord>();
  #files = 0;

  get size(): number {
    return this.#entries.size;
  }

  get all(): Share {
    return this.#all.share;
  }

  /** What is kept of each app that has something. */
  get apps(): readonly (readonly [app: string, share: Share])[] {
    return [...this.#apps].map(([app, { share }]) => [app, share] as const);
  }

  /** What is kept of one app, or null. */
  shareOf(app: string): Share | null {
    return this.#apps.get(app)?.share ?? null;
  }

  get bytesByClass(): Readonly<Record<FileClass, number>> {
    return this.#all.share.bytesByClass;
  }

  get totalBytes(): number {
    return FILE_CLASSES.reduce((sum, each) => sum + this.bytesByClass[each], 0);
  }

  /** Files with bytes in them. */
  get files(): number {
    return this.#files;
  }

  get entries(): readonly Entry[] {
    return this.#entries.items;
  }

  find(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  /** The capture of an order. */
  at(order: number): Entry | undefined {
    const entry = this.entries[this.#entries.place((other) => other.order - order)];
    return entry?.order === order ? entry : undefined;
  }

  /** The record of a capture, where memory has it in full. */
  recordOf(entry: Entry): CaptureRecord | null {
    if (entry.live) return { capture: entry.live, manifestBytes: entry.bytes.manifest };
    return this.#recent.get(entry.order) ?? null;
  }

  /** Takes a record that has become durable. */
  put(record: CaptureRecord): Entry {
    const found = this.#byId.get(record.capture.id);
    if (found) this.#weigh(found, -1);
    found?.update(record);
    const entry = found ?? this.#add(new Entry(record));
    this.#weigh(entry, 1);
    if (entry.live) this.queue.put(entry.live);
    else this.queue.remove(entry.id);
    this.#remember(entry, record);
    return entry;
  }

  remove(entry: Entry): void {
    this.#weigh(entry, -1);
    this.#byId.delete(entry.id);
    this.queue.remove(entry.id);
    this.#recent.delete(entry.order);
    this.#entries.remove(entry);
  }

  /** Orders of those that a query asks for. */
  select(query: CaptureQuery): Entry[] {
    const found: Entry[] = [];
    const { newestFirst = false, limit } = query;
    const after = query.after ?? (newestFirst ? Number.POSITIVE_INFINITY : 0);
    const step = newestFirst ? -1 : 1;
    // Just beyond the cursor, on either side of it.
    let place = this.#entries.place(({ order }) => ((newestFirst ? order < after : order <= after) ? -1 : 1));
    if (newestFirst) place -= 1;
    for (; place >= 0 && place < this.size && found.length < limit; place += step) {
      const entry = this.entries[place]!;
      if (matches(entry, query)) found.push(entry);
    }
    return found;
  }

  #remember(entry: Entry, record: CaptureRecord): void {
    this.#recent.delete(entry.order);
    if (entry.live) return;
    this.#recent.set(entry.order, record);
    for (const order of this.#recent.keys()) if (this.#recent.size > RECENT) this.#recent.delete(order);
  }

  #add(entry: Entry): Entry {
    this.#entries.add(entry);
    this.#byId.set(entry.id, entry);
    return entry;
  }

  #weigh(entry: Entry, sign: 1 | -1): void {
    const own = this.#apps.get(entry.app) ?? new Holding();
    this.#apps.set(entry.app, own);
    for (const holding of [this.#all, own]) holding.weigh(entry, sign);
    if (own.share.records === 0) this.#apps.delete(entry.app);
    for (const each of FILE_CLASSES) if (entry.bytes[each] > 0) this.#files += sign;
  }
}

class Holding {
  readonly #bytes: Record<FileClass, number> = { raw: 0, product: 0, thumbnail: 0, manifest: 0 };
  readonly #removables = new Removables();
  #records = 0;

  get share(): Share {
    return { bytesByClass: { ...this.#bytes }, records: this.#records, removables: this.#removables };
  }

  weigh(entry: Entry, sign: 1 | -1): void {
    for (const each of FILE_CLASSES) this.#bytes[each] += sign * entry.bytes[each];
    this.#records += sign;
    if (sign > 0) this.#removables.add(entry);
    else this.#removables.remove(entry);
  }
}

function matches(entry: Entry, { state, camera, app }: CaptureQuery): boolean {
  if (state !== undefined && entry.state !== state) return false;
  if (camera !== undefined && entry.camera !== camera) return false;
  return app === undefined || entry.app === app;
}
