import { join } from 'node:path';
import type { StoredFile } from '../capture/capture.js';
import type { Context } from './context.js';
import { digestFile } from './durable.js';
import { MANIFEST, folderOf } from './layout.js';
import { readManifest, recordOf } from './records-of.js';
import type { Entry } from './records.js';

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
    await context.turns.take(entry.id, () => scrubCapture(context, entry));
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
  if (capture.state === 'stored' && !(await readManifest(context.io, join(folder, MANIFEST)))) {
    damaged(context, `${MANIFEST} of capture ${entry.id}`);
  }
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
