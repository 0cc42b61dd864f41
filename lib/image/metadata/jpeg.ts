import type { ImageMetadata } from './image-metadata.js';

const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
/** A segment's length field counts itself. */
const MAX_PAYLOAD = 65_535 - 2;
/** Identifier, chunk number, chunk count (ICC.1, annex B.4). */
const ICC_PREFIX_BYTES = 14;

function segment(marker: number, payload: Uint8Array): Buffer {
  const buffer = Buffer.alloc(4 + payload.length);
  buffer.writeUInt16BE(0xff00 | marker, 0);
  buffer.writeUInt16BE(payload.length + 2, 2);
  buffer.set(payload, 4);
  return buffer;
}

function iccSegments(icc: Uint8Array): Buffer[] {
  const step = MAX_PAYLOAD - ICC_PREFIX_BYTES;
  const count = Math.ceil(icc.length / step);
  return Array.from({ length: count }, (_, index) =>
    segment(
      APP2,
      Buffer.concat([
        Buffer.from('ICC_PROFILE\0', 'latin1'),
        Buffer.from([index + 1, count]),
        icc.subarray(index * step, (index + 1) * step),
      ]),
    ),
  );
}

/** Parts of the JPEG file with APP1 (EXIF) and APP2 (ICC) segments added after the JFIF header. */
export function addToJpeg(file: Buffer, { icc, exif }: ImageMetadata): Uint8Array[] {
  const start = file[3] === APP0 ? 4 + file.readUInt16BE(4) : 2;
  const parts: Uint8Array[] = [file.subarray(0, start)];
  if (exif) parts.push(segment(APP1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exif])));
  if (icc) parts.push(...iccSegments(icc));
  return [...parts, file.subarray(start)];
}

/** Whether one segment holds the block; a larger one cannot be written to a JPEG. */
export function fitsJpeg(exif: Uint8Array): boolean {
  return exif.length + 6 <= MAX_PAYLOAD;
}
