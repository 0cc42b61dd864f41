import type { ServiceError } from '../errors.js';
import type { Database, StoredRow, Table } from './database.js';
import { EMPTY_META, META_KEY, decodeEvent, decodeRecord } from './records.js';
import type { CaptureRecord, Meta } from './records.js';

const LOT = 500;
/** Where a table cannot be read through, keys are tried one by one as far as this beyond the last that is known. */
const BEYOND = 10_000;

/** What a database holds, as far as it is whole. */
export interface Loaded {
  readonly records: CaptureRecord[];
  readonly memos: StoredRow[];
  readonly meta: Meta;
  /** Rows are missing or damaged: manifests have to say what was in them. */
  readonly damage: string | null;
}

/** Reads all captures and memos. What is damaged is left out, and said. */
export async function load(database: Database): Promise<Loaded> {
  const memos = await readAll(database, 'memos', 0);
  const meta = readMeta(memos.rows);
  const captures = await readAll(database, 'captures', meta?.lastOrder ?? 0);
  const decoded = captures.rows.map(({ key, body }) => (body === null ? null : decodeRecord(body, key)));
  const records = decoded.filter((record) => record !== null);
  const empty = captures.rows.length === 0 && memos.rows.length === 0;
  const lost = [memos.fault, captures.fault];
  if (!meta && !empty) lost.push('the row that counts the others is damaged');
  if (meta && meta.captures !== records.length) {
    lost.push(`${records.length} whole records of captures, and ${meta.captures} were written`);
  }
  const damage = lost.filter((fault) => fault !== null).join('; ') || null;
  return { records, memos: memos.rows, meta: meta ?? (await guessMeta(database, records)), damage };
}

/** Reads a table to its end: rows are healed as they are read. */
export async function readThrough(database: Database, table: Table): Promise<void> {
  let after = -1;
  for (;;) {
    const rows = await database.scan(table, after, LOT);
    if (rows.length < LOT) return;
    after = rows.at(-1)!.key;
  }
}

/** All events that can be read. */
export async function readAllEvents(database: Database, meta: Meta): Promise<StoredRow[]> {
  const { rows } = await readAll(database, 'events', meta.lastSeq, meta.firstSeq - 1);
  return rows.filter(({ key, body }) => body !== null && decodeEvent(body, key).type !== 'lost');
}

function readMeta(memos: readonly StoredRow[]): Meta | null {
  const body = memos.find(({ key }) => key === META_KEY)?.body;
  return body ? { ...EMPTY_META, ...(JSON.parse(body) as Partial<Meta>) } : null;
}

/** What is known without the row that counts: rows that are gone cannot be noticed, but new ones get new numbers. */
async function guessMeta(database: Database, records: readonly CaptureRecord[]): Promise<Meta> {
  const { rows } = await readAll(database, 'events', 0);
  const seqs = rows.map(({ key }) => key);
  const lastOrder = records.reduce((most, { capture }) => Math.max(most, capture.order), 0);
  const firstSeq = seqs[0] ?? 1;
  return {
    captures: records.length,
    lastOrder,
    firstSeq,
    lastSeq: seqs.at(-1) ?? firstSeq - 1,
    untidy: [],
    clock: null,
    broken: [],
  };
}

/** A table from one end to the other, or key by key where it cannot be read through. */
async function readAll(
  database: Database,
  table: Table,
  last: number,
  first = 0,
): Promise<{ rows: StoredRow[]; fault: string | null }> {
  const rows: StoredRow[] = [];
  let after = first;
  try {
    for (;;) {
      const lot = await database.scan(table, after, LOT);
      rows.push(...lot);
      if (lot.length < LOT) return { rows, fault: null };
      after = lot.at(-1)!.key;
    }
  } catch (error) {
    if ((error as ServiceError).code === 'CLOSED') throw error;
    rows.push(...(await readOneByOne(database, table, after, Math.max(last, after + BEYOND))));
    return { rows, fault: (error as Error).message };
  }
}

async function readOneByOne(database: Database, table: Table, after: number, last: number): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  for (let key = after + 1; key <= last; key += 1) {
    rows.push(...(await database.read(table, [key]).catch(() => [])));
  }
  return rows;
}
