import { crc32, deflateSync } from 'node:zlib';
import type { ImageMetadata } from './image-metadata.js';

/** Signature and IHDR, which must come first. */
const HEADER_BYTES = 33;

function chunk(type: string, data: Uint8Array): Buffer {
  const buffer = Buffer.alloc(12 + data.length);
  buffer.writeUInt32BE(data.length, 0);
  buffer.write(type, 4, 'latin1');
  buffer.set(data, 8);
  buffer.writeUInt32BE(crc32(buffer.subarray(4, 8 + data.length)), 8 + data.length);
  return buffer;
}

/** Parts of the PNG file with an iCCP and an eXIf chunk added. */
export function addToPng(file: Buffer, { icc, exif }: ImageMetadata): Uint8Array[] {
  const parts: Uint8Array[] = [file.subarray(0, HEADER_BYTES)];
  // iCCP: profile name, its terminator, compression method 0, then the compressed profile.
  if (icc) parts.push(chunk('iCCP', Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(icc)])));
  if (exif) parts.push(chunk('eXIf', exif));
  return [...parts, file.subarray(HEADER_BYTES)];
}
