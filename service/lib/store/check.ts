import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Io } from '../io.js';
import type { StoredRow, Table } from './database.js';

/**
 * A second opinion on a store, from its files, its database and what clients have been told. It shares no code with
 * what it judges, but the names of things. The service must not be running.
 *
 * | | invariant |
 * |---|---|
 * | I1 | what was answered `stored` has its files and its manifest, with the right digests |
 * | I2 | one product for each id, ever |
 * | I3 | no file without a record, no bytes unaccounted |
 * | I4 | seq without gaps, one terminal event for each capture, and what clients saw is what the log says |
 * | I5 | no raw file goes before its product is durable |
 * | I6 | bytes within the quota and one frame |
 * | I7 | a product says its level, its model and its times |
 * | I8 | nothing waits for a frame beyond its deadline |
 */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8';

export interface Finding {
  readonly invariant: Invariant;
  readonly message: string;
}

/** What a client has seen: an answer to a request, or an event. */
export type ClientRecord =
  | { readonly kind: 'accepted'; readonly id: string }
  | {
      readonly kind: 'event';
      readonly seq: number;
      readonly id: string;
      readonly type: string;
      readonly sha256?: string;
    };

export interface CheckOptions {
  readonly io: Io;
  readonly folder: string;
  /** All rows of a table, by key. */
  readonly rows: (table: Table) => Promise<readonly StoredRow[]>;
  readonly clientLog?: readonly ClientRecord[];
  /** Quota, and the size of one frame with its products. */
  readonly most?: { readonly quotaBytes: number; readonly frameBytes: number };
  /** Milliseconds since the epoch, to judge deadlines by. */
  readonly now?: number;
  /** Reads all files and compares digests; else sizes only. */
  readonly deep?: boolean;
}

export interface CheckReport {
  readonly findings: readonly Finding[];
  readonly captures: number;
  readonly events: number;
  readonly files: number;
  readonly bytes: number;
}

interface File {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly present: boolean;
}

/** As much of a record as is judged. */
interface Row {
  readonly manifestBytes: number;
  readonly capture: {
    readonly id: string;
    readonly order: number;
    readonly state: string;
    readonly createdAt: number;
    readonly acquiredAt: number | null;
    readonly storedAt: number | null;
    readonly level: string | null;
    readonly model: { readonly sha256: string } | null;
    readonly raw: File | null;
    readonly product: File | null;
    readonly thumbnail: File | null;
    readonly retention: string | null;
    readonly request: { readonly deadline: number | null; readonly expiresAt: number | null };
  };
}

interface LogEvent {
  readonly seq: number;
  readonly captureId: string;
  readonly type: string;
  readonly detail: { readonly sha256?: string };
}

const ENDS = ['stored', 'rejected', 'failed', 'expired', 'cancelled'];
const MARKS = ['acked', 'released', 'evicted', 'lost'];
const TOP = /^(format|lock|lock-journal|reserve|inbox|quarantine|\d{4,6}|catalogue-\d{6}\.db(-wal|-shm|-journal)?)$/;

/** Checks I1 to I8. */
export async function check(options: CheckOptions): Promise<CheckReport> {
  const findings: Finding[] = [];
  const report = (invariant: Invariant, message: string): void => void findings.push({ invariant, message });
  const rows = new Map<string, Row>();
  for (const { key, body } of await options.rows('captures')) {
    const row = body === null ? null : (JSON.parse(body) as Row);
    if (row?.capture.order !== key) report('I3', `the record of order ${key} is damaged`);
    else if (rows.has(row.capture.id)) report('I2', `capture ${row.capture.id} has two records`);
    else rows.set(row.capture.id, row);
  }
  const events = await checkEvents(options, rows, report);
  checkClients(options, rows, events, report);
  const found = await checkFiles(options, rows, report);
  for (const row of rows.values()) checkRow(options, row, report);
  const { most } = options;
  if (most && found.bytes > most.quotaBytes + most.frameBytes) {
    report('I6', `${found.bytes} bytes, and the quota is ${most.quotaBytes} and one frame of ${most.frameBytes}`);
  }
  return { findings, captures: rows.size, events: events.size, ...found };
}

type Report = (invariant: Invariant, message: string) => void;

