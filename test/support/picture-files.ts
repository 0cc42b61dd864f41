import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { Directory, openTiffFile } from '../../lib/image/tiff/directory.js';
import { TiffReader, writeDirectory } from '../../lib/image/metadata/tiff-fields.js';
import type { TiffField } from '../../lib/image/metadata/image-metadata.js';
import type { Frame } from '../../lib/index.js';

/** A frame on its way into a file of any format, without colour conversion. */
export function imageOf({ data, width, height, channels, depth }: Frame): Sharp {
  const space = depth === 16 ? (channels < 3 ? 'grey16' : 'rgb16') : channels < 3 ? 'b-w' : 'srgb';
  return sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } }).toColourspace(space);
}

/** A PNG chunk. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** A file with bytes put in at a position. */
export function insert(file: Buffer, position: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([file.subarray(0, position), bytes, file.subarray(position)]);
}

/** Position of the first segment of a JPEG with that marker. */
export function findSegment(jpeg: Buffer, marker: (code: number) => boolean): number {
  let position = 2;
  while (!marker(jpeg[position + 1]!)) position += 2 + jpeg.readUInt16BE(position + 2);
  return position;
}

/** A JPEG segment. */
export function jpegSegment(marker: number, payload: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([head, payload]);
}

const OFFSET_TAGS = [273, 324];

/** A TIFF as libvips writes it, with its directory changed and moved to the front (as in a COG) or to the end. */
export function withDirectory(
  tiff: Buffer,
  {
    isFirst = false,
    change = (fields) => fields,
  }: { isFirst?: boolean; change?: (fields: TiffField[]) => TiffField[] },
): Buffer {
  const reader = new TiffReader(tiff);
  const fields = change(reader.readDirectory(reader.firstDirectory));
  const header = Buffer.from(tiff.subarray(0, 8));
  if (!isFirst) {
    const padding = Buffer.alloc(tiff.length % 2);
    header.writeUInt32LE(tiff.length + padding.length, 4);
    return Buffer.concat([header, tiff.subarray(8), padding, writeDirectory(fields, tiff.length + padding.length)]);
  }
  const shift = writeDirectory(fields, 8).length;
  header.writeUInt32LE(8, 4);
  const moved = fields.map((field) => (OFFSET_TAGS.includes(field.tag) ? shifted(field, shift) : field));
  return Buffer.concat([header, writeDirectory(moved, 8), tiff.subarray(8)]);
}

function shifted({ data, ...field }: TiffField, by: number): TiffField {
  const copy = Buffer.from(data);
  for (let at = 0; at < copy.length; at += 4) copy.writeUInt32LE(copy.readUInt32LE(at) + by, at);
  return { ...field, data: copy };
}

/** A TIFF without what lies behind its last strip, tile or directory, and means nothing. */
export async function trimTiff(tiff: Buffer): Promise<Buffer> {
  const file = await openTiffFile(tiff.length, async (at, length) => tiff.subarray(at, at + length));
  let end = 0;
  for (let at = file.first; at !== 0; ) {
    const directory = await Directory.read(file, at, 'a directory');
    end = Math.max(end, at + 2 + 12 * directory.entries.length + 4);
    for (const { valuesAt, sizeBytes } of directory.entries) end = Math.max(end, valuesAt + sizeBytes);
    const [offsetTag, sizeTag] = directory.has(273) ? [273, 279] : [324, 325];
    const [offsets, sizes] = [await directory.numbers(offsetTag, 1e6), await directory.numbers(sizeTag, 1e6)];
    for (const [index, offset] of offsets.entries()) end = Math.max(end, offset + sizes[index]!);
    at = directory.next;
  }
  return tiff.subarray(0, end);
}
