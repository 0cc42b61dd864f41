import { toOrientation } from '../codec/inspection.js';
import type { Orientation } from '../codec/inspection.js';
import type { Directory } from './directory.js';
import { TAG } from './tags.js';

/** Tags that tell where rows and columns as they are stored lie on the ground (GeoTIFF 1.1, RPC in GeoTIFF). */
const PLACE_TAGS = [33_550, 33_922, 34_264, 34_735, 50_844];
/** What GDAL says of samples: it heeds no orientation, nor do the programs that read files by it. */
const GDAL_TAGS = [TAG.gdalMetadata, TAG.gdalNodata];

/** How a picture is oriented, and what is done about it. */
export interface StoredOrientation {
  /** How it is turned to be upright; 1: it stays as it is stored. */
  readonly turn: Orientation;
  /** Whether it stays although its tag says that it is to be turned: then the tag stays, too. */
  readonly isKept: boolean;
}

/**
 * What the orientation of a picture means. Pictures are turned upright, but those that a georeference or GDAL speaks of
 * stay as they are stored: pixels, their places, and masks are told of in stored rows and columns.
 */
export async function readOrientation(directory: Directory): Promise<StoredOrientation> {
  const stated = toOrientation(await directory.value(TAG.orientation, 1));
  const isPlaced = [...PLACE_TAGS, ...GDAL_TAGS].some((tag) => directory.has(tag));
  return isPlaced ? { turn: 1, isKept: stated !== 1 } : { turn: stated, isKept: false };
}
