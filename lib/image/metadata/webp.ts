import { hasAlpha } from '../frame.js';
import type { FrameSize } from '../frame.js';
import type { ImageMetadata } from './image-metadata.js';

const RIFF_HEADER_BYTES = 12;
const VP8X_BYTES = 18;
const ICC_FLAG = 0x20;
const ALPHA_FLAG = 0x10;
const EXIF_FLAG = 0x08;
const XMP_FLAG = 0x04;

function chunk(type: string, data: Uint8Array): Buffer {
  const buffer = Buffer.alloc(8 + data.length + (data.length % 2));
  buffer.write(type, 0, 'latin1');
  buffer.writeUInt32LE(data.length, 4);
  buffer.set(data, 8);
  return buffer;
}

/** The extended header of a file that has none: flags, then width and height less one in 24 bits each. */
function extendedHeader({ width, height, ...bands }: FrameSize): Buffer {
  const data = Buffer.alloc(10);
  data[0] = hasAlpha(bands) ? ALPHA_FLAG : 0;
  data.writeUIntLE(width - 1, 4, 3);
  data.writeUIntLE(height - 1, 7, 3);
  return chunk('VP8X', data);
}

/** Parts of the WebP file with chunks of metadata added, which need the extended header VP8X. */
export function addToWebp(file: Buffer, { icc, exif, xmp }: ImageMetadata, size: FrameSize): Uint8Array[] {
  const isExtended = file.toString('latin1', 12, 16) === 'VP8X';
  const bodyStart = isExtended ? RIFF_HEADER_BYTES + VP8X_BYTES : RIFF_HEADER_BYTES;
  const header = isExtended ? Buffer.from(file.subarray(RIFF_HEADER_BYTES, bodyStart)) : extendedHeader(size);
  header[8]! |= (icc ? ICC_FLAG : 0) | (exif ? EXIF_FLAG : 0) | (xmp ? XMP_FLAG : 0);
  const chunks: Uint8Array[] = [header];
  if (icc) chunks.push(chunk('ICCP', icc));
  chunks.push(file.subarray(bodyStart));
  if (exif) chunks.push(chunk('EXIF', exif));
  if (xmp) chunks.push(chunk('XMP ', xmp));
  const riff = Buffer.from(file.subarray(0, RIFF_HEADER_BYTES));
  riff.writeUInt32LE(
    chunks.reduce((sum, { length }) => sum + length, 4),
    4,
  );
  return [riff, ...chunks];
}
