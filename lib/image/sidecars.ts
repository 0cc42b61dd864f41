import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { readFileBytes } from './file-bytes.js';
import { storeFile, storeFileOnDisk } from './stored-file.js';
import type { StoredImage } from './stored.js';

/** What lies beside a file and belongs to it. */
export interface Sidecars {
  /** The mask that GDAL writes beside a picture that cannot hold it; null: there is none. */
  readonly mask: StoredImage | null;
  /** What is said there of the picture and is not read, for people. */
  readonly warnings: readonly string[];
}

const NONE: Sidecars = { mask: null, warnings: [] };
/** Names of world files, which say where a picture is, by their ends (GDAL). */
const WORLD_FILES = ['.tfw', '.tifw', '.pgw', '.jgw', '.wld'];
/** What GDAL says in its own file beside statistics, which nobody misses. */
const TELLING = /<(SRS|GeoTransform|GCPList|NoDataValue|Scale|Offset|Description)\b/;
/** Longer files of GDAL hold tables of attributes. */
const MOST_BYTES = 4e6;

/** What bounds the reading of sidecars. */
export interface SidecarOptions {
  readonly signal: AbortSignal;
  /** A file of more bytes than this is refused before it is read whole. */
  readonly budgetBytes?: number;
}

/** Looks for what belongs to an input, which has company only where it is a path. Rejects as the opening of a TIFF. */
export async function findSidecars(input: unknown, options: SidecarOptions): Promise<Sidecars> {
  if (typeof input !== 'string' || input === '') return NONE;
  const maskPath = `${input}.msk`;
  const mask = (await sizeOf(maskPath)) > 0 ? await openMask(maskPath, options) : null;
  const stem = input.slice(0, input.length - extname(input).length);
  const unread: string[] = [];
  for (const end of WORLD_FILES) if ((await sizeOf(stem + end)) > 0) unread.push(stem + end);
  const own = `${input}.aux.xml`;
  const bytes = await sizeOf(own);
  if (bytes > 0 && bytes <= MOST_BYTES && TELLING.test(await readFile(own, 'utf8').catch(() => ''))) unread.push(own);
  return { mask, warnings: unread.map(toWarning) };
}

async function openMask(path: string, { signal, budgetBytes = Infinity }: SidecarOptions): Promise<StoredImage> {
  const asked = { signal, page: undefined, checkDigest: () => {} };
  const stored = await storeFileOnDisk(path, asked);
  return stored ?? (await storeFile(await readFileBytes(path, signal, budgetBytes), path, asked));
}

function toWarning(path: string): string {
  return `${basename(path)}, which lies beside it, is not read: what it says is not heeded and not kept`;
}

/** Bytes of a file; 0 where there is none. */
async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() ? found.size : 0;
}
