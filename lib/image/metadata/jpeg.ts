import type { ImageMetadata, Resolution } from './image-metadata.js';
import { withIptc } from './photoshop.js';
import { inUnit } from './resolution.js';

const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP13 = 0xed;
const COM = 0xfe;
const XMP_PREFIX = 'http://ns.adobe.com/xap/1.0/\0';
const PHOTOSHOP_PREFIX = 'Photoshop 3.0\0';
/** A segment's length field counts itself. */
const MAX_PAYLOAD = 65_535 - 2;
const EXIF_PREFIX = 'Exif\0\0';
/** Longest blocks of metadata that a JPEG holds, in bytes. */
export const MAX_JPEG_BLOCK_BYTES = {
  exif: MAX_PAYLOAD - EXIF_PREFIX.length,
  xmp: MAX_PAYLOAD - XMP_PREFIX.length,
} as const;
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

/**
 * Parts of the JPEG file with segments of metadata added behind its JFIF header. A block that is too large is left out.
 */
export function addToJpeg(file: Buffer, metadata: ImageMetadata): Uint8Array[] {
  const { icc, exif, xmp, resolution, jpegComments = [] } = metadata;
  const hasHeader = file[3] === APP0;
  const start = hasHeader ? 4 + file.readUInt16BE(4) : 2;
  const parts: Uint8Array[] = [file.subarray(0, resolution ? 2 : start)];
  if (resolution) parts.push(jfifHeader(resolution));
  parts.push(...single(APP1, EXIF_PREFIX, exif), ...single(APP1, XMP_PREFIX, xmp));
  if (icc) parts.push(...iccSegments(icc));
  const resources = withIptc(metadata.photoshop, metadata.iptc);
  if (resources) parts.push(...photoshopSegments(resources));
  for (const comment of jpegComments) parts.push(segment(COM, comment));
  return [...parts, file.subarray(start)];
}

/** The block in a segment of its own, where one holds it. */
function single(marker: number, prefix: string, block: Buffer | undefined): Buffer[] {
  if (!block || prefix.length + block.length > MAX_PAYLOAD) return [];
  return [segment(marker, Buffer.concat([Buffer.from(prefix, 'latin1'), block]))];
}

/** Units of JFIF. */
const UNIT_CODES = { none: 0, inch: 1, centimetre: 2, metre: 2 } as const;

/** Version 1.1, unit, whole pixels per unit along both axes, no thumbnail. */
function jfifHeader(resolution: Resolution): Buffer {
  const { x, y, unit } = resolution.unit === 'metre' ? inUnit(resolution, 'inch') : resolution;
  const payload = Buffer.from('JFIF\0\x01\x01\0\0\0\0\0\0\0', 'latin1');
  payload[7] = UNIT_CODES[unit];
  payload.writeUInt16BE(Math.min(Math.max(1, Math.round(x)), 65_535), 8);
  payload.writeUInt16BE(Math.min(Math.max(1, Math.round(y)), 65_535), 10);
  return segment(APP0, payload);
}

/** Photoshop's image resources, in as many segments as they need. */
function photoshopSegments(resources: Buffer): Buffer[] {
  const step = MAX_PAYLOAD - PHOTOSHOP_PREFIX.length;
  return Array.from({ length: Math.ceil(resources.length / step) }, (_, index) => {
    const part = resources.subarray(index * step, (index + 1) * step);
    return segment(APP13, Buffer.concat([Buffer.from(PHOTOSHOP_PREFIX, 'latin1'), part]));
  });
}
