import { sizeOf } from '../frame.js';
import type { AnyFrameSize } from '../frame.js';
import { integerRuleOf } from '../integers.js';
import type { ImageMetadata } from '../metadata/image-metadata.js';
import { nodataOf } from '../tiff/nodata.js';
import type { FitsDescription } from './write-fits.js';

/** What is written of a frame with its metadata. */
export function describeFits(size: AnyFrameSize, metadata: ImageMetadata): FitsDescription {
  const { fitsCards: cards = [] } = metadata;
  const rule = integerRuleOf('fits', size, metadata);
  return { size: sizeOf(size), cards, nodata: rule ? rule.nodata : nodataOf(metadata, size), rule };
}
