import { join } from 'node:path';
import type { StoredFile } from '../capture/capture.js';
import type { Io } from '../io.js';
import { ACQUIRED, MANIFEST, TWO_DIGITS, YEAR } from './layout.js';
import type { Manifest } from './manifest.js';
import { readManifest } from './records-of.js';
import { manifestBytesIn } from './tidy.js';

/** A folder of a capture, and what its manifests say. */
export interface FoundFolder {
  readonly path: string;
  readonly id: string;
  /** Of the product, or else of the frame; null where neither is whole with its files. */
  readonly manifest: Manifest | null;
  readonly manifestBytes: number;
  /** The manifest is whole with its frame, and its product is not there in its size. */
  readonly isBroken: boolean;
  /** There is a manifest of a product, and nothing of it can be used. */
  readonly isDoubtful: boolean;
}

/** All folders of captures in a store, by day. */
export async function* walk(io: Io, store: string): AsyncGenerator<{ readonly path: string; readonly id: string }> {
  for (const year of await folders(io, store, YEAR)) {
    for (const month of await folders(io, year.path, TWO_DIGITS)) {
      for (const day of await folders(io, month.path, TWO_DIGITS)) yield* await folders(io, day.path, /./);
    }
  }
}

async function folders(io: Io, folder: string, name: RegExp): Promise<{ path: string; id: string }[]> {
  const names = (await io.list(folder)).filter((each) => name.test(each));
  const found = await Promise.all(
    names.map(async (id) => ({ path: join(folder, id), id, stat: await io.stat(join(folder, id)) })),
  );
  return found.filter(({ stat }) => stat?.kind === 'folder').map(({ path, id }) => ({ path, id }));
}

/** What a folder's manifests say, where what they name is there in its size, or its frame at the least. */
export async function readFolder(io: Io, path: string, id: string): Promise<FoundFolder> {
  const manifestBytes = await manifestBytesIn({ io }, path);
  for (const name of [MANIFEST, ACQUIRED]) {
    const manifest = await readManifest(io, join(path, name));
    if (manifest?.capture.id !== id) continue;
    const { raw, product, thumbnail } = manifest.capture;
    const isWhole = await hasFiles(io, path, [raw, product, thumbnail]);
    if (!isWhole && !(raw?.present && (await hasFiles(io, path, [raw])))) continue;
    const isDoubtful = name === ACQUIRED && (await io.stat(join(path, MANIFEST))) !== null;
    return { path, id, manifest, manifestBytes, isBroken: !isWhole, isDoubtful };
  }
  return { path, id, manifest: null, manifestBytes: 0, isBroken: false, isDoubtful: true };
}

async function hasFiles(io: Io, path: string, files: readonly (StoredFile | null)[]): Promise<boolean> {
  for (const file of files) {
    if (file?.present && (await io.stat(join(path, file.name)))?.bytes !== file.bytes) return false;
  }
  return true;
}
