import { join } from 'node:path';
import type { Capture, StoredFile } from '../capture/capture.js';
import type { Context } from './context.js';
import { digestFile } from './durable.js';
import { ACQUIRED, MANIFEST, folderOf } from './layout.js';
import { readManifest, recordOf } from './records-of.js';
import type { Entry } from './records.js';
import { quarantine, rewriteAcquired, tidyEntry } from './tidy.js';

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

async function scrubCapture(context: Context, entry: Entry): Promise<void> {
  if (context.catalogue.find(entry.id) !== entry) return;
  const { capture } = await recordOf(context, entry);
  const folder = folderOf(context.folder, entry);
  for (const file of [capture.raw, capture.product, capture.thumbnail]) {
    if (file?.present) await scrubFile(context, entry.id, folder, file);
  }
  await scrubManifests(context, entry, capture);
}

/** Manifests are written anew from the record: without them, a database that is made anew would not know of a file. */
async function scrubManifests(context: Context, entry: Entry, capture: Capture): Promise<void> {
  const folder = folderOf(context.folder, entry);
  const wanted = [...(capture.raw?.present ? [ACQUIRED] : []), ...(capture.state === 'stored' ? [MANIFEST] : [])];
  const whole = await Promise.all(wanted.map((name) => readManifest(context.io, join(folder, name))));
  const broken = wanted.filter((_, index) => whole[index]?.capture.id !== entry.id);
  if (broken.length === 0) return;
  for (const name of broken) damaged(context, `${name} of capture ${entry.id}`);
  for (const name of broken) {
    const path = join(folder, name);
    if ((await context.io.stat(path))?.kind === 'folder') await quarantine(context, path, name);
  }
  if (broken.includes(ACQUIRED)) await rewriteAcquired(context, folder, capture);
  // The other one is written by whoever brings a folder in line.
  context.ledger.untidied(entry.order);
  await tidyEntry(context, entry);
  if (!context.ledger.untidy.includes(entry.order)) context.counts.healedFiles += broken.length;
}

async function scrubFile(context: Context, id: string, folder: string, file: StoredFile): Promise<void> {
  context.counts.scrubbedFiles += 1;
  const found = await digestFile(context.io, join(folder, file.name)).catch(() => null);
  if (found?.sha256 !== file.sha256) damaged(context, `${file.name} of capture ${id}`);
}

function damaged(context: Context, what: string): void {
  context.counts.damagedFiles += 1;
  context.problems.set('damage', `${what} is not as it was written: the medium fails`);
}
