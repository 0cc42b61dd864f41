import sharp from 'sharp';
import type { Sharp } from 'sharp';
import type { OutputFormat, OutputRequest } from '../capture/capture.js';
import { inspectFile } from '../drivers/container/inspect.js';
import type { Inspection } from '../drivers/container/inspect.js';
import { copyWhole } from '../drivers/copy-whole.js';
import type { Io } from '../io.js';
import { formatOf } from '../capture/formats.js';

/** Where no quality was asked for: as the library writes. */
const QUALITY = 95;

/** The format in which a frame can be passed through: the one asked for, or that of the frame. */
export function passFormat(rawMime: string, wanted: OutputFormat): OutputFormat | null {
  const raw = formatOf(rawMime);
  if (raw === wanted || raw === null) return raw;
  // libvips neither reads nor writes FITS here.
  return raw === 'fits' || wanted === 'fits' ? raw : wanted;
}

/** Writes the frame as it is, byte for byte where its format is the one wanted. Resolves with what has come of it. */
export async function passThrough(
  io: Io,
  raw: { readonly path: string; readonly mime: string },
  product: { readonly path: string; readonly output: OutputRequest },
): Promise<Inspection> {
  const { format, quality = QUALITY } = product.output;
  if (formatOf(raw.mime) === format) return io.run(copyWhole, { from: raw.path, to: product.path });
  const image = sharp(raw.path, { sequentialRead: true }).keepMetadata();
  await encoded(image, format, quality).toFile(product.path);
  return io.run(inspectFile, product.path);
}

function encoded(image: Sharp, format: OutputFormat, quality: number): Sharp {
  if (format === 'jpeg') return image.jpeg({ quality });
  if (format === 'webp') return image.webp({ quality, effort: 2 });
  return format === 'tiff' ? image.tiff({ compression: 'deflate' }) : image.png({ compressionLevel: 2 });
}
