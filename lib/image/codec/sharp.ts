import sharp from 'sharp';
import type { Sharp } from 'sharp';

/** File formats that are read and written, by the name that sharp gives them. */
export type ImageFormat = 'jpeg' | 'png' | 'tiff' | 'webp';

const EXTENSIONS: Readonly<Record<string, ImageFormat>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.png': 'png',
  '.tif': 'tiff',
  '.tiff': 'tiff',
  '.webp': 'webp',
};

/** File extensions that name a format, with their dots. */
export const IMAGE_EXTENSIONS: readonly string[] = Object.keys(EXTENSIONS);

/** The format that an extension with its dot names, in capitals or not. */
export function formatOfExtension(extension: string): ImageFormat | undefined {
  return EXTENSIONS[extension.toLowerCase()];
}

/** libvips keeps finished operations for reuse, which only costs memory here. Its threads are its own business: one. */
sharp.cache(false);
sharp.concurrency(1);

export { sharp };
export type { Sharp };
