import type { ImageMetadata } from './image-metadata.js';
import { TiffReader, transplantExif, writeDirectory } from './tiff-fields.js';

const UNDEFINED = 7;
const ICC_TAG = 34_675;

/** Parts of a little-endian TIFF file (as libvips writes it) with ICC and EXIF fields in a directory moved to its end. */
export function addToTiff(file: Buffer, { icc, exif }: ImageMetadata): Uint8Array[] {
  const reader = new TiffReader(file);
  const fields = reader.readDirectory(reader.firstDirectory);
  const padding = Buffer.alloc(file.length % 2);
  const position = file.length + padding.length;
  const parts: Buffer[] = [];
  const added = exif ? transplantExif(new TiffReader(exif), parts, position) : [];
  if (icc) added.push({ tag: ICC_TAG, type: UNDEFINED, count: icc.length, data: icc });
  const kept = fields.filter(({ tag }) => !added.some((field) => field.tag === tag));
  const directoryStart = position + parts.reduce((sum, { length }) => sum + length, 0);
  const header = Buffer.from(file.subarray(0, 8));
  header.writeUInt32LE(directoryStart, 4);
  return [header, file.subarray(8), padding, ...parts, writeDirectory([...kept, ...added], directoryStart)];
}
