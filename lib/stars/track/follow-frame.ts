import { median } from '../../math/median.js';
import type { Psf } from '../../psf/psf.js';
import type { Scope } from '../../runtime/scope.js';
import { fitStars } from '../measure/fit.js';
import type { PixelNoise } from '../measure/fit.js';
import { diskLook, missesTrail, sharpLook, straightLook } from '../measure/look.js';
import type { StarLook } from '../measure/look.js';
import type { StarPlane } from '../measure/plane.js';
import { DefocusProfile, StreakProfile } from '../measure/profile.js';
import type { StarProfile } from '../measure/profile.js';
import { fitCommonShape, keepClear } from '../measure/search.js';
import type { SearchSettings } from '../measure/search.js';
import type { StarSearch } from '../measure/search-frame.js';
import { foretellTrail } from '../sky/motion-path.js';
import { pathPsf } from '../sky/path-psf.js';
import { refineRates } from '../sky/refine-rates.js';
import { detectNear } from './follow.js';
import type { Rates } from './rates.js';
import type { Prediction } from './tracks.js';

/** Fewer tracks than this do not carry a shape. */
export const LEAST_TRACKS = 2;
/** Fewer followed stars than this part of the predicted ones: the prediction is wrong, and the frame is searched. */
const LEAST_FOLLOWED = 0.5;
/** Half of the stars may fit worse than those of the frame before by this factor: else their shape is another. */
const MOST_CHI2_RISE = 3;

/** What is expected of a frame. */
interface Expectation {
  readonly predictions: readonly Prediction[];
  readonly profile: StarProfile;
  readonly rates: Rates | null;
  /** How well stars fitted in the frame before: see {@link typicalChi2}. */
  readonly chi2: number;
  /** A star may be this far from its prediction. */
  readonly reachPx: number;
}

/** The stars where they are expected; null where too few are there, or look different. */
export async function followStars(
  plane: StarPlane,
  noise: PixelNoise,
  { predictions, profile: start, rates, chi2, reachPx }: Expectation,
  { threshold, maxStars }: SearchSettings,
  scope: Scope,
): Promise<StarSearch | null> {
  const near = await detectNear(plane, start, predictions, { reachPx, threshold }, scope);
  const found = near.slice(0, maxStars);
  const least = LEAST_FOLLOWED * predictions.length;
  if (found.length < least || found.length < LEAST_TRACKS) return null;
  const shaped = await fitCommonShape(plane, found, start, noise, scope);
  const profile = shaped?.profile ?? start;
  const fit = keepClear(await fitStars(plane, found, profile, noise, scope));
  if (fit.stars.length < least || typicalChi2(fit.stars) > MOST_CHI2_RISE * chi2) return null;
  return { look: lookOf(profile, rates, plane), stars: { fit, found } };
}

/** How well stars fit in the middle: the median of their chi2, at least the 1 of a perfect fit. */
export function typicalChi2(stars: readonly { readonly chi2: number }[]): number {
  return Math.max(1, median(stars.map((star) => star.chi2)) ?? 1);
}

/** The shape of the frame before, with the trail that the rates give. */
export function expectProfile(last: StarProfile, rates: Rates | null, plane: StarPlane): StarProfile {
  if (rates === null) return last;
  return StreakProfile.ofTrail(foretellTrail(rates.camera, rates.gyro, plane), last.sigmaPx);
}

/** What is to be undone: the path of the rates where they agree with the frame, else what the frame shows. */
function lookOf(profile: StarProfile, rates: Rates | null, plane: StarPlane): StarLook {
  if (profile instanceof DefocusProfile) return diskLook(...profile.shape);
  if (!(profile instanceof StreakProfile) || profile.extentPx === 0) return sharpLook();
  const seen = profile.trail;
  const straight = straightLook(seen, profile.sigmaPx);
  if (rates === null) return straight;
  const { camera, gyro } = rates;
  const foretold = foretellTrail(camera, gyro, plane);
  if (missesTrail(foretold, seen)) return straight;
  const refined = refineRates(camera, gyro, foretold, seen);
  return { ...straight, psfAt: (x, y): Psf => pathPsf(camera, refined, x, y) };
}
