import type { TiffSamples } from './write-blocks.js';
import type { TiffDescription } from './write-description.js';
import { MemorySpool } from '../write-sink.js';
import type { ByteSink } from '../write-sink.js';
import { TiffWriter } from './write.js';
import type { MaskedRows, TiffWriterOptions } from './write.js';

/** Writes a picture in memory as TIFF. Rejects as {@link TiffWriter.writeRows}. */
export async function writeTiff(
  sink: ByteSink,
  description: TiffDescription,
  { samples, mask }: MaskedRows,
  options: TiffWriterOptions = {},
): Promise<void> {
  const writer = TiffWriter.create(sink, description, options);
  await writer.writeRows(samples, description.height, mask);
  await writer.finish();
}

/** A whole TIFF in memory. Rejects as {@link TiffWriter.writeRows}. */
export async function encodeTiff(
  description: TiffDescription,
  samples: TiffSamples,
  options: TiffWriterOptions = {},
): Promise<Buffer> {
  const spool = new MemorySpool();
  await writeTiff(spool, description, { samples, mask: null }, options);
  return spool.toBuffer();
}
