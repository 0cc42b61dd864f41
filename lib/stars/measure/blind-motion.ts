import type { TrailRequest } from '../../runtime/native/binding.js';
import type { Scope } from '../../runtime/scope.js';
import type { StreakShape } from '../simulate/streak.js';
import { foldDegrees, toDegrees } from '../sky/angles.js';
import { detectStars, findAlone } from './detect.js';
import type { Detection } from './detect.js';
import { fitShape, usualNoise } from './fit.js';
import type { StarFit } from './fit.js';
import { known, shapeSigma } from './known.js';
import { EXPECTED_SIDE_PX, holdBeyond, trailBytes } from './memory.js';
import type { StarPlane } from './plane.js';
import { StreakProfile, usualSigma } from './profile.js';

/** Shorter trails cannot be told from the width of the stars. */
export const SHORTEST_TRAIL_PX = 3;
/** A worse fit than this is of something else than trails. */
const WORST_MISFIT = 0.35;
/** Stars that the fit uses, and how bright they must be. */
const MOST_STARS = 16;
const THRESHOLD = 6.5;
/** Width of the filter that finds stars of any look. */
export const SEARCH_SIGMA_PX = 1.5;
const FIRST_SIDE_PX = 64;
const EVERYTHING = { length: 0, angle: 0, margin: Infinity };

/** The trail of all stars of a frame, from the frame alone. */
export interface BlindMotion {
  /** Length of the trail in pixels; 0 where none was found. */
  readonly lengthPx: number;
  /** Its direction, anticlockwise, from -90 to 90: which way stars went along it is not observable. */
  readonly angleDegrees: number;
  /** Standard deviation of the stars across the trail in pixels. */
  readonly sigmaPx: number;
  /** Standard deviations of length and angle; null: unknown. */
  readonly lengthSigmaPx: number | null;
  readonly angleSigmaDegrees: number | null;
  /** Root mean square misfit of the model, in parts of the autocorrelation; smaller is surer. Null: no trail fits. */
  readonly misfit: number | null;
  /** Stars used. */
  readonly stars: number;
  /** Why length and angle must not be used; null where they may. */
  readonly declined: string | null;
}

/** A trail, and what it was found in. */
export interface TrailEvidence {
  readonly blind: BlindMotion;
  /** Whatever is bright, brightest first. */
  readonly seen: readonly Detection[];
  /** The stars that tell the shape, fitted with it. */
  readonly stars: readonly StarFit[];
}

/** A trail as the autocorrelation or the stars tell it. */
interface TrailEstimate extends StreakShape {
  readonly misfit: number | null;
  readonly lengthSigmaPx: number | null;
  readonly angleSigmaRad: number | null;
}

const NO_TRAIL: TrailEstimate = {
  lengthPx: 0,
  angleRad: 0,
  sigmaPx: SEARCH_SIGMA_PX,
  misfit: null,
  lengthSigmaPx: null,
  angleSigmaRad: null,
};

/**
 * Length and angle of trails by the autocorrelation of windows around stars (kernel-estimation 5), so that pairs of
 * stars do not disturb it; then once more with everything but the trails masked; then by the likelihood of the stars
 * together.
 */
export async function searchTrail(plane: StarPlane, scope: Scope): Promise<TrailEvidence> {
  const search = { threshold: THRESHOLD, most: 400 };
  const seen = await detectStars(plane, StreakProfile.sharp(SEARCH_SIGMA_PX), search, scope);
  return { ...(await searchTrailOf(plane, seen, scope)), seen };
}

/** The same of the stars around some places alone. @param seen brightest first */
export async function searchTrailOf(
  plane: StarPlane,
  seen: readonly Detection[],
  scope: Scope,
): Promise<Omit<TrailEvidence, 'seen'>> {
  const shortest = Math.min(plane.width, plane.height);
  if (seen.length === 0) return decline('no star stands out of the noise');
  const rough = await fitRoughly(plane, seen, shortest & ~1, scope);
  if (rough.lengthPx > shortest / 2)
    return decline(`the trail of ${rough.lengthPx.toFixed(0)} pixels is longer than half the frame`);
  if (rough.misfit === null) return decline('no trail fits the stars');
  const stars = await selectStars(plane, rough, scope);
  if (stars.length === 0) return { blind: judge(rough, 0), stars: [] };
  const masked = await fitMasked(plane, stars, rough, scope);
  const refined = await refine(plane, stars, masked, scope);
  return { blind: judge(refined.fit, stars.length), stars: refined.stars };
}

/** The trail alone: see {@link searchTrail}. */
export async function estimateMotion(plane: StarPlane, scope: Scope): Promise<BlindMotion> {
  return (await searchTrail(plane, scope)).blind;
}

/** Windows of twice the size, until the trail fits in. @param mostPx side of the largest window */
async function fitRoughly(
  plane: StarPlane,
  seen: readonly Detection[],
  mostPx: number,
  scope: Scope,
): Promise<TrailEstimate> {
  for (let side = Math.min(FIRST_SIDE_PX, mostPx); ; side = Math.min(2 * side, mostPx)) {
    const fit = await fitTrail(plane, apart(seen, side / 2), { side, mask: EVERYTHING, longest: side / 2 }, scope);
    if (fit.lengthPx < 0.4 * side || side >= mostPx) return fit;
  }
}

/** Stars of one look, and nothing beside their trails. */
function fitMasked(
  plane: StarPlane,
  stars: readonly Detection[],
  { lengthPx, angleRad, sigmaPx }: TrailEstimate,
  scope: Scope,
): Promise<TrailEstimate> {
  const side = 2 * Math.ceil(lengthPx / 2 + 4 * sigmaPx + 6);
  const mask = { length: lengthPx, angle: angleRad, margin: 4 * sigmaPx + 3 };
  return fitTrail(plane, stars, { side, mask, longest: 1.3 * lengthPx + 4 }, scope);
}

