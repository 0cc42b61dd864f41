import { writeAtomically } from '../files/write-file.js';
import { holdsBytes, untilItReadsBack } from '../image/read-back.js';
import { requireArray, requireString } from '../runtime/validate.js';
import type { StarFit } from './measure/fit.js';

/**
 * Centroids in the form that tetra3 and cedar-solve take (`solve_from_centroids`): [y, x] in pixels, brightest first,
 * from the corner of the first pixel, whose centre is (0.5, 0.5) there.
 */
export function toTetra3(stars: readonly StarFit[]): [number, number][] {
  requireArray('stars', stars);
  return [...stars].sort((a, b) => b.flux - a.flux).map(({ x, y }) => [y + 0.5, x + 0.5]);
}

const COLUMNS = 'x,y,flux,background,variance_x,variance_y,covariance_xy,cramer_rao_px,flux_sigma,snr,chi2,saturated';

/** One star a line, brightest first; pixels and counts. */
export function formatCsv(stars: readonly StarFit[]): string {
  requireArray('stars', stars);
  return `${[COLUMNS, ...stars.map(formatStar)].join('\n')}\n`;
}

function formatStar({ x, y, covariance: { xx, yy, xy }, saturated, ...star }: StarFit): string {
  const { flux, background, boundPx, fluxSigma, snr, chi2 } = star;
  const numbers = [flux, background, xx, yy, xy, boundPx, fluxSigma, snr, chi2];
  const cells = [x.toFixed(4), y.toFixed(4), ...numbers.map((value) => value.toPrecision(6)), saturated ? 1 : 0];
  return cells.join(',');
}

/** Writes {@link formatCsv}, whole or not at all. Rejects with ImageError, or the signal's reason. */
export async function writeCsv(path: string, stars: readonly StarFit[], signal?: AbortSignal): Promise<void> {
  await writeTable(path, stars, { signal, readBack: false });
}

/**
 * {@link writeCsv}, read back before it gets its name where that is asked for. Resolves to how often it was written.
 * Rejects with IntegrityError, too. @internal
 */
export async function writeTable(
  path: string,
  stars: readonly StarFit[],
  { signal, readBack }: { readonly signal: AbortSignal | undefined; readonly readBack: boolean },
): Promise<1 | 2> {
  requireString('path', path);
  const parts = [Buffer.from(formatCsv(stars))];
  const verify = readBack ? holdsBytes(parts, signal ?? new AbortController().signal, path) : undefined;
  return await untilItReadsBack(() => writeAtomically(path, parts, signal, verify));
}
