import { join } from 'node:path';
import { FORMATS } from '../capture/capture.js';
import type { Capture } from '../capture/capture.js';
import type { ServiceError } from '../errors.js';
import type { Context } from './context.js';
import { onDisk, writeDurably } from './durable.js';
import {
  ACQUIRED,
  INBOX,
  LIBRARY_NAME,
  MANIFEST,
  OWN_NAME,
  draftName,
  folderOf,
  productName,
  thumbnailName,
} from './layout.js';
import { encodeManifest } from './manifest.js';
import { quarantine } from './quarantine.js';
import { readManifest, recordOf } from './records-of.js';
import type { Entry } from './records.js';

/** Brings the folders of all captures in line that are not as their record says; those that cannot be wait. */
export async function tidyAll(context: Context): Promise<void> {
  for (const order of context.ledger.untidy) {
    const entry = context.catalogue.at(order);
    if (!entry) context.ledger.tidied(order);
    else await context.turns.take(entry.id, () => tidyEntry(context, entry));
  }
  if (context.ledger.untidy.length === 0 && context.unrecovered.size === 0) context.problems.delete('untidy');
}

/** Brings one folder in line. What the disk refuses is done later: the database remembers. */
export async function tidyEntry(context: Context, entry: Entry): Promise<void> {
  // Whoever makes its product anew has files there.
  if (context.repairs.isActive(entry.id)) return;
  try {
    const record = await recordOf(context, entry);
    const manifestBytes = await tidyInAnyCase(context, record.capture);
    if (manifestBytes === record.manifestBytes) return context.ledger.tidied(entry.order);
    // In one transaction: else a crash in between leaves a folder that counts wrongly and passes for tidy.
    const change = { record: { ...record, manifestBytes }, event: null, untidy: false, tidied: true };
    await context.ledger.commit(() => [change]);
  } catch (error) {
    const { code, message } = error as ServiceError;
    context.problems.set(code === 'FULL' ? 'full' : 'untidy', `capture ${entry.id}: ${message}`);
  }
}

/** Also on a full disk: with the reserve, or else files go before the manifest says so, and make room for it. */
async function tidyInAnyCase(context: Context, capture: Capture): Promise<number> {
  try {
    return await context.reserve.lend(() => tidy(context, capture));
  } catch (error) {
    if ((error as ServiceError).code !== 'FULL') throw error;
    await dropUnexpected(context, folderOf(context.folder, capture), expectedNames(capture));
    return tidy(context, capture);
  }
}

/**
 * Makes the folder of a capture what its record says: the manifest first, which says what is there, then files that are
 * not in it any more go. Resolves with the bytes of its manifests.
 */
export async function tidy(context: Context, capture: Capture): Promise<number> {
  const { io } = context;
  const folder = folderOf(context.folder, capture);
  return onDisk(`tidying ${folder}`, async () => {
    if (capture.state !== 'acquiring') await clearInbox(context, capture.id);
    if ((await io.stat(folder))?.kind !== 'folder') return 0;
    if (capture.state === 'stored') await rewriteManifest(context, folder, capture);
    await dropUnexpected(context, folder, expectedNames(capture));
    await io.syncFolder(folder);
    return finish(context, folder);
  });
}

/** Names that may be in the folder of a capture. */
export function expectedNames(capture: Capture): Set<string> {
  const names = [capture.raw, capture.product, capture.thumbnail].filter((file) => file?.present);
  const expected = new Set(names.map((file) => file!.name));
  if (capture.raw?.present) expected.add(ACQUIRED);
  if (capture.state === 'stored') expected.add(MANIFEST);
  if (capture.state !== 'restoring') return expected;
  for (const name of [...FORMATS.map((format) => productName(format)), thumbnailName()])
    expected.add(draftName(capture.restorations, name));
  return expected;
}

/** A manifest says of every file whether it is still there, and until when it is held. */
async function rewriteManifest(context: Context, folder: string, capture: Capture): Promise<void> {
  const path = join(folder, MANIFEST);
  const manifest = await readManifest(context.io, path);
  if (manifest && kept(manifest.capture) === kept(capture)) return;
  const isSame = manifest?.capture.product?.sha256 === capture.product?.sha256;
  const report = isSame ? manifest!.capture.report : null;
  const bytes = encodeManifest({ capture: { ...capture, report }, lastSeq: context.ledger.meta.lastSeq });
  await writeDurably(context.io, path, bytes);
  await context.io.syncFolder(folder);
}

/** What `acquired.json` says, from a record of any later time. */
export async function rewriteAcquired({ io, ledger }: Context, folder: string, capture: Capture): Promise<void> {
  const nothing = { level: null, levelReason: null, model: null, product: null, thumbnail: null, report: null };
  const unmarked = { retention: null, holdUntil: null, acked: false, storedAt: null, reason: null };
  const times = { ...capture.times, ended: null };
  const acquired: Capture = { ...capture, ...nothing, ...unmarked, times, state: 'acquired' };
  const path = join(folder, ACQUIRED);
  await writeDurably(io, path, encodeManifest({ capture: acquired, lastSeq: ledger.meta.lastSeq }));
  await io.syncFolder(folder);
}

const kept = ({ raw, product, thumbnail, holdUntil }: Capture): string =>
  JSON.stringify([[raw, product, thumbnail].map((file) => file && [file.name, file.sha256, file.present]), holdUntil]);

/** Own files that are not expected go; a stranger's, and what is no file, are kept aside. */
async function dropUnexpected(context: Context, folder: string, expected: ReadonlySet<string>): Promise<void> {
  for (const name of await context.io.list(folder)) {
    if (expected.has(name)) continue;
    const path = join(folder, name);
    const isOwn = OWN_NAME.test(name) || LIBRARY_NAME.test(name);
    if (isOwn && (await context.io.stat(path))?.kind === 'file') await context.io.unlink(path);
    else await quarantine(context, path, name);
  }
}

/** Removes what is in the inbox under a name; what is no file is kept aside. */
export async function clearInbox(context: Context, name: string): Promise<void> {
  const path = join(context.folder, INBOX, name);
  const found = await context.io.stat(path);
  if (found?.kind === 'file') await context.io.unlink(path);
  else if (found) await quarantine(context, path, name);
}

async function finish(context: Context, folder: string): Promise<number> {
  const names = await context.io.list(folder);
  if (names.length === 0) {
    await context.io.removeFolder(folder);
    context.folders.forget(folder);
    return 0;
  }
  return manifestBytesIn(context, folder);
}

/** Bytes of the manifests in a folder, as they count. */
export async function manifestBytesIn({ io }: Pick<Context, 'io'>, folder: string): Promise<number> {
  const found = await Promise.all([ACQUIRED, MANIFEST].map((name) => io.stat(join(folder, name))));
  return found.reduce((sum, file) => sum + (file?.bytes ?? 0), 0);
}