/** The trail that the mean autocorrelation of square windows shows. */
async function fitTrail(
  { data, invalid, width, height }: StarPlane,
  places: readonly Detection[],
  windows: Pick<TrailRequest, 'side' | 'mask' | 'longest'>,
  scope: Scope,
): Promise<TrailEstimate> {
  const centres = Float64Array.from(places.flatMap(({ x, y }) => [x, y]));
  const request = { data, invalid, width, height, centres, ...windows, threads: scope.threads };
  const bytesFor = (side: number): number => trailBytes(side, scope.binding);
  using _ = holdBeyond(bytesFor(windows.side), bytesFor(EXPECTED_SIDE_PX), scope, 'Windows around long trails');
  const fit = await scope.call((binding, ticket) => binding.fitTrail(request, scope.isa, ticket));
  if (![fit.length, fit.angle, fit.sigma].every(Number.isFinite)) return NO_TRAIL;
  return {
    lengthPx: fit.length,
    angleRad: fit.angle,
    sigmaPx: fit.sigma,
    misfit: known(fit.misfit),
    lengthSigmaPx: known(fit.lengthSigma),
    angleSigmaRad: known(fit.angleSigma),
  };
}

/** The shape that makes the stars themselves likeliest: where trails cross, lags are disturbed, places are not. */
async function refine(
  plane: StarPlane,
  stars: readonly Detection[],
  fit: TrailEstimate,
  scope: Scope,
): Promise<{ readonly fit: TrailEstimate; readonly stars: readonly StarFit[] }> {
  const unchanged = { fit, stars: [] };
  if (fit.misfit === null || fit.misfit > WORST_MISFIT || fit.lengthPx < SHORTEST_TRAIL_PX) return unchanged;
  const start = new StreakProfile({ ...fit, sigmaPx: usualSigma(fit.sigmaPx) });
  const joint = await fitShape(plane, stars, start, usualNoise(plane), scope);
  const { profile, shapeCovariance } = joint;
  if (shapeCovariance === null) return unchanged;
  const [lengthPx, angleRad, sigmaPx] = profile.shape as StreakProfile['shape'];
  const [lengthSigmaPx, angleSigmaRad] = [shapeSigma(shapeCovariance, 0), shapeSigma(shapeCovariance, 1)];
  return { fit: { ...fit, lengthPx, angleRad, sigmaPx, lengthSigmaPx, angleSigmaRad }, stars: joint.stars };
}

/** Detections that are at least this far from brighter ones, the brightest. */
function apart(detections: readonly Detection[], distancePx: number): Detection[] {
  const kept: Detection[] = [];
  for (const detection of detections) {
    if (kept.length === MOST_STARS) break;
    if (kept.every(({ x, y }) => Math.max(Math.abs(x - detection.x), Math.abs(y - detection.y)) >= distancePx))
      kept.push(detection);
  }
  return kept;
}

/**
 * Stars found with the first estimate whose trails no other one touches, and which are not saturated, if there are
 * such.
 */
async function selectStars(plane: StarPlane, rough: TrailEstimate, scope: Scope): Promise<Detection[]> {
  const profile = new StreakProfile({ ...rough, sigmaPx: usualSigma(rough.sigmaPx) });
  const found = await detectStars(plane, profile, { threshold: THRESHOLD, most: 100 }, scope);
  const alone = findAlone(found, 2 * profile.reachPx + 6);
  const unsaturated = alone.filter((star) => !isSaturated(plane, star, profile.reachPx));
  return preferred(unsaturated, alone, found).slice(0, MOST_STARS);
}

function preferred(unsaturated: Detection[], alone: Detection[], found: Detection[]): Detection[] {
  if (unsaturated.length > 2) return unsaturated;
  return alone.length > 0 ? alone : found;
}

function isSaturated({ width, height, invalid }: StarPlane, { x, y }: Detection, reachPx: number): boolean {
  for (let row = Math.max(0, Math.ceil(y - reachPx)); row <= Math.min(height - 1, y + reachPx); row += 1) {
    for (let column = Math.max(0, Math.ceil(x - reachPx)); column <= Math.min(width - 1, x + reachPx); column += 1)
      if (invalid[row * width + column] === 1) return true;
  }
  return false;
}

const decline = (reason: string): Omit<TrailEvidence, 'seen'> => ({
  blind: describe(NO_TRAIL, 0, reason),
  stars: [],
});

const judge = (fit: TrailEstimate, stars: number): BlindMotion => describe(fit, stars, reasonAgainst(fit, stars));

function describe(fit: TrailEstimate, stars: number, declined: string | null): BlindMotion {
  const { angleRad, angleSigmaRad, ...rest } = fit;
  return {
    ...rest,
    angleDegrees: foldDegrees(toDegrees(angleRad)),
    angleSigmaDegrees: angleSigmaRad === null ? null : toDegrees(angleSigmaRad),
    stars,
    declined,
  };
}

function reasonAgainst({ misfit, lengthPx }: TrailEstimate, stars: number): string | null {
  if (stars === 0) return 'no star has a trail of the shape that the frame as a whole suggests';
  if (misfit === null) return 'no trail fits the stars';
  if (misfit > WORST_MISFIT) return `stars do not look like trails (misfit ${misfit.toFixed(2)})`;
  if (lengthPx < SHORTEST_TRAIL_PX)
    return `not resolved: the trail of ${lengthPx.toFixed(1)} pixels is shorter than ${SHORTEST_TRAIL_PX}`;
  return null;
}
