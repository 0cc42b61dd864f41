import type { Scope } from '../../runtime/scope.js';
import { findLines, withoutChains } from './chains.js';
import { densityOf } from './density.js';
import { detectStars } from './detect.js';
import type { Detection } from './detect.js';
import { fitStars } from './fit.js';
import type { JointFit, PixelNoise } from './fit.js';
import type { StarLook } from './look.js';
import type { StarPlane } from './plane.js';
import { RoundProfile, StreakProfile } from './profile.js';
import type { StarProfile } from './profile.js';
import { fitRobustShape, isAlike } from './robust-shape.js';
import { noiseOfLines, takeOffLines } from './take-off-lines.js';

/** Stars that decide the common shape, and how clear they must be. */
const SHAPE_STARS = 20;
const SHAPE_SNR = 10;
/** Detections that lines may take up beyond the stars that are wanted. */
const OF_LINES = 200;
/** Lines that are taken off. */
const MOST_LINES = 12;
/** A star fitted with less than so many standard deviations, or less than this part of the limit, is dropped. */
const LEAST_SNR = 4;
const LEAST_PART_OF_LIMIT = 0.9;
/** Pixels beyond a star that tell its background: native/stars/fit.cc. */
const RIM_PX = 3;
/** Detections and fitted stars nearer than this are the same. */
const SAME_STAR_PX = 2;
/** Profiles whose ends differ by less than this many standard deviations are alike. */
const ALIKE = 0.5;

/** Which stars are measured. */
export interface SearchSettings {
  /** Detection limit of the matched filter in standard deviations. */
  readonly threshold: number;
  /** The brightest stars that are measured. */
  readonly maxStars: number;
}

/** Where stars were detected, and their fit. */
export interface MeasuredStars {
  readonly fit: JointFit;
  /** Brightest first. */
  readonly found: readonly Detection[];
  /** What the user should know of the search; nothing. */
  readonly warnings?: readonly string[];
}

/** Detections that are not of lines. */
interface SingleStars {
  readonly found: Detection[];
  /** Lines whose light was not taken off. */
  readonly linesLeft: number;
}

/** Detects stars of a look in the whole frame, lets the clearest decide the shape, and fits all with it. */
export async function measureStars(
  plane: StarPlane,
  { profile, isFitted }: StarLook,
  noise: PixelNoise,
  { threshold, maxStars }: SearchSettings,
  scope: Scope,
): Promise<MeasuredStars> {
  const search = { threshold, maxStars };
  const single = await detectSingle(plane, profile, search, scope);
  const first = single.found;
  // The frame's own estimate is of these very stars already.
  const shaped = isFitted ? null : await fitCommonShape(plane, first, profile, noise, scope);
  if (shaped === null) {
    const fit = await fitStars(plane, first, profile, noise, scope);
    return { fit: keepClear(fit, leastSnr(profile, threshold)), found: first, warnings: warningsOf(single) };
  }
  const isSame = areAlike(profile, shaped.profile);
  const second = isSame ? single : await detectSingle(plane, shaped.profile, search, scope);
  const { found } = second;
  const starts = found.map((star) => fittedAt(star, shaped) ?? star);
  const fit = await fitStars(plane, starts, shaped.profile, noise, scope);
  return { fit: keepClear(fit, leastSnr(fit.profile, threshold)), found, warnings: warningsOf(second) };
}

function warningsOf({ linesLeft }: SingleStars): string[] {
  if (linesLeft === 0) return [];
  return [`${linesLeft} lines of light were not taken off, so that stars upon them are lost: give more memory`];
}

/** Detections that are not of lines, whose light is taken off: the brightest of what is left. */
async function detectSingle(
  plane: StarPlane,
  profile: StarProfile,
  { threshold, maxStars }: SearchSettings,
  scope: Scope,
): Promise<SingleStars> {
  const limits = { threshold, most: maxStars + OF_LINES, keepsStruck: true };
  const found = await detectStars(plane, profile, limits, scope);
  const lines = findLines(plane, found, profile).slice(0, MOST_LINES);
  if (lines.length === 0) return { found: found.slice(0, maxStars), linesLeft: 0 };
  const { former, left: linesLeft } = await takeOffLines(plane, lines, profile.reachPx, scope);
  const left = await detectStars(plane, profile, limits, scope);
  const clear = left.filter((star) => star.snr >= threshold * noiseOfLines(former, star, profile.reachPx));
  return { found: withoutChains(plane, clear, profile).slice(0, maxStars), linesLeft };
}

/** The shape of the clearest stars; null where none is clear, or none fits. @param found brightest first */
export async function fitCommonShape(
  plane: StarPlane,
  found: readonly Detection[],
  start: StarProfile,
  noise: PixelNoise,
  scope: Scope,
): Promise<JointFit | null> {
  const clear = found.filter(({ snr }) => snr > SHAPE_SNR).slice(0, SHAPE_STARS);
  if (clear.length === 0) return null;
  if (start.kind !== 'streak' || start.extentPx > 0) return fitRobustShape(plane, clear, start, noise, scope);
  // A trail of no length has no angle that could be fitted.
  const round = await fitRobustShape(plane, clear, new RoundProfile(start.sigmaPx), noise, scope);
  return round && { ...round, profile: StreakProfile.sharp(round.profile.sigmaPx), shapeCovariance: null };
}

/** Stars that were fitted already start from there. */
const fittedAt = ({ x, y }: Detection, { stars }: JointFit): JointFit['stars'][number] | undefined =>
  stars.find((star) => Math.hypot(star.x - x, star.y - y) < SAME_STAR_PX);

/**
 * Whether a matched filter for one profile sees stars of the other nearly as well: with 3 % less signal over noise at
 * most.
 */
function areAlike(a: StarProfile, b: StarProfile): boolean {
  if (!(a instanceof StreakProfile && b instanceof StreakProfile)) return false;
  const [[lengthA, angleA, sigmaA], [lengthB, angleB, sigmaB]] = [a.shape, b.shape];
  const ratio = sigmaA / sigmaB;
  return (
    Math.abs(lengthA - lengthB) < ALIKE * sigmaB &&
    Math.abs(Math.sin(angleA - angleB)) * lengthB < 2 * ALIKE * sigmaB &&
    ratio > 1 / (1 + ALIKE / 2) &&
    ratio < 1 + ALIKE / 2
  );
}

/**
 * What a fit must reach: nearly what the detection had to, less what is lost by telling the background from the light
 * of wide stars. What was detected upon a level or noise that is not that of the sky around it has less.
 */
function leastSnr(profile: StarProfile, threshold: number): number {
  const density = densityOf(profile);
  const reach = Math.ceil(profile.reachPx + RIM_PX);
  let [pixels, light, energy] = [0, 0, 0];
  for (let y = -reach; y <= reach; y += 1) {
    for (let x = -reach; x <= reach; x += 1) {
      if (Math.hypot(x, y) > profile.reachPx + RIM_PX) continue;
      const value = density(x, y);
      [pixels, light, energy] = [pixels + 1, light + value, energy + value * value];
    }
  }
  const left = Math.sqrt(Math.max(0, 1 - (light * light) / (pixels * energy)));
  return left * Math.max(LEAST_SNR, LEAST_PART_OF_LIMIT * threshold);
}

/** Without stars that are no clearer than noise, and without what has another shape. */
export function keepClear(fit: JointFit, least = LEAST_SNR): JointFit {
  return { ...fit, stars: fit.stars.filter((star) => star.snr >= least && isAlike(star)) };
}
