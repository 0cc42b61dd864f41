import { unwritable } from '../files/write-file.js';
import type { ImageFormat } from './codec/sharp.js';
import { hasAlpha } from './frame.js';
import type { AnyFrameSize } from './frame.js';
import { colourPlanes } from './planes.js';

/** Largest sides: libwebp's WEBP_MAX_DIMENSION, libjpeg's JPEG_MAX_DIMENSION; the others hold any frame. */
const MAX_SIDES: Readonly<Partial<Record<ImageFormat, number>>> = { webp: 16_383, jpeg: 65_500 };

/**
 * Throws ImageError where the format would lose bits, bands or the alpha channel, would take a band for alpha, or holds
 * no frame of that size. TIFF holds every frame.
 */
export function checkFormatHolds(path: string, format: ImageFormat, size: AnyFrameSize): void {
  const reason = problemOf(format, size);
  if (reason) throw unwritable(path, reason);
  const { width, height } = size;
  const most = MAX_SIDES[format] ?? Infinity;
  if (Math.max(width, height) > most)
    throw unwritable(
      path,
      `${format} holds ${most} pixels a side, the frame has ${width}x${height}; write PNG or TIFF`,
    );
}

function problemOf(format: ImageFormat, size: AnyFrameSize): string | null {
  if (format === 'tiff') return null;
  if (format === 'fits') return hasAlpha(size) ? 'fits holds no alpha channel; write PNG or TIFF' : null;
  return depthProblem(format, size) ?? bandProblem(format, size);
}

function depthProblem(format: ImageFormat, { depth }: AnyFrameSize): string | null {
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
