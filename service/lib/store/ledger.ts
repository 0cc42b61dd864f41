import type { CaptureEvent, EventType } from '../capture/capture.js';
import type { ServiceClock } from '../clock.js';
import { ServiceError } from '../errors.js';
import type { Catalogue } from './catalogue.js';
import type { Database, RowWrite } from './database.js';
import { META_KEY, decodeEvent, encodeRecord } from './records.js';
import type { CaptureRecord, Entry, Meta } from './records.js';
import type { EventPage } from './store.js';
import { Turns } from './turns.js';

/** One change to the record of a capture, with what the log says of it. */
export interface Change {
  readonly record: CaptureRecord;
  readonly event: { readonly type: EventType; readonly detail: Readonly<Record<string, unknown>> } | null;
  /** The folder is not as the record says from now on, until {@link Ledger.tidied}. */
  readonly untidy: boolean;
  /** The folder is as this record says. */
  readonly tidied?: boolean;
  /** Whether its product is damaged, from now on; left out: as before. */
  readonly broken?: boolean;
}

type Told = NonNullable<Change['event']>;

/** Database work that has failed: the store makes room or a new file, and says whether to try again. */
export type OnFailure = (error: ServiceError, attempt: number) => Promise<boolean>;

/** Newest events that memory holds too: whoever follows the log as it grows reads no database. */
const RECENT = 256;

export interface LedgerOptions {
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly clock: ServiceClock;
  readonly meta: Meta;
  /** So many events at least are kept. */
  readonly keepEvents: number;
  readonly onFailure: OnFailure;
}

/** Events are dropped in lots of this share of those that are kept. */
const LOT = 0.1;

/**
 * The one writer of the database: transactions one at a time, seq and order without gaps, memory changed and listeners
 * told only once the change is durable.
 */
export class Ledger {
  readonly #database: Database;
  readonly #catalogue: Catalogue;
  readonly #clock: ServiceClock;
  readonly #keepEvents: number;
  readonly #onFailure: OnFailure;
  readonly #turns = new Turns();
  readonly #listeners = new Set<(event: CaptureEvent) => void>();
  readonly #untidy: Set<number>;
  readonly #broken: Set<number>;
  /** Events whose record is damaged, as far as anybody has read them, and whether there is no damaged row of it. */
  readonly #lostEvents = new Map<number, boolean>();
  #recent: readonly CaptureEvent[] = [];
  #meta: Meta;
  #commits = 0;

  constructor({ database, catalogue, clock, meta, keepEvents, onFailure }: LedgerOptions) {
    this.#database = database;
    this.#catalogue = catalogue;
    this.#clock = clock;
    this.#meta = meta;
    this.#untidy = new Set(meta.untidy);
    this.#broken = new Set(meta.broken);
    this.#keepEvents = keepEvents;
    this.#onFailure = onFailure;
  }

  get meta(): Meta {
    return this.#meta;
  }

  get commits(): number {
    return this.#commits;
  }

  get lostEvents(): number {
    return this.#lostEvents.size;
  }

