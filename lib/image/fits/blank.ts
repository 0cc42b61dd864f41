import type { AnyFrameSize } from '../frame.js';
import type { ImageMetadata } from '../metadata/image-metadata.js';
import { nodataOf } from '../missing/nodata.js';
import { FitsHeader } from './header.js';
import { readValues } from './values.js';

/**
 * The sample that stands for a missing one, by what a picture says of itself: BLANK of FITS, or the nodata value of
 * GDAL. Null where none does, or no sample of that type has the value.
 */
export function nodataIn(metadata: ImageMetadata, { depth }: Pick<AnyFrameSize, 'depth'>): number | null {
  if (depth === 32) return null;
  if (!metadata.fitsCards) return nodataOf(metadata, { depth }).nodata;
  const { blank, zero, scale } = readValues(new FitsHeader(metadata.fitsCards));
  const value = blank === null ? null : zero + scale * blank;
  return value !== null && Number.isInteger(value) && value >= 0 && value < 2 ** depth ? value : null;
}
