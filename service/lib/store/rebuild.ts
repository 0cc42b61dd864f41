import type { Io } from '../io.js';
import type { StoredRow, Transaction } from './database.js';
import { metaRow } from './ledger.js';
import { encodeRecord } from './records.js';
import type { CaptureRecord, Meta } from './records.js';
import { expectedNames } from './tidy.js';
import { readFolder, walk } from './walk.js';

const LOT = 500;
/** After events have been lost, numbers go on above any that somebody can have seen: at the next multiple of this. */
const SEQ_STEP = 1_000_000;

/** What the folders of a store say. */
export interface Folders {
  readonly records: readonly CaptureRecord[];
  /** The newest event that any of them knows of. */
  readonly lastSeq: number;
  /** Names in the folders of the records, by id. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** Folders of which nothing is whole. */
  readonly strangers: readonly { readonly path: string; readonly id: string }[];
  /** Captures of whose product a database knows more than their folder says. */
  readonly doubtful: ReadonlySet<string>;
  /** Captures whose product is not there as their manifest says. */
  readonly broken: ReadonlySet<string>;
}

/** Reads the manifests of all captures. */
export async function readFolders(io: Io, store: string): Promise<Folders> {
  const records: CaptureRecord[] = [];
  const strangers: { path: string; id: string }[] = [];
  const names = new Map<string, readonly string[]>();
  const [doubtful, broken] = [new Set<string>(), new Set<string>()];
  let lastSeq = 0;
  for await (const { path, id } of walk(io, store)) {
    const { manifest, manifestBytes, isBroken, isDoubtful } = await readFolder(io, path, id);
    if (isBroken) broken.add(id);
    if (isDoubtful) doubtful.add(id);
    if (!manifest) strangers.push({ path, id });
    else {
      records.push({ capture: manifest.capture, manifestBytes });
      names.set(id, await io.list(path));
      lastSeq = Math.max(lastSeq, manifest.lastSeq);
    }
  }
  return { records, lastSeq, names, strangers, doubtful, broken };
}

/** Records of the database and of folders together, by order; the database knows better where it knows anything. */
export function mergeRecords(known: readonly CaptureRecord[], found: readonly CaptureRecord[]): CaptureRecord[] {
  const ids = new Set(known.map(({ capture }) => capture.id));
  const orders = new Set(known.map(({ capture }) => capture.order));
  const added = found.filter(({ capture }) => !ids.has(capture.id));
  let last = [...known, ...added].reduce((most, { capture }) => Math.max(most, capture.order), 0);
  const placed = added.map((record) => {
    const { order } = record.capture;
    if (!orders.has(order)) {
      orders.add(order);
      return record;
    }
    last += 1;
    return { ...record, capture: { ...record.capture, order: last } };
  });
  return [...known, ...placed].sort((a, b) => a.capture.order - b.capture.order);
}

/** Orders of those whose folder has files that their record does not want, or no manifest as it should be. */
export function untidyOrders(records: readonly CaptureRecord[], { names, doubtful }: Folders): number[] {
  const untidy = records.filter(({ capture }) => {
    if (doubtful.has(capture.id)) return true;
    const expected = expectedNames(capture);
    return names.get(capture.id)?.some((name) => !expected.has(name));
  });
  return untidy.map(({ capture }) => capture.order);
}

/** Orders of those whose product is to be made anew: as an older database knew, and as folders show. */
export function brokenOrders(
  records: readonly CaptureRecord[],
  { broken }: Folders,
  known: readonly number[],
): number[] {
  const isBroken = ({ capture: { id, order, state } }: CaptureRecord): boolean =>
    state === 'stored' && (broken.has(id) || known.includes(order));
  return records.filter(isBroken).map(({ capture }) => capture.order);
}

/**
 * What the database says of itself when it is made anew. Where events are lost, their numbers are not used again: the
 * log begins above them, and readers with an older cursor are told so.
 */
export function metaFor(records: readonly CaptureRecord[], log: Pick<Meta, 'firstSeq' | 'lastSeq'> | number): Meta {
  const lastOrder = records.at(-1)?.capture.order ?? 0;
  const counts = { captures: records.length, lastOrder, untidy: [], broken: [], clock: null };
  if (typeof log !== 'number') return { ...counts, firstSeq: log.firstSeq, lastSeq: log.lastSeq };
  const lastSeq = log === 0 && records.length === 0 ? 0 : (Math.floor(log / SEQ_STEP) + 1) * SEQ_STEP;
  return { ...counts, firstSeq: lastSeq + 1, lastSeq };
}

/** All rows of a database as transactions of a bounded size. */
export function* rowsOf(
  records: readonly CaptureRecord[],
  events: readonly StoredRow[],
  memos: readonly StoredRow[],
  meta: Meta,
): Generator<Transaction> {
  const writes = [
    ...records.map((record) => ({ table: 'captures' as const, key: record.capture.order, body: encodeRecord(record) })),
    ...events.map(({ key, body }) => ({ table: 'events' as const, key, body })),
    ...memos.map(({ key, body }) => ({ table: 'memos' as const, key, body })),
    metaRow(meta),
  ];
  for (let start = 0; start < writes.length; start += LOT) {
    yield { writes: writes.slice(start, start + LOT), dropEventsBelow: null };
  }
}
