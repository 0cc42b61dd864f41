import { join } from 'node:path';
import type { Capture, OutputFormat } from '../capture/capture.js';
import { repair } from '../capture/machine.js';
import { StateError } from '../errors.js';
import type { Context } from './context.js';
import { onDisk } from './durable.js';
import { MANIFEST, draftName, folderOf, productName, thumbnailName } from './layout.js';
import { placeProduct } from './product-files.js';
import { filesAreWhole, jobOf, storedFacts } from './products.js';
import { readManifest, recordOf, requireEntry } from './records-of.js';
import type { CaptureRecord, Entry } from './records.js';
import type { ProductDraft, ProductFacts } from './store.js';
import { tidyEntry } from './tidy.js';

/** A product that could not be made anew is tried again after this. */
const PAUSE_MS = 600_000;

/** Products that are being made anew, and those that wait after an attempt that failed. */
export class Repairs {
  readonly #active = new Set<string>();
  readonly #notBefore = new Map<string, number>();

  isActive(id: string): boolean {
    return this.#active.has(id);
  }

  mayBegin(id: string, now: number): boolean {
    return !this.#active.has(id) && now >= (this.#notBefore.get(id) ?? 0);
  }

  begin(id: string): void {
    this.#active.add(id);
  }

  /** @param again when it may be tried again; null where it need not */
  end(id: string, again: number | null): void {
    this.#active.delete(id);
    if (again === null) this.#notBefore.delete(id);
    else this.#notBefore.set(id, again);
  }
}

/** The next stored capture whose product is to be made anew from its frame; null where there is none. */
export async function nextRepair(context: Context, isAllowed: (id: string) => boolean): Promise<Capture | null> {
  const { ledger, repairs, io } = context;
  for (const order of ledger.broken) {
    const entry = context.catalogue.at(order);
    if (!entry || entry.bytes.raw === 0) continue;
    if (!repairs.mayBegin(entry.id, io.monotonic()) || !isAllowed(entry.id)) continue;
    return (await recordOf(context, entry)).capture;
  }
  return null;
}

/** Whether the product of a capture waits to be made anew, or is being made anew. */
export function needsRepair({ catalogue, ledger }: Context, id: string): boolean {
  const entry = catalogue.find(id);
  return entry !== undefined && ledger.broken.includes(entry.order);
}

/**
 * Begins to make a product anew. Its files get names that no other has had, so that the old ones stay as they are until
 * the new ones are durable.
 */
export async function beginRepair(context: Context, id: string, format: OutputFormat): Promise<ProductDraft> {
  const entry = requireEntry(context, id);
  if (!context.ledger.broken.includes(entry.order) || context.repairs.isActive(id)) {
    throw new StateError(`Capture ${id} has no product that waits to be made anew`);
  }
  const record = await recordOf(context, entry);
  const restorations = record.capture.restorations + 1;
  const begun = { ...record, capture: { ...record.capture, restorations } };
  await context.ledger.commit(() => [{ record: begun, event: null, untidy: true }]);
  context.repairs.begin(id);
  const folder = folderOf(context.folder, entry);
  const path = (name: string): string => join(folder, draftName(restorations, name));
  return { id, productPath: path(productName(format, restorations)), thumbnailPath: path(thumbnailName(restorations)) };
}

/**
 * Puts a product in the place of one that the medium has damaged: new files under new names, then the manifest that
 * tells of them, then the database; then the old ones go. A crash leaves the old product or the new one.
 */
export async function commitRepair(context: Context, draft: ProductDraft, facts: ProductFacts): Promise<Capture> {
  const entry = requireEntry(context, draft.id);
  return onDisk(`storing the product of capture ${draft.id} anew`, async () => {
    const record = await recordOf(context, entry);
    const job = jobOf(context, record.capture, draft, facts);
    const { manifestBytes, product, thumbnail } = await context.io.run(placeProduct, job);
    const { capture, type, detail } = repair(record.capture, storedFacts(facts, { product, thumbnail }));
    const change = { record: { capture, manifestBytes }, event: { type, detail }, untidy: true, broken: false };
    await context.ledger.commit(() => [change]);
    await settle(context, entry);
    return capture;
  });
}

/** Gives up what was made; the product is made anew later. */
export async function discardRepair(context: Context, draft: ProductDraft, reason: string): Promise<Capture> {
  const entry = requireEntry(context, draft.id);
  context.repairs.end(draft.id, context.io.monotonic() + PAUSE_MS);
  context.problems.set('damage', `the product of capture ${draft.id} could not be made anew: ${reason}`);
  await tidyEntry(context, entry);
  return (await recordOf(context, entry)).capture;
}

/** After a crash: a product that was whole with its manifest, and that only the database has missed, is taken. */
export async function finishRepairs(context: Context): Promise<number> {
  let finished = 0;
  for (const order of context.ledger.broken) {
    const entry = context.catalogue.at(order);
    if (!entry || entry.live) continue;
    const record = await recordOf(context, entry);
    const made = await madeAnew(context, entry, record);
    if (!made) continue;
    const { type, detail } = made;
    const change = { record: { ...record, capture: made.capture }, untidy: true, broken: false };
    const event = { type, detail: { ...detail, recovered: true } };
    await context.ledger.commit(() => [{ ...change, event }]);
    await settle(context, entry);
    finished += 1;
  }
  return finished;
}

async function madeAnew(
  context: Context,
  entry: Entry,
  { capture }: CaptureRecord,
): Promise<ReturnType<typeof repair> | null> {
  const manifest = await readManifest(context.io, join(folderOf(context.folder, entry), MANIFEST));
  const { id, restorations, level, levelReason, model, product, thumbnail } = manifest?.capture ?? capture;
  const isNew = id === capture.id && restorations === capture.restorations && product?.name !== capture.product?.name;
  if (!isNew || !product || level === null) return null;
  if (!(await filesAreWhole(context, { ...capture, raw: null, product, thumbnail }))) return null;
  return repair(capture, { level, levelReason: levelReason ?? '', model, product, thumbnail, report: null });
}

/** A product is whole again. */
async function settle(context: Context, entry: Entry): Promise<void> {
  context.repairs.end(entry.id, null);
  context.counts.healedFiles += 1;
  context.counts.repairedProducts += 1;
  await tidyEntry(context, entry);
}

/** A file of a stored capture is not as it was written. Its product is made anew where there is a whole frame. */
export async function breakProduct(context: Context, record: CaptureRecord): Promise<void> {
  if (context.ledger.broken.includes(record.capture.order)) return;
  await context.ledger.commit(() => [{ record, event: null, untidy: false, broken: true }]);
}
