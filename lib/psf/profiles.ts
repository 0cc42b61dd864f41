import type { Psf } from './psf.js';

/** Sums of a PSF along columns and along rows. */
export function profilesOf({ width, height, data }: Psf): { columns: Float64Array; rows: Float64Array } {
  const [columns, rows] = [new Float64Array(width), new Float64Array(height)];
  data.forEach((weight, index) => {
    columns[index % width]! += weight;
    rows[Math.floor(index / width)]! += weight;
  });
  return { columns, rows };
}
