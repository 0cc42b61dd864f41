import { join } from 'node:path';
import type { Capture, StoredFile } from '../capture/capture.js';
import { ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import type { Context } from './context.js';
import { MANIFEST, folderOf } from './layout.js';
import { MOST_MANIFEST_BYTES, decodeManifest } from './manifest.js';
import type { Manifest } from './manifest.js';
import { decodeRecord } from './records.js';
import type { CaptureRecord, Entry } from './records.js';

/** The entry of a capture. Throws ServiceError `UNKNOWN`. */
export function requireEntry(context: Context, id: string): Entry {
  const entry = context.catalogue.find(id);
  if (entry) return entry;
  throw new ServiceError('UNKNOWN', `There is no capture ${id}: GET /v1/captures lists them`);
}

/** The record of a capture, from memory or the database; healed from its manifest where both copies are damaged. */
export async function recordOf(context: Context, entry: Entry): Promise<CaptureRecord> {
  const known = context.catalogue.recordOf(entry);
  if (known) return known;
  const [row] = await context.database.read('captures', [entry.order]);
  const record = row?.body ? decodeRecord(row.body, entry.order) : null;
  // One whose copies are both damaged is counted by the database.
  if (!record && row?.body !== null) context.damaged.add(`${entry.order}`);
  return record ?? heal(context, entry);
}

async function heal(context: Context, entry: Entry): Promise<CaptureRecord> {
  const folder = folderOf(context.folder, entry);
  const manifest = await readManifest(context.io, join(folder, MANIFEST));
  if (manifest?.capture.id !== entry.id) {
    context.problems.set('damage', `the record of capture ${entry.id} is damaged, and there is no manifest to heal it`);
    throw new ServiceError('DAMAGED', `The record of capture ${entry.id} is damaged, and so is its manifest`);
  }
  const record = { capture: asKnown(manifest.capture, entry), manifestBytes: entry.bytes.manifest };
  await context.ledger.commit(() => [{ record, event: null, untidy: false }]);
  context.counts.healedRows += 1;
  return record;
}

/** The capture of a manifest, with what memory knows better: the manifest may be of an earlier time or database. */
function asKnown(capture: Capture, entry: Entry): Capture {
  const { order, retention, holdUntil, acked, bytes } = entry;
  const file = (found: StoredFile | null, size: number) => found && { ...found, present: size > 0 };
  return {
    ...{ ...capture, order, retention, holdUntil, acked, report: null },
    raw: file(capture.raw, bytes.raw),
    product: file(capture.product, bytes.product),
    thumbnail: file(capture.thumbnail, bytes.thumbnail),
  };
}

/** A manifest that is whole, or null. */
export async function readManifest(io: Io, path: string): Promise<Manifest | null> {
  const bytes = await io.readFile(path, MOST_MANIFEST_BYTES).catch(() => null);
  return bytes && decodeManifest(bytes);
}
