import { join } from 'node:path';
import type { Capture, StoredFile } from '../capture/capture.js';
import type { Context } from './context.js';
import { digestFile } from './durable.js';
import { ACQUIRED, MANIFEST, folderOf } from './layout.js';
import { readManifest, recordOf } from './records-of.js';
import type { CaptureRecord, Entry } from './records.js';
import { quarantine } from './quarantine.js';
import { breakProduct } from './repairs.js';
import { rewriteAcquired, tidyEntry } from './tidy.js';

/** Reads files again, one capture at a time, and compares them with their digests: memory cells lose their charge. */
export class Scrub {
  #lastOrder = 0;
  #nextAt = 0;

  /** Looks at the next capture, if it is time. */
  async step(context: Context): Promise<void> {
    const now = context.io.monotonic();
    if (now < this.#nextAt) return;
    this.#nextAt = now + context.limits.scrubSeconds * 1000;
    const entry = this.#next(context.catalogue.entries);
    if (!entry) return;
    this.#lastOrder = entry.order;
    await this.look(context, entry);
  }

  /** Looks at one capture. */
  async look(context: Context, entry: Entry): Promise<void> {
    try {
      await context.turns.take(entry.id, () => scrubCapture(context, entry));
    } catch (error) {
      context.problems.set('damage', `capture ${entry.id}: ${(error as Error).message}`);
    }
  }

  #next(entries: readonly Entry[]): Entry | undefined {
    const withFiles = entries.filter(({ bytes }) => bytes.raw + bytes.product > 0);
    return withFiles.find(({ order }) => order > this.#lastOrder) ?? withFiles[0];
  }
}

/** Reads one capture's files; a damaged manifest is written anew, a damaged product is marked to be made anew. */
async function scrubCapture(context: Context, entry: Entry): Promise<void> {
  if (context.catalogue.find(entry.id) !== entry) return;
  const record = await recordOf(context, entry);
  const { capture } = record;
  const folder = folderOf(context.folder, entry);
  const isWhole = async (file: StoredFile | null): Promise<boolean> =>
    !file?.present || (await scrubFile(context, entry, folder, file));
  const [raw, product, thumbnail] = [
    await isWhole(capture.raw),
    await isWhole(capture.product),
    await isWhole(capture.thumbnail),
  ];
  if (!product && raw && capture.raw?.present) await breakProduct(context, record);
  else if (!thumbnail) await dropThumbnail(context, entry, record);
  await scrubManifests(context, entry, capture);
}

/** It is for people only, and a product is not made anew for it. */
async function dropThumbnail(context: Context, entry: Entry, record: CaptureRecord): Promise<void> {
  const { capture } = record;
  const without = { ...capture, thumbnail: capture.thumbnail && { ...capture.thumbnail, present: false } };
  await context.ledger.commit(() => [{ record: { ...record, capture: without }, event: null, untidy: true }]);
  await tidyEntry(context, entry);
}

/** Manifests are written anew from the record: without them, a database that is made anew would not know of a file. */
async function scrubManifests(context: Context, entry: Entry, capture: Capture): Promise<void> {
  const folder = folderOf(context.folder, entry);
  const wanted = [...(capture.raw?.present ? [ACQUIRED] : []), ...(capture.state === 'stored' ? [MANIFEST] : [])];
  const whole = await Promise.all(wanted.map((name) => readManifest(context.io, join(folder, name))));
  const broken = wanted.filter((_, index) => whole[index]?.capture.id !== entry.id);
  if (broken.length === 0) return;
  for (const name of broken) noticeDamage(context, entry, name);
  for (const name of broken) {
    const path = join(folder, name);
    if ((await context.io.stat(path))?.kind === 'folder') await quarantine(context, path, name);
  }
  if (broken.includes(ACQUIRED)) await rewriteAcquired(context, folder, capture);
  // The other one is written by whoever brings a folder in line.
  context.ledger.untidied(entry.order);
  await tidyEntry(context, entry);
  if (context.ledger.untidy.includes(entry.order)) return;
  context.counts.healedFiles += broken.length;
  for (const name of broken) context.damaged.delete(`${entry.order}/${name}`);
}

async function scrubFile(context: Context, entry: Entry, folder: string, file: StoredFile): Promise<boolean> {
  context.counts.scrubbedFiles += 1;
  const found = await digestFile(context.io, join(folder, file.name)).catch(() => null);
  if (found?.sha256 === file.sha256) return true;
  noticeDamage(context, entry, file.name);
  return false;
}

/** What stays damaged is found again in every round, and counted once. */
function noticeDamage(context: Context, { id, order }: Entry, name: string): void {
  const what = `${order}/${name}`;
  if (!context.damaged.has(what)) context.counts.damagedFiles += 1;
  context.damaged.add(what);
  context.problems.set('damage', `${name} of capture ${id} is not as it was written: the medium fails`);
}
