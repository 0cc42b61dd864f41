import { join } from 'node:path';
import type { Capture, OutputFormat } from '../capture/capture.js';
import type { StoredFacts } from '../capture/machine.js';
import { FullError } from '../errors.js';
import type { Context } from './context.js';
import { digestFile, onDisk } from './durable.js';
import { MANIFEST, draftName, folderOf, productName, thumbnailName } from './layout.js';
import { placeProduct } from './product-files.js';
import type { ProductToPlace } from './product-files.js';
import { liveRecord, move } from './steps.js';
import type { ProductDraft, ProductFacts } from './store.js';

/** `acquired` -> `restoring`, with names for the files. No manifest may be there before its files are. */
export async function beginProduct(context: Context, id: string, format: OutputFormat): Promise<ProductDraft> {
  const { capture } = liveRecord(context, id);
  const folder = folderOf(context.folder, capture);
  await onDisk(`beginning the product of capture ${id}`, async () => {
    if (!(await context.io.stat(join(folder, MANIFEST)))) return;
    await context.io.unlink(join(folder, MANIFEST));
    await context.io.syncFolder(folder);
  });
  const { restorations } = await move(context, id, { to: 'restoring' });
  const path = (name: string): string => join(folder, draftName(restorations, name));
  return { id, productPath: path(productName(format)), thumbnailPath: path(thumbnailName()) };
}

/**
 * Makes a product what the store promises: bytes durable, names durable, then the manifest, then the database. A
 * manifest without its files is never seen, not even after a crash.
 */
export async function commitProduct(context: Context, draft: ProductDraft, facts: ProductFacts): Promise<Capture> {
  const { capture } = liveRecord(context, draft.id);
  return onDisk(`storing the product of capture ${draft.id}`, async () => {
    const job = jobOf(context, capture, draft, facts);
    const { manifestBytes, now, ...files } = await context.io.run(placeProduct, job);
    return move(context, draft.id, { to: 'stored', facts: storedFacts(facts, files) }, manifestBytes, now);
  });
}

/** What is to be done with the files of a draft. Throws FULL where the store has no room for them. */
export function jobOf(context: Context, capture: Capture, draft: ProductDraft, facts: ProductFacts): ProductToPlace {
  requireRoom(context);
  const { clock, ledger } = context;
  const folder = folderOf(context.folder, capture);
  return { capture, folder, draft, facts, now: clock.moment(), lastSeq: ledger.meta.lastSeq };
}

/** What the record says of a product. */
export const storedFacts = (
  { level, levelReason, model, report }: ProductFacts,
  files: Pick<StoredFacts, 'product' | 'thumbnail'>,
): StoredFacts => ({ level, levelReason, model, report, ...files });

/** One frame may exceed the quota: room is made before the next. */
function requireRoom({ catalogue, limits }: Context): void {
  if (catalogue.totalBytes <= limits.quotaBytes) return;
  throw new FullError(
    `The store has ${catalogue.totalBytes} of ${limits.quotaBytes} bytes and takes no product more: ` +
      'acknowledge products, or give it a greater quota',
  );
}

/** Whether the files of a capture are as it says, to the last bit. */
export async function filesAreWhole(context: Context, capture: Capture): Promise<boolean> {
  const folder = folderOf(context.folder, capture);
  for (const file of [capture.raw, capture.product, capture.thumbnail]) {
    if (!file?.present) continue;
    const found = await digestFile(context.io, join(folder, file.name)).catch(() => null);
    if (found?.sha256 !== file.sha256) return false;
  }
  return true;
}
