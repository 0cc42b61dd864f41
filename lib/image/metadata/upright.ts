import type { Orientation } from '../codec/inspection.js';
import { normaliseExif } from './exif.js';
import type { ImageMetadata, Resolution } from './image-metadata.js';

/** What is said of the stored picture, said of the upright one. */
export function uprightMetadata(metadata: ImageMetadata, orientation: Orientation): ImageMetadata {
  const { exif, resolution, ...rest } = metadata;
  return {
    ...rest,
    ...(exif && { exif: normaliseExif(exif) }),
    ...(resolution && { resolution: orientation < 5 ? resolution : swapAxes(resolution) }),
  };
}

function swapAxes(resolution: Resolution): Resolution {
  return { ...resolution, x: resolution.y, y: resolution.x };
}
