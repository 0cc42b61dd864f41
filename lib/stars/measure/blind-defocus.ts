import type { Scope } from '../../runtime/scope.js';
import { detectStars, findAlone } from './detect.js';
import { fitShape, meanChi2, usualNoise } from './fit.js';
import type { JointFit } from './fit.js';
import { known, shapeSigma } from './known.js';
import type { StarPlane } from './plane.js';
import { DefocusProfile, StreakProfile } from './profile.js';

/** Radii in pixels that the fit starts from; every one finds the truth within about a third of it. */
export const START_RADII_PX = [2.5, 4, 6, 9, 14];
const SEARCH_SIGMA_PX = 2;
const THRESHOLD = 8;
const MOST_STARS = 8;
/** Below this radius a disk is as good as a Gaussian. */
export const SMALLEST_RADIUS_PX = 1.5;
/** How many times worse a Gaussian star must fit. */
const LEAST_LEAD = 1.1;

/** The disk of all stars of a frame, from the frame alone. */
export interface BlindDefocus {
  /** Radius of the disk in pixels; 0 where none was found. */
  readonly radiusPx: number;
  /** Standard deviation of a sharp star in pixels. */
  readonly sigmaPx: number;
  /** Standard deviation of the radius in pixels; null: unknown. */
  readonly radiusSigmaPx: number | null;
  /** How many times worse a Gaussian star fits; null: none fits, or no disk does. */
  readonly lead: number | null;
  /** Stars used. */
  readonly stars: number;
  /** Why the radius must not be used; null where it may. */
  readonly declined: string | null;
}

/** Radius of defocused stars by fitting disks to the brightest ones together. */
export async function estimateDefocus(plane: StarPlane, scope: Scope): Promise<BlindDefocus> {
  const search = { threshold: THRESHOLD, most: 200 };
  const seen = await detectStars(plane, StreakProfile.sharp(SEARCH_SIGMA_PX), search, scope);
  if (seen.length === 0) return decline('no star stands out of the noise');
  let best: { readonly disk: JointFit; readonly chi2: number; readonly lead: number | null } | null = null;
  for (const startPx of START_RADII_PX) {
    const disk = await fitDisk(plane, startPx, scope);
    if (disk === null) continue;
    const chi2 = meanChi2(disk);
    if (best !== null && chi2 >= best.chi2) continue;
    const sharp = await fitShape(plane, disk.stars, StreakProfile.sharp(startPx / 2), usualNoise(plane), scope);
    best = { disk, chi2, lead: sharp.stars.length === 0 ? null : known(meanChi2(sharp) / chi2) };
  }
  return best === null ? decline('no disk fits any star') : judge(best.disk, best.lead);
}

/** Disks fitted to the brightest stars; null where they do not fit. @param startPx radius of the start */
async function fitDisk(plane: StarPlane, startPx: number, scope: Scope): Promise<JointFit | null> {
  const profile = new DefocusProfile(startPx, SEARCH_SIGMA_PX / 2);
  const found = await detectStars(plane, profile, { threshold: THRESHOLD, most: 40 }, scope);
  const alone = findAlone(found, 2 * profile.reachPx);
  const stars = (alone.length > 0 ? alone : found).slice(0, MOST_STARS);
  const fit = await fitShape(plane, stars, profile, usualNoise(plane), scope);
  return fit.shapeCovariance === null || fit.stars.length === 0 ? null : fit;
}

function decline(reason: string): BlindDefocus {
  return { radiusPx: 0, sigmaPx: 1, radiusSigmaPx: null, lead: null, stars: 0, declined: reason };
}

function judge({ profile, shapeCovariance, stars }: JointFit, lead: number | null): BlindDefocus {
  const [radiusPx, sigmaPx] = profile.shape as DefocusProfile['shape'];
  const radiusSigmaPx = shapeSigma(shapeCovariance!, 0);
  const found = { radiusPx, sigmaPx, radiusSigmaPx, lead, stars: stars.length };
  return { ...found, declined: reasonAgainst(radiusPx, lead) };
}

function reasonAgainst(radiusPx: number, lead: number | null): string | null {
  if (radiusPx < SMALLEST_RADIUS_PX)
    return `not resolved: a radius of ${radiusPx.toFixed(1)} pixels is below ${SMALLEST_RADIUS_PX}`;
  if (lead !== null && lead < LEAST_LEAD) return `Gaussian stars fit as well as disks (lead ${lead.toFixed(2)})`;
  return null;
}
