import type { TiffDescription, TiffGrid } from './write-description.js';

/** The mask of a picture as a picture of its own: one byte per pixel, cut as the picture is. */
export function maskOf({ width, height, tileSize, isReduced }: TiffDescription): TiffDescription {
  return { width, height, channels: 1, depth: 8, alpha: false, rgb: [], tileSize, isReduced, isMask: true };
}

/** The strips or tiles of the mask of a picture: as many as those of a plane, of as many rows. */
export function maskGridOf(grid: TiffGrid): TiffGrid {
  return { ...grid, planes: 1, samples: 1, sampleType: 'uint8', bytes: grid.width * grid.height };
}
