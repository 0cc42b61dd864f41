import type { SharpFormat } from '../codec/sharp.js';
import type { FrameSize } from '../frame.js';
import type { ImageMetadata } from './image-metadata.js';
import { addToJpeg } from './jpeg.js';
import { addToPng } from './png.js';
import { addToWebp } from './webp.js';

/**
 * The encoded file with the metadata added, as parts to be written one after the other: libvips can only attach a
 * profile by converting the pixels to it. Each format takes the blocks that it can hold. The writers of TIFF and
 * FITS add their own.
 */
export function addMetadata(file: Buffer, format: SharpFormat, metadata: ImageMetadata, size: FrameSize): Uint8Array[] {
  switch (format) {
    case 'png':
      return addToPng(file, metadata);
    case 'webp':
      return addToWebp(file, metadata, size);
    case 'jpeg':
      return addToJpeg(file, metadata);
  }
}
