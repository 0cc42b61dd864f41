import { frameBytes, hasAlpha } from '../frame.js';
import type { AnyFrameSize } from '../frame.js';
import { fitsWriterBytes } from '../fits/write-fits.js';
import { cogWriterBytes } from '../tiff/cog.js';
import { tiffFormOf } from '../tiff/form.js';
import type { TiffForm } from '../tiff/form.js';
import { tiffWriterBytes } from '../tiff/write.js';
import type { ImageFormat, SharpFormat } from './sharp.js';

/** Rows that libvips hands to an encoder at a time, both buffers together. */
const PIPELINE_ROWS = 400;
/** Whatever the size: tables, and what the C library rounds up. */
const FIXED_BYTES = 3.5e6;

/**
 * Most bytes that an encoder takes beside the frame itself, the encoded file included: bounds of what is measured with
 * noise, which compresses worst, for all sizes from 64x64 to 8192x6144 (`node scripts/measure-codecs.mjs encode`).
 * @param form of a TIFF; in strips and without a mask by default
 */
export function encoderBytes(size: AnyFrameSize, format: ImageFormat, form = tiffFormOf(size, {})): number {
  // Not libvips, but the writers of this package.
  if (format === 'tiff') return tiffBytes(size, form);
  if (format === 'fits') return FIXED_BYTES + fitsWriterBytes({ size, cards: [] });
  const { width, height, channels } = size;
  const rowBytes = frameBytes({ ...size, height: 1 });
  const pipelineBytes = Math.min(PIPELINE_ROWS, 2 * height) * rowBytes;
  const picture = { pixels: width * height, channels, isTransparent: hasAlpha(size), rowBytes, height };
  return Math.ceil(FIXED_BYTES + pipelineBytes + ownBytes(format, picture));
}

function tiffBytes(size: AnyFrameSize, { cog, ...form }: TiffForm): number {
  const description = { ...size, ...form };
  return cog ? cogWriterBytes(description) : tiffWriterBytes(description);
}

interface Picture {
  readonly pixels: number;
  readonly channels: number;
  readonly isTransparent: boolean;
  readonly rowBytes: number;
  readonly height: number;
}

function ownBytes(format: SharpFormat, picture: Picture): number {
  const { pixels, channels, isTransparent, rowBytes, height } = picture;
  const samplesBytes = rowBytes * height;
  switch (format) {
    case 'jpeg':
      return (channels === 1 ? 1.1 : 0.9) * samplesBytes;
    case 'png':
      return 1.05 * samplesBytes;
    case 'webp':
      // ARGB and YUV of the whole picture, and the file twice; an alpha channel is encoded without loss.
      return (isTransparent ? 38 : 9.9) * pixels;
  }
}
