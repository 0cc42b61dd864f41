import type { Io } from '../../lib/io.js';
import { digestFile } from '../../lib/store/durable.js';
import { readManifest } from '../../lib/store/records-of.js';
import { walk } from '../../lib/store/walk.js';

/** A manifest that is seen after a crash has its files, before anything is recovered. Rejects where one has not. */
export async function requireFilesOfManifests(io: Io, folder: string, rotten: string | null = null): Promise<void> {
  if (!(await io.stat(folder))) return;
  for await (const { path } of walk(io, folder)) {
    const manifest = await readManifest(io, `${path}/manifest.json`);
    const { raw = null, product = null, thumbnail = null } = manifest?.capture ?? {};
    for (const file of [raw, product, thumbnail].filter((each) => each?.present)) {
      const found = await digestFile(io, `${path}/${file!.name}`);
      if (found?.sha256 !== file!.sha256 && `${path}/${file!.name}` !== rotten)
        throw new Error(`${path} has a manifest, and not the ${file!.name} of it`);
    }
  }
}
