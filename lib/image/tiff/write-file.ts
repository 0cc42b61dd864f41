import type { FileHandle } from 'node:fs/promises';
import { openNameless, writeFileWith } from '../../files/write-file.js';
import type { ReadBack } from '../read-back.js';
import { CogWriter } from './cog.js';
import type { TiffDescription } from './write-description.js';
import { writeTiff } from './write-frame.js';
import { FileSpool } from '../write-sink.js';
import type { MaskedRows, TiffWriterOptions } from './write.js';

/** How a TIFF file is written. */
export interface TiffFileOptions extends TiffWriterOptions {
  /** Whether it is a Cloud Optimized GeoTIFF; false by default. */
  readonly cog?: boolean | undefined;
  /** Reads the file before it gets its name; by default nobody does. */
  readonly readBack?: ReadBack | undefined;
}

/**
 * Writes a picture in memory to a TIFF file, whole or not at all. Rejects with ImageError, ArgumentError, or the
 * signal's reason.
 */
export async function writeTiffFile(
  path: string,
  description: TiffDescription,
  rows: MaskedRows,
  options: TiffFileOptions,
): Promise<void> {
  await writeFileWith(
    path,
    async ({ handle, folder }) => {
      const file = options.readBack?.openSpool(handle) ?? new FileSpool(handle);
      if (!options.cog) return writeTiff(file, description, rows, options);
      await withSpools(folder, async (openSpool) => {
        const writer = CogWriter.create(await openSpool(), description, options);
        await writer.writeRows(rows.samples, description.height, rows.mask);
        await writer.finish(file, openSpool);
      });
    },
    options.signal,
    options.readBack?.verify,
  );
}

/** Temporary files without names in a folder, which are gone when `use` has settled, or the process ends. */
export async function withSpools(
  folder: string,
  use: (openSpool: () => Promise<FileSpool>) => Promise<void>,
): Promise<void> {
  const handles: FileHandle[] = [];
  try {
    await use(async () => {
      const handle = await openNameless(folder);
      handles.push(handle);
      return new FileSpool(handle);
    });
  } finally {
    for (const handle of handles) await handle.close().catch(() => {});
  }
}
