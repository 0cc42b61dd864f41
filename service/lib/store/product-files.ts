import { join } from 'node:path';
import type { Capture, StoredFile } from '../capture/capture.js';
import { repair, step } from '../capture/machine.js';
import type { Moment } from '../clock.js';
import { ServiceError } from '../errors.js';
import type { Disk } from '../io.js';
import type { Work } from '../io/work.js';
import { seal, writeDurably } from './durable.js';
import { ACQUIRED, MANIFEST } from './layout.js';
import { MOST_MANIFEST_BYTES, encodeManifest } from './manifest.js';
import type { ProductDraft, ProductFacts } from './store.js';

/** A draft, and what its manifest is to say. */
export interface ProductToPlace {
  readonly capture: Capture;
  readonly folder: string;
  readonly draft: ProductDraft;
  readonly facts: ProductFacts;
  /** When it was begun. */
  readonly now: Moment;
  readonly lastSeq: number;
}

/** A product that is durable, with its manifest. */
export interface PlacedProduct {
  readonly product: StoredFile;
  readonly thumbnail: StoredFile | null;
  /** Of all manifests of the capture. */
  readonly manifestBytes: number;
  /** The time that the manifest says. */
  readonly now: Moment;
}

type Files = Pick<PlacedProduct, 'product' | 'thumbnail'>;

async function place(io: Disk, job: ProductToPlace): Promise<PlacedProduct> {
  const { folder, draft, lastSeq } = job;
  const begun = io.monotonic();
  const files = await sealFiles(io, job);
  const now = later(job.now, Math.round(io.monotonic() - begun));
  const capture = storedAs(job, files, now);
  const manifest = encodeManifest({ capture, lastSeq });
  if (manifest.length > MOST_MANIFEST_BYTES) {
    throw new ServiceError('INVALID', `The manifest has ${manifest.length} bytes: at most ${MOST_MANIFEST_BYTES} go`);
  }
  await io.rename(draft.productPath, join(folder, capture.product!.name));
  if (capture.thumbnail) await io.rename(draft.thumbnailPath, join(folder, capture.thumbnail.name));
  await io.syncFolder(folder);
  await writeDurably(io, join(folder, MANIFEST), manifest);
  await io.syncFolder(folder);
  const acquired = (await io.stat(join(folder, ACQUIRED)))?.bytes ?? 0;
  return { ...files, manifestBytes: manifest.length + acquired, now };
}

/** Makes the files of a draft durable and gives them their names, then writes the manifest that tells of them. */
export const placeProduct: Work<ProductToPlace, PlacedProduct> = {
  url: import.meta.url,
  name: 'placeProduct',
  run: place,
};

const later = ({ service, wall }: Moment, milliseconds: number): Moment => ({
  service: service + milliseconds,
  wall: wall + milliseconds,
});

/** What the manifest says: a capture that is stored already gets its product anew. */
function storedAs({ capture, facts }: ProductToPlace, files: Files, now: Moment): Capture {
  const { level, levelReason, model, report } = facts;
  const all = { level, levelReason, model, report, ...files };
  return capture.state === 'stored'
    ? repair(capture, all).capture
    : step(capture, { to: 'stored', facts: all }, now).capture;
}

/** The files of a draft, durable, as they will be called. */
export async function sealFiles(io: Disk, { draft, facts }: Pick<ProductToPlace, 'draft' | 'facts'>): Promise<Files> {
  const product = await sealDraft(io, draft.productPath, facts.mime, facts);
  const thumbnail = facts.thumbnail && (await sealDraft(io, draft.thumbnailPath, 'image/jpeg', facts.thumbnail));
  return { product, thumbnail };
}

/** The file of a draft, durable, under the name that it will have. */
async function sealDraft(
  io: Disk,
  path: string,
  mime: string,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<StoredFile> {
  const sealed = await seal(io, path);
  if (sealed.bytes === 0) throw new ServiceError('INVALID', `${path} is empty: write it before committing it`);
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/^draft-\d+\./, '');
  return { name, ...sealed, mime, width, height, present: true };
}
