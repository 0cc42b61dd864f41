import { join } from 'node:path';
import type { Capture } from '../capture/capture.js';
import { CaptureStore } from './capture-store.js';
import { Catalogue } from './catalogue.js';
import { noCounts } from './context.js';
import type { Context, Counts } from './context.js';
import type { Database, StoredRow } from './database.js';
import { Folders, makeFolders, onDisk } from './durable.js';
import { makeOnFailure } from './failures.js';
import { checkFormat } from './format.js';
import { Generations } from './generations.js';
import { INBOX, QUARANTINE } from './layout.js';
import { Ledger } from './ledger.js';
import { load, readAllEvents } from './load.js';
import type { Loaded } from './load.js';
import { Memos } from './memos.js';
import { DEFAULT_LIMITS } from './options.js';
import type { StoreOptions } from './options.js';
import { boundQuarantine, quarantine } from './quarantine.js';
import { brokenOrders, mergeRecords, metaFor, readFolders, rowsOf, untidyOrders } from './rebuild.js';
import { META_KEY } from './records.js';
import { Repairs } from './repairs.js';
import { quarantineFolders, recover } from './recovery.js';
import { Reserve } from './reserve.js';
import { SqliteDatabase } from './sqlite.js';
import type { RecoveryReport, Store } from './store.js';
import { Throughput } from './throughput.js';
import { openClock } from './time.js';
import { Turns } from './turns.js';

/** Takes the lock of the store and gives its database, not yet open. */
export type OpenDatabase = (folder: string) => Promise<Database>;

/**
 * Opens a store, or makes one: takes its lock, reads its database, heals it from manifests where it is damaged, and
 * finishes what a crash has interrupted. Rejects with `LOCKED` where another service has it, `FORMAT` where a newer one
 * has written it, `UNWRITABLE` where it cannot be written.
 * @param openDatabase for tests; default: SQLite
 */
export function openStore(options: StoreOptions, openDatabase?: OpenDatabase): Promise<Store> {
  return openOrRebuild(options, openDatabase ?? sqlite(options), false);
}