async function checkEvents(
  { rows: read }: CheckOptions,
  rows: ReadonlyMap<string, Row>,
  report: Report,
): Promise<Map<number, LogEvent>> {
  const memo = (await read('memos')).find(({ key }) => key === 1)?.body;
  const meta = memo ? (JSON.parse(memo) as { firstSeq: number; lastSeq: number }) : { firstSeq: 1, lastSeq: 0 };
  const events = new Map<number, LogEvent>();
  for (const { key, body } of await read('events')) if (body !== null) events.set(key, JSON.parse(body) as LogEvent);
  for (let seq = meta.firstSeq; seq <= meta.lastSeq; seq += 1) {
    if (events.get(seq)?.seq !== seq) report('I4', `event ${seq} is missing from ${meta.firstSeq} to ${meta.lastSeq}`);
  }
  const whole = meta.firstSeq === 1;
  for (const { capture } of whole ? rows.values() : []) {
    const own = [...events.values()].filter(({ captureId }) => captureId === capture.id);
    checkStory(capture, own, report);
  }
  return events;
}

/** The events of one capture lead to its state. */
function checkStory(capture: Row['capture'], events: readonly LogEvent[], report: Report): void {
  const { id, state } = capture;
  const states = events.map(({ type }) => type).filter((type) => !MARKS.includes(type));
  const ends = states.filter((type) => ENDS.includes(type));
  if (states[0] !== 'requested') report('I4', `the first event of ${id} is ${states[0]}`);
  if (states.at(-1) !== state) report('I4', `${id} is ${state}, and its last event says ${states.at(-1)}`);
  if (ends.length !== (ENDS.includes(state) ? 1 : 0))
    report('I4', `${id} is ${state} with ends: ${ends.join() || 'none'}`);
  const evictions = events.filter(({ type }) => type === 'evicted').length;
  if (evictions !== (capture.retention === 'evicted' ? 1 : 0)) report('I4', `${id} was evicted ${evictions} times`);
}

function checkClients(
  { clientLog = [] }: CheckOptions,
  rows: ReadonlyMap<string, Row>,
  events: ReadonlyMap<number, LogEvent>,
  report: Report,
): void {
  for (const record of clientLog) {
    const capture = rows.get(record.id)?.capture;
    if (!capture)
      report('I1', `${record.id} was ${record.kind === 'accepted' ? 'accepted' : record.type}, and is gone`);
    if (record.kind === 'accepted') continue;
    const event = events.get(record.seq);
    if (event && (event.captureId !== record.id || event.type !== record.type)) {
      report('I4', `a client saw ${record.type} of ${record.id} as ${record.seq}; the log has ${event.type} there`);
    }
    if (!event && events.size > 0 && record.seq >= Math.min(...events.keys())) {
      report('I4', `a client saw event ${record.seq}, and the log lacks it`);
    }
    if (record.type !== 'stored' || !capture) continue;
    if (capture.state !== 'stored') report('I1', `${record.id} was answered stored, and is ${capture.state}`);
    if (capture.product?.sha256 !== record.sha256) report('I2', `${record.id} has another product than was announced`);
  }
}

async function checkFiles(
  options: CheckOptions,
  rows: ReadonlyMap<string, Row>,
  report: Report,
): Promise<{ files: number; bytes: number }> {
  const { io, folder } = options;
  const sum = { files: 0, bytes: 0 };
  for (const name of await io.list(folder)) if (!TOP.test(name)) report('I3', `${name} is a stranger in the store`);
  for (const id of await io.list(join(folder, 'inbox'))) {
    if (rows.get(id)?.capture.state !== 'acquiring') report('I3', `inbox/${id} is a frame that nobody waits for`);
  }
  const known = new Map([...rows.values()].map((row) => [folderOf(row.capture), row]));
  for await (const path of captureFolders(io, folder)) {
    const row = known.get(path);
    const names = await io.list(join(folder, path));
    if (!row && names.length > 0) report('I3', `${path} has files and no record`);
    if (row) known.delete(path);
    if (row) await checkFolder(options, path, names, row, sum, report);
  }
  for (const [path, row] of known) await checkFolder(options, path, [], row, sum, report);
  return sum;
}

async function* captureFolders(io: Io, root: string, path = '', depth = 0): AsyncGenerator<string> {
  if (depth === 4) yield path;
  else {
    const names = await io.list(join(root, path));
    for (const name of names.filter((each) => depth > 0 || /^\d{4,6}$/.test(each))) {
      if ((await io.stat(join(root, path, name)))?.kind !== 'folder') continue;
      yield* captureFolders(io, root, path === '' ? name : `${path}/${name}`, depth + 1);
    }
  }
}

