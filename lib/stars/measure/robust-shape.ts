import type { Scope } from '../../runtime/scope.js';
import type { Detection } from './detect.js';
import { fitShape, fitStars } from './fit.js';
import type { JointFit, PixelNoise, StarFit } from './fit.js';
import type { StarPlane } from './plane.js';
import type { StarProfile } from './profile.js';

/** What differs more than this from the common shape is no star, in parts of its light. */
export const MOST_MISFIT = 0.25;
/** Saturated stars show their wings alone, which no shape fits well. */
const MOST_SATURATED_MISFIT = 1;
/** Stars whose own shape is tried for all where the first fit is of too few. */
const SEEDS = 5;
/** So many unsaturated stars decide the shape alone: what others bleed is odd. */
const ENOUGH_WHOLE = 3;
/** The shape must fit this part of the stars; else it is that of a few odd ones. */
const LEAST_PART = 0.6;
const ROUNDS = 3;

/** Whether a fitted star looks like the others. */
export const isAlike = ({ misfit, saturated }: StarFit): boolean =>
  misfit < (saturated ? MOST_SATURATED_MISFIT : MOST_MISFIT);

/**
 * The shape that most stars have: of all together, without those that differ; where that leaves too few, from the shape
 * of single ones. Null where nothing fits. @param stars brightest first
 */
export async function fitRobustShape(
  plane: StarPlane,
  stars: readonly Detection[],
  start: StarProfile,
  noise: PixelNoise,
  scope: Scope,
): Promise<JointFit | null> {
  if (stars.length === 0) return null;
  const together = await fitAlike(plane, stars, start, noise, scope);
  if (together !== null && together.stars.length >= LEAST_PART * stars.length) return together;
  let best = together;
  for (let index = 0; index < Math.min(SEEDS, stars.length); index += 1) {
    // Not the brightest only: these may be what is odd.
    const seed = stars[Math.floor((index * stars.length) / Math.min(SEEDS, stars.length))]!;
    const alone = await fitShape(plane, [seed], start, noise, scope);
    if (alone.stars.length === 0) continue;
    const others = await fitStars(plane, stars, alone.profile, noise, scope);
    const alike = alikeOf(stars, others);
    if (alike.length <= Math.max(1, best?.stars.length ?? 0)) continue;
    best = (await fitAlike(plane, alike, alone.profile, noise, scope)) ?? best;
  }
  return best;
}

/** Of the stars that stay alike. */
async function fitAlike(
  plane: StarPlane,
  stars: readonly Detection[],
  start: StarProfile,
  noise: PixelNoise,
  scope: Scope,
): Promise<JointFit | null> {
  let [rest, fit] = [stars, await fitShape(plane, stars, start, noise, scope)];
  for (let round = 0; round < ROUNDS; round += 1) {
    const alike = alikeOf(rest, fit);
    if (alike.length === rest.length || alike.length === 0) break;
    rest = alike;
    fit = await fitShape(plane, rest, fit.profile, noise, scope);
  }
  const alike = fit.stars.filter(isAlike);
  return alike.length === 0 ? null : { ...fit, stars: alike };
}

/** Stars that the fit found to look like the others: whole ones where there are some. */
function alikeOf(stars: readonly Detection[], { stars: fits }: JointFit): Detection[] {
  const alike = fits.filter(isAlike);
  const whole = alike.filter(({ saturated }) => !saturated);
  const deciding = whole.length >= ENOUGH_WHOLE ? whole : alike;
  return stars.filter((star) => deciding.some((fit) => isSame(fit, star)));
}

const isSame = (fit: StarFit, { x, y }: Detection): boolean => Math.hypot(fit.x - x, fit.y - y) < 3;
