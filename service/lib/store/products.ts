import { join } from 'node:path';
import type { Capture, OutputFormat, StoredFile } from '../capture/capture.js';
import { step } from '../capture/machine.js';
import { FullError, ServiceError } from '../errors.js';
import type { Context } from './context.js';
import { digestFile, onDisk, seal, writeDurably } from './durable.js';
import { ACQUIRED, MANIFEST, draftName, folderOf, productName, thumbnailName } from './layout.js';
import { MOST_MANIFEST_BYTES, encodeManifest } from './manifest.js';
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
    const files = await sealFiles(context, draft, facts);
    const { level, levelReason, model, report } = facts;
    const change = { to: 'stored', facts: { level, levelReason, model, report, ...files } } as const;
    const now = context.clock.moment();
    const manifestBytes = await placeProduct(context, draft, step(capture, change, now).capture);
    return move(context, draft.id, change, manifestBytes, now);
  });
}

/** The files of a draft, durable, as they will be called. Rejects with FULL where the store has no room for them. */
export async function sealFiles(
  context: Context,
  draft: ProductDraft,
  facts: ProductFacts,
): Promise<{ product: StoredFile; thumbnail: StoredFile | null }> {
  const product = await sealDraft(context, draft.productPath, facts.mime, facts);
  const thumbnail = facts.thumbnail && (await sealDraft(context, draft.thumbnailPath, 'image/jpeg', facts.thumbnail));
  requireRoom(context, product.bytes + (thumbnail?.bytes ?? 0));
  return { product, thumbnail };
}

/** Gives the files of a draft their names, then writes the manifest that tells of them. Resolves with its bytes. */
export async function placeProduct(context: Context, draft: ProductDraft, capture: Capture): Promise<number> {
  const { io, ledger } = context;
  const folder = folderOf(context.folder, capture);
  const manifest = encodeManifest({ capture, lastSeq: ledger.meta.lastSeq });
  if (manifest.length > MOST_MANIFEST_BYTES) {
    throw new ServiceError('INVALID', `The manifest has ${manifest.length} bytes: at most ${MOST_MANIFEST_BYTES} go`);
  }
  await io.rename(draft.productPath, join(folder, capture.product!.name));
  if (capture.thumbnail) await io.rename(draft.thumbnailPath, join(folder, capture.thumbnail.name));
  await io.syncFolder(folder);
  await writeDurably(io, join(folder, MANIFEST), manifest);
  await io.syncFolder(folder);
  const acquired = (await io.stat(join(folder, ACQUIRED)))?.bytes ?? 0;
  return manifest.length + acquired;
}

/** The file of a draft, durable, under the name that it will have. */
async function sealDraft(
  { io }: Context,
  path: string,
  mime: string,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<StoredFile> {
  const sealed = await seal(io, path);
  if (sealed.bytes === 0) throw new ServiceError('INVALID', `${path} is empty: write it before committing it`);
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/^draft-\d+\./, '');
  return { name, ...sealed, mime, width, height, present: true };
}

/** One frame may exceed the quota: room is made before the next. */
function requireRoom({ catalogue, limits }: Context, bytes: number): void {
  if (catalogue.totalBytes <= limits.quotaBytes) return;
  throw new FullError(
    `The store has ${catalogue.totalBytes} of ${limits.quotaBytes} bytes and takes no ${bytes} more: ` +
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
