import type { OutputFormat } from './capture.js';

/** Media types of products. */
export const MIMES: Readonly<Record<OutputFormat, string>> = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  tiff: 'image/tiff',
  fits: 'image/fits',
};

/** The format of a raw file, or null where a product could not have it. */
export const formatOf = (mime: string): OutputFormat | null =>
  (Object.keys(MIMES) as OutputFormat[]).find((format) => MIMES[format] === mime) ?? null;

/** How names of files of a format end. */
export const EXTENSIONS: Readonly<Record<OutputFormat, string>> = {
  png: 'png',
  jpeg: 'jpg',
  webp: 'webp',
  tiff: 'tif',
  fits: 'fits',
};