  /** Those of them that no row of the database stands for: damaged rows it counts itself. */
  get missingEvents(): number {
    return [...this.#lostEvents.values()].filter((isMissing) => isMissing).length;
  }

  /** Orders of captures whose folder is to be brought in line. */
  get untidy(): readonly number[] {
    return [...this.#untidy];
  }

  /** Orders of stored captures whose product is to be made anew. */
  get broken(): readonly number[] {
    return [...this.#broken];
  }

  /** A folder is to be brought in line; durable with the next transaction. */
  untidied(order: number): void {
    this.#untidy.add(order);
  }

  /** That a folder is as its record says becomes durable with the next transaction. */
  tidied(order: number): void {
    this.#untidy.delete(order);
  }

  onEvent(listener: (event: CaptureEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Makes changes durable, all or none. `make` is called when it is their turn, with the order that a new capture gets,
   * so that it sees everything that was committed before.
   */
  async commit<T extends Change>(make: (nextOrder: number) => readonly T[]): Promise<readonly T[]> {
    return this.#turns.take('commit', async () => {
      const changes = make(this.#meta.lastOrder + 1);
      const events = this.#number(changes);
      const [untidy, broken] = [new Set(this.#untidy), new Set(this.#broken)];
      for (const change of changes) markIn(untidy, broken, change);
      const meta = this.#metaAfter(changes, events.length, untidy, broken);
      await this.#write([...changes.map(toRow), ...events.map(eventRow), metaRow(meta)], meta);
      for (const change of changes) {
        markIn(this.#untidy, this.#broken, change);
        this.#catalogue.put(change.record);
      }
      this.#tell(events);
      return changes;
    });
  }

  /** Takes a record away for good. */
  async remove(entry: Entry): Promise<void> {
    await this.#turns.take('commit', async () => {
      for (const marked of [this.#untidy, this.#broken]) marked.delete(entry.order);
      const marks = { untidy: [...this.#untidy], broken: [...this.#broken], clock: this.#clock.mark() };
      const meta = { ...this.#meta, captures: this.#meta.captures - 1, ...marks };
      await this.#write([{ table: 'captures', key: entry.order, body: null }, metaRow(meta)], meta);
      this.#catalogue.remove(entry);
    });
  }

  /** Makes durable what time it is, with an event of no capture where there is one to tell. */
  async note(told: Told | null): Promise<void> {
    await this.#turns.take('commit', async () => {
      const events = told === null ? [] : [this.#event(told, { id: '', app: '' }, 0)];
      const meta = this.#metaAfter([], events.length, this.#untidy, this.#broken);
      await this.#write([...events.map(eventRow), metaRow(meta)], meta);
      this.#tell(events);
    });
  }

  /** Writes rows that are no captures. */
  async writeRow(row: RowWrite): Promise<void> {
    await this.#turns.take('commit', () => this.#write([row], this.#meta));
  }

  /** Events after a cursor; those whose record is damaged are `lost`. */
  async events(after: number, limit: number): Promise<EventPage> {
    const { lastSeq } = this.#meta;
    const from = Math.max(after, this.#meta.firstSeq - 1);
    const count = Math.min(limit, Math.max(0, lastSeq - from));
    const recent = this.#recentAfter(from, count);
    if (recent) return { events: recent, firstSeq: this.#meta.firstSeq, lastSeq };
    const rows = await this.#database.scan('events', from, count);
    const bodies = new Map(rows.map(({ key, body }) => [key, body]));
    const seqs = Array.from({ length: count }, (_, index) => from + 1 + index);
    // While the rows were read, the oldest may have been dropped: they are not damaged.
    const { firstSeq } = this.#meta;
    const present = seqs.filter((seq) => seq >= firstSeq);
    const events = present.map((seq) => decodeEvent(bodies.get(seq) ?? null, seq));
    for (const { seq, type } of events) if (type === 'lost') this.#lostEvents.set(seq, bodies.get(seq) !== null);
    return { events, firstSeq, lastSeq };
  }

  /** So many events after one, where memory holds them all. */
  #recentAfter(seq: number, count: number): readonly CaptureEvent[] | null {
    const first = this.#recent[0]?.seq ?? Number.POSITIVE_INFINITY;
    const found = seq + 1 < first ? [] : this.#recent.slice(seq + 1 - first, seq + 1 - first + count);
    return found.length === count ? found : null;
  }

  #number(changes: readonly Change[]): CaptureEvent[] {
    const told = changes.filter(({ event }) => event !== null);
    return told.map(({ record, event }, index) => this.#event(event!, record.capture, index));
  }

  #event(told: Told, { id, app }: Pick<CaptureRecord['capture'], 'id' | 'app'>, index: number): CaptureEvent {
    const { wall } = this.#clock.moment();
    return { seq: this.#meta.lastSeq + 1 + index, at: wall, captureId: id, app, ...told };
  }

  #metaAfter(
    changes: readonly Change[],
    events: number,
    untidy: ReadonlySet<number>,
    broken: ReadonlySet<number>,
  ): Meta {
    const { captures, lastOrder, lastSeq: last, firstSeq } = this.#meta;
    const orders = changes.map(({ record }) => record.capture.order);
    const lastSeq = last + events;
    const tooMany = lastSeq - firstSeq + 1 > this.#keepEvents * (1 + LOT);
    return {
      captures: captures + changes.filter(({ record }) => !this.#catalogue.find(record.capture.id)).length,
      lastOrder: Math.max(lastOrder, ...orders),
      firstSeq: tooMany ? lastSeq - this.#keepEvents + 1 : firstSeq,
      lastSeq,
      untidy: [...untidy],
      clock: this.#clock.mark(),
      broken: [...broken],
    };
  }

  async #write(writes: readonly RowWrite[], meta: Meta): Promise<void> {
    const dropEventsBelow = meta.firstSeq > this.#meta.firstSeq ? meta.firstSeq : null;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#database.commit({ writes, dropEventsBelow });
        this.#meta = meta;
        this.#commits += 1;
        return;
      } catch (error) {
        if (!(error instanceof ServiceError) || !(await this.#onFailure(error, attempt))) throw error;
      }
    }
  }

  #tell(events: readonly CaptureEvent[]): void {
    if (events.length > 0) this.#recent = [...this.#recent, ...events].slice(-RECENT);
    for (const event of events) {
      for (const listener of this.#listeners) {
        try {
          listener(event);
        } catch {
          // The change is durable, whatever becomes of those who are told: they have the log.
        }
      }
    }
  }
}

/** What a change says of a folder and of a product. */
function markIn(untidy: Set<number>, broken: Set<number>, change: Change): void {
  const { order } = change.record.capture;
  if (change.untidy) untidy.add(order);
  if (change.tidied) untidy.delete(order);
  if (change.broken === true) broken.add(order);
  if (change.broken === false) broken.delete(order);
}

const toRow = ({ record }: Change): RowWrite => ({
  table: 'captures',
  key: record.capture.order,
  body: encodeRecord(record),
});

const eventRow = (event: CaptureEvent): RowWrite => ({
  table: 'events',
  key: event.seq,
  body: JSON.stringify(event),
});

export const metaRow = (meta: Meta): RowWrite => ({ table: 'memos', key: META_KEY, body: JSON.stringify(meta) });
