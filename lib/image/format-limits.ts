import { unwritable } from '../files/write-file.js';
import type { ImageFormat } from './codec/sharp.js';
import { hasAlpha } from './frame.js';
import type { AnyFrameSize } from './frame.js';
import type { ImageMetadata, StoredType } from './metadata/image-metadata.js';
import { STORED_TYPE_NAMES } from './metadata/lost.js';
import { colourPlanes } from './planes.js';

/** Largest sides: libwebp's WEBP_MAX_DIMENSION, libjpeg's JPEG_MAX_DIMENSION; the others hold any frame. */
const MAX_SIDES: Readonly<Partial<Record<ImageFormat, number>>> = { webp: 16_383, jpeg: 65_500 };

/** Bits of samples that formats of integers hold. */
const BITS: Readonly<Partial<Record<ImageFormat, string>>> = { png: '8 or 16', jpeg: '8', webp: '8' };

/**
 * Throws ImageError where the format would lose bits, bands or the alpha channel, would take a band for alpha, or holds
 * no frame of that size. TIFF holds every frame.
 * @param metadata how samples are stored that frames have as floats
 */
export function checkFormatHolds(
  path: string,
  format: ImageFormat,
  size: AnyFrameSize,
  { storedType }: Pick<ImageMetadata, 'storedType'> = {},
): void {
  const reason = problemOf(format, size, storedType);
  if (reason) throw unwritable(path, reason);
  const { width, height } = size;
  const most = MAX_SIDES[format] ?? Infinity;
  if (Math.max(width, height) > most)
    throw unwritable(
      path,
      `${format} holds ${most} pixels a side, the frame has ${width}x${height}; write PNG or TIFF`,
    );
}

function problemOf(format: ImageFormat, size: AnyFrameSize, storedType?: StoredType): string | null {
  if (format === 'tiff') return null;
  if (format === 'fits') return hasAlpha(size) ? 'fits holds no alpha channel; write PNG or TIFF' : null;
  return depthProblem(format, size, storedType) ?? bandProblem(format, size);
}

function depthProblem(format: ImageFormat, { depth }: AnyFrameSize, storedType?: StoredType): string | null {
  const name = storedType && STORED_TYPE_NAMES[storedType];
  if (depth === 32 && name)
    return `${format} holds unsigned integers of ${BITS[format]} bits, the frame has ${name}; write TIFF`;
  if (depth === 32) return `${format} holds integers, the frame has floats; write TIFF`;
  if (depth === 16 && format !== 'png') return `${format} holds 8 bits per sample, the frame has 16; write PNG or TIFF`;
  return null;
}

/** PNG and WebP have grey or RGB, and alpha as their second or fourth channel whatever it is meant to be. */
function bandProblem(format: ImageFormat, size: AnyFrameSize): string | null {
  const planes = colourPlanes(size);
  if (planes > 4) return `${format} holds 3 bands and alpha, the frame has ${planes} bands; write TIFF`;
  if (planes % 2 === 0)
    return `${format} holds 1 or 3 bands, the frame has ${planes}, the last of which would become alpha; write TIFF`;
  if (format === 'jpeg' && hasAlpha(size)) return 'jpeg holds no alpha channel; write PNG, TIFF or WebP';
  return null;
}
