import { MISFIT } from './blind-motion.js';
import { detectStars } from './detect.js';
import { fitStars } from './fit.js';
import type { NativeOptions } from './native.js';
import type { StarPlane } from './plane.js';
import { DefocusProfile, StreakProfile } from './profile.js';

/** Radii that the fit starts from; every one finds the truth within about a third of it. */
const STARTS = [2.5, 4, 6, 9, 14];
const SEARCH_SIGMA = 2;
const THRESHOLD = 8;
const MOST_STARS = 8;
/** Below this radius a disk is as good as a Gaussian. */
const SMALLEST = 1.5;
/** Gain in chi^2 over a Gaussian star below which there is no disk. */
const LEAST_LEAD = 1.1;

/** The disk of all stars of a frame, from the frame alone. */
export interface BlindDefocus {
  /** Pixels. */
  readonly radius: number;
  readonly sigma: number;
  readonly radiusSigma: number;
  /** How many times worse a Gaussian star fits. */
  readonly lead: number;
  readonly stars: number;
  /** Why the radius must not be used; null where it may. */
  readonly declined: string | null;
}

/** Radius of defocused stars by fitting disks to the brightest ones together. */
export async function estimateDefocus(plane: StarPlane, options: NativeOptions): Promise<BlindDefocus> {
  const search = await detectStars(plane, new StreakProfile({ length: 0, angle: 0, sigma: SEARCH_SIGMA }), {
    threshold: THRESHOLD,
    most: 200,
    ...options,
  });
  if (search.length === 0)
    return {
      radius: 0,
      sigma: 1,
      radiusSigma: Infinity,
      lead: 0,
      stars: 0,
      declined: 'no star stands out of the noise',
    };
  const noise = { sky: plane.sigma, perFlux: 0, misfit: MISFIT };
  let best: (BlindDefocus & { readonly chi2: number }) | null = null;
  for (const start of STARTS) {
    const profile = new DefocusProfile(start, SEARCH_SIGMA / 2);
    const found = await detectStars(plane, profile, { threshold: THRESHOLD, most: 40, ...options });
    const alone = found.filter((star) =>
      found.every((other) => other === star || Math.hypot(other.x - star.x, other.y - star.y) > 2 * profile.reach),
    );
    const fit = await fitStars(
      plane,
      (alone.length > 0 ? alone : found).slice(0, MOST_STARS),
      profile,
      noise,
      true,
      options,
    );
    if (fit.shapeCovariance === null || fit.stars.length === 0) continue;
    const chi2 = fit.stars.reduce((sum, star) => sum + star.chi2, 0) / fit.stars.length;
    if (best !== null && chi2 >= best.chi2) continue;
    const sharp = await fitStars(
      plane,
      fit.stars,
      new StreakProfile({ length: 0, angle: 0, sigma: start / 2 }),
      noise,
      true,
      options,
    );
    const lead =
      sharp.stars.length === 0
        ? Infinity
        : sharp.stars.reduce((sum, star) => sum + star.chi2, 0) / sharp.stars.length / chi2;
    const [radius, sigma] = fit.profile.shape as readonly [number, number];
    best = {
      radius,
      sigma,
      radiusSigma: Math.sqrt(fit.shapeCovariance[0]![0]!),
      lead,
      stars: fit.stars.length,
      chi2,
      declined: null,
    };
  }
  if (best === null)
    return { radius: 0, sigma: 1, radiusSigma: Infinity, lead: 0, stars: 0, declined: 'no disk fits any star' };
  const { chi2, ...found } = best;
  const declined =
    found.radius < SMALLEST
      ? `not resolved: a radius of ${found.radius.toFixed(1)} pixels is below ${SMALLEST}`
      : found.lead < LEAST_LEAD
        ? `Gaussian stars fit as well as disks (lead ${found.lead.toFixed(2)})`
        : null;
  return { ...found, declined };
}