function folderOf({ id, createdAt }: Row['capture']): string {
  const date = new Date(createdAt);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getUTCFullYear()}/${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${id}`;
}

async function checkFolder(
  options: CheckOptions,
  path: string,
  names: readonly string[],
  { capture, manifestBytes }: Row,
  sum: { files: number; bytes: number },
  report: Report,
): Promise<void> {
  const { io, folder } = options;
  const expected = new Set<string>();
  for (const file of [capture.raw, capture.product, capture.thumbnail]) {
    if (!file?.present) continue;
    expected.add(file.name);
    const fault = await faultOf(options, join(folder, path, file.name), file);
    if (fault !== null)
      report(file === capture.raw && capture.state !== 'stored' ? 'I5' : 'I1', `${path}/${file.name} ${fault}`);
  }
  let counted = 0;
  for (const name of names) {
    const { bytes = 0 } = (await io.stat(join(folder, path, name))) ?? {};
    sum.files += 1;
    sum.bytes += bytes;
    if (name === 'manifest.json' || name === 'acquired.json') counted += bytes;
    else if (!expected.has(name) && !(name.startsWith('draft-') && capture.state === 'restoring')) {
      report('I3', `${path}/${name} is not in the record of a capture that is ${capture.state}`);
    }
  }
  if (counted !== manifestBytes)
    report('I3', `${path} has manifests of ${counted} bytes, and ${manifestBytes} are counted`);
  if (capture.state === 'stored') await checkManifest(options, path, names, capture, report);
  else if (names.includes('manifest.json')) report('I3', `${path} has a manifest, and is ${capture.state}`);
  if (capture.raw?.present && !names.includes('acquired.json')) report('I5', `${path} has a frame without its record`);
}

async function checkManifest(
  { io, folder }: CheckOptions,
  path: string,
  names: readonly string[],
  capture: Row['capture'],
  report: Report,
): Promise<void> {
  if (!names.includes('manifest.json')) {
    report('I1', `${path} has no manifest`);
    return;
  }
  const bytes = await io.readFile(join(folder, path, 'manifest.json'), 2 ** 20);
  const said = readSealed(bytes) as { capture: Row['capture'] } | null;
  if (!said) report('I1', `${path}/manifest.json is damaged`);
  else if (said.capture.id !== capture.id || said.capture.product?.sha256 !== capture.product?.sha256) {
    report('I2', `${path}/manifest.json tells of another product`);
  } else if (said.capture.product?.present !== capture.product?.present) {
    report('I1', `${path}/manifest.json does not say whether its product is there`);
  }
}

/** JSON whose digest is right, or null. */
function readSealed(bytes: Uint8Array): unknown {
  try {
    const { sha256, ...content } = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
    const sorted = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(sorted);
      if (typeof value !== 'object' || value === null) return value;
      const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const);
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    };
    return createHash('sha256')
      .update(JSON.stringify(sorted(content)))
      .digest('hex') === sha256
      ? content
      : null;
  } catch {
    return null;
  }
}

async function faultOf({ io, deep = true }: CheckOptions, path: string, file: File): Promise<string | null> {
  const found = await io.stat(path);
  if (!found) return 'is missing';
  if (found.bytes !== file.bytes) return `has ${found.bytes} bytes, and ${file.bytes} were stored`;
  if (!deep) return null;
  const handle = await io.open(path);
  const hash = createHash('sha256');
  const chunk = new Uint8Array(Math.min(2 ** 20, file.bytes));
  for (let at = 0; at < file.bytes; at += chunk.length) hash.update(chunk.subarray(0, await handle.read(chunk, at)));
  await handle.close();
  return hash.digest('hex') === file.sha256 ? null : 'is not what was stored';
}

function checkRow({ now }: CheckOptions, { capture }: Row, report: Report): void {
  const { id, state, level, model, product, storedAt, acquiredAt, raw, request } = capture;
  if (state === 'stored') {
    const byNetwork = level === 'network' || level === 'network-small';
    if (level === null || storedAt === null || acquiredAt === null || !product)
      report('I7', `${id} is stored and says too little`);
    if (byNetwork && !/^[0-9a-f]{64}$/.test(model?.sha256 ?? ''))
      report('I7', `${id} does not say which network made it`);
  }
  if ((state === 'acquired' || state === 'restoring') && !raw?.present)
    report('I5', `${id} is ${state} without a frame`);
  const latest = Math.min(request.deadline ?? Number.POSITIVE_INFINITY, request.expiresAt ?? Number.POSITIVE_INFINITY);
  const waits = state === 'requested' || state === 'acquiring';
  if (now !== undefined && waits && now > latest + 1000) report('I8', `${id} is ${state} ${now - latest} ms too late`);
}