async function openOrRebuild(options: StoreOptions, lock: OpenDatabase, anew: boolean): Promise<Store> {
  const { folder, io } = options;
  const begin = io.monotonic();
  await onDisk(`opening the store ${folder}`, async () => {
    await checkFormat(io, folder);
    await makeFolders(io, [join(folder, INBOX), join(folder, QUARANTINE)]);
  });
  const database = await lock(folder);
  try {
    return await open(options, database, begin, anew);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * Makes the database of a store anew from its manifests, as if it had been lost, and recovers. Where a manifest is
 * damaged, the old database tells of its product, as far as it can be read; it is kept aside. Captures without a frame
 * are in the database only, and go with it. Rejects as {@link openStore} does.
 */
export async function rebuildStore(options: StoreOptions): Promise<RecoveryReport> {
  const store = await openOrRebuild(options, sqlite(options), true);
  await store.close();
  return store.recovery;
}

/** Opens a store, mends what can be mended, and closes it. Rejects as {@link openStore} does. */
export async function healStore(options: StoreOptions): Promise<void> {
  const store = await openOrRebuild(options, sqlite(options), false);
  await store.scrub();
  await store.close();
}

const sqlite =
  ({ io }: StoreOptions): OpenDatabase =>
  (folder) =>
    SqliteDatabase.lock(folder, new Generations(io, folder));

async function open(options: StoreOptions, database: Database, begin: number, anew: boolean): Promise<Store> {
  const { io, folder } = options;
  const counts = noCounts();
  const reserve = new Reserve(io, folder, (options.limits ?? DEFAULT_LIMITS).reserveBytes);
  await onDisk(`opening the store ${folder}`, () => reserve.find());
  const { loaded, healed, quarantinedFiles } = await reserve.lend(() =>
    onDisk(`opening the database of ${folder}`, () => openDatabase(options, database, counts, anew)),
  );
  const context = makeContext(options, database, loaded, counts, reserve);
  if (loaded.damage !== null) context.problems.set('damage', `the database was damaged: ${loaded.damage}`);
  const recovered = await onDisk(`recovering ${folder}`, () => recover(context));
  await boundQuarantine(context).catch((error: Error) => context.problems.set('untidy', error.message));
  await context.reserve.ensure().catch((error: Error) => context.problems.set('full', error.message));
  const { counters } = database;
  return new CaptureStore(context, new Memos(loaded.memos), {
    seconds: (io.monotonic() - begin) / 1000,
    captures: context.catalogue.size,
    ...recovered,
    quarantinedFiles,
    healedRows: counters.healedRows + healed,
    damagedRows: counters.damagedRows,
    rebuilt: anew || loaded.damage !== null || healed > 0,
  });
}

/**
 * What is in the database; made anew from manifests where it is damaged, or is not there and they are, or `anew`. The
 * old one counts until the new one is whole, is asked where a manifest is damaged, and is kept aside.
 */
async function openDatabase(
  options: StoreOptions,
  database: Database,
  counts: Counts,
  anew: boolean,
): Promise<{ loaded: Loaded; healed: number; quarantinedFiles: number }> {
  const old = await loadOrDamage(database);
  // A database that reads well tells how far its events went, and no more.
  const loaded: Loaded = anew ? { ...old, records: [], memos: [], damage: null } : old;
  const empty = loaded.records.length === 0 && loaded.memos.length === 0;
  if (loaded.damage === null && !empty && !anew) return { loaded, healed: 0, quarantinedFiles: 0 };
  const found = await readFolders(options.io, options.folder);
  // Before the database is whole again: after a crash in between, folders are looked at once more.
  const place = { ...options, counts };
  const known = anew ? old.records.filter(({ capture }) => found.doubtful.has(capture.id)) : loaded.records;
  const quarantinedFiles = await quarantineFolders(place, found.strangers, known);
  if (loaded.damage === null && found.records.length === 0 && !anew) return { loaded, healed: 0, quarantinedFiles };
  const records = mergeRecords(known, found.records);
  const events = anew ? [] : await readAllEvents(database, loaded.meta).catch(() => []);
  const gapless = loaded.meta.lastSeq >= found.lastSeq && events.length > 0;
  const log = gapless ? loaded.meta : Math.max(old.meta.lastSeq, found.lastSeq);
  const marks = { untidy: untidyOrders(records, found), broken: brokenOrders(records, found, loaded.meta.broken) };
  const meta = { ...metaFor(records, log), ...marks, clock: old.meta.clock };
  const memos = loaded.memos.filter(({ key, body }) => key !== META_KEY && body !== null);
  const keep = (path: string, name: string): Promise<void> => quarantine(place, path, name);
  const rows = rowsOf(records, gapless ? events : [], memos, meta);
  await database.replace(rows, anew || loaded.damage !== null ? keep : undefined);
  const healed = records.length - loaded.records.length;
  return { loaded: { ...loaded, records, memos, meta }, healed, quarantinedFiles };
}

async function loadOrDamage(database: Database): Promise<Loaded> {
  try {
    await database.open();
    return await load(database);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    // A read that fails is damage as well: sectors that cannot be read any more.
    if (code !== 'DAMAGED' && code !== 'SYNC') throw error;
    const memos: StoredRow[] = [];
    return { records: [], memos, meta: metaFor([], 0), damage: message };
  }
}

function makeContext(
  options: StoreOptions,
  database: Database,
  loaded: Loaded,
  counts: Counts,
  reserve: Reserve,
): Context {
  const { io, folder, limits = DEFAULT_LIMITS } = options;
  const { meta, records } = loaded;
  const clock = openClock(io, meta, records, limits.longestOffSeconds);
  const catalogue = new Catalogue();
  for (const record of records) catalogue.put(record);
  const shared = { io, clock, folder, limits, database, catalogue, reserve, counts, problems: new Map() };
  const { events: keepEvents } = limits;
  const ledger = new Ledger({ database, catalogue, clock, meta, keepEvents, onFailure: makeOnFailure(shared) });
  const throughput = new Throughput();
  ledger.onEvent(({ type }) => throughput.note(type, catalogue.queue.size, clock.now()));
  return { ...shared, ledger, throughput, folders: new Folders(), turns: new Turns(), ...noWork() };
}

const noWork = () => ({ unrecovered: new Set<Capture>(), repairs: new Repairs(), damaged: new Set<string>() });
