import { crc32, deflateSync } from 'node:zlib';
import type { ImageMetadata, Resolution } from './image-metadata.js';
import { inUnit } from './resolution.js';

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

/** Parts of the PNG file with chunks of metadata added behind its header. */
export function addToPng(file: Buffer, metadata: ImageMetadata): Uint8Array[] {
  const { icc, exif, xmp, resolution, pngChunks = [] } = metadata;
  const parts: Uint8Array[] = [file.subarray(0, HEADER_BYTES)];
  // iCCP: profile name, its terminator, compression method 0, then the compressed profile.
  if (icc) parts.push(chunk('iCCP', Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(icc)])));
  if (exif) parts.push(chunk('eXIf', exif));
  if (xmp) parts.push(chunk('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\0\0\0\0', 'latin1'), xmp])));
  if (resolution) parts.push(resolutionChunk(resolution));
  for (const one of pngChunks) parts.push(chunk(one.toString('latin1', 0, 4), one.subarray(4)));
  return [...parts, ...withoutResolution(file)];
}

/** Whole pixels per metre, or the shape of pixels. */
function resolutionChunk(resolution: Resolution): Buffer {
  const { x, y, unit } = inUnit(resolution, 'metre');
  const data = Buffer.alloc(9);
  data.writeUInt32BE(Math.min(Math.round(x), 0x7fffffff), 0);
  data.writeUInt32BE(Math.min(Math.round(y), 0x7fffffff), 4);
  data[8] = unit === 'none' ? 0 : 1;
  return chunk('pHYs', data);
}

/** All chunks behind the header but the pHYs that libvips writes where nothing is known: nothing is to be invented. */
function withoutResolution(file: Buffer): Uint8Array[] {
  for (let start = HEADER_BYTES; start + 12 <= file.length; ) {
    const type = file.toString('latin1', start + 4, start + 8);
    const end = start + 12 + file.readUInt32BE(start);
    if (type === 'pHYs') return [file.subarray(HEADER_BYTES, start), file.subarray(end)];
    if (type === 'IDAT') break;
    start = end;
  }
  return [file.subarray(HEADER_BYTES)];
}
