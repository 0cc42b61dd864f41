import sharp from 'sharp';
import type { Sharp } from 'sharp';

/** File formats that libvips writes, by the name that sharp gives them. */
export type SharpFormat = 'jpeg' | 'png' | 'webp';
/** File formats that are read and written: the others have writers of their own. */
export type ImageFormat = SharpFormat | 'tiff' | 'fits';

const EXTENSIONS: Readonly<Record<string, ImageFormat>> = {
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.png': 'png',
  '.tif': 'tiff',
  '.tiff': 'tiff',
  '.webp': 'webp',
  '.fits': 'fits',
  '.fit': 'fits',
  '.fts': 'fits',
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
