import type { Scope } from '../../runtime/scope.js';
import type { PixelNoise } from './fit.js';
import { findLook } from './look.js';
import { expectedExtent, holdBeyond, searchBytes } from './memory.js';
import type { BlurSettings } from './blur-settings.js';
import type { StarLook } from './look.js';
import type { StarPlane } from './plane.js';
import type { StarProfile } from './profile.js';
import { measureStars } from './search.js';
import type { MeasuredStars, SearchSettings } from './search.js';

/** What stars of a frame look like, and where they are. */
export interface StarSearch {
  readonly look: StarLook;
  readonly stars: MeasuredStars;
}

/** Looks how stars are blurred, and measures them. */
export type StarFinder = (plane: StarPlane, noise: PixelNoise, scope: Scope) => Promise<StarSearch>;

/** Counts what searching takes where stars are larger than was planned. */
export function holdForSearch(
  { width, height }: StarPlane,
  { extentPx }: StarProfile,
  plannedPx: number,
  scope: Scope,
): Disposable {
  const bytesFor = (extent: number): number => searchBytes(extent, width * height, scope.threads);
  return holdBeyond(bytesFor(extentPx), bytesFor(plannedPx), scope, `Stars spread over ${extentPx.toFixed(0)} pixels`);
}

/** Searches the whole frame, of which nothing is known but what the options say. */
export function searchFrame(blur: BlurSettings, search: SearchSettings): StarFinder {
  return async (plane, noise, scope) => {
    const look = await findLook(plane, blur, scope);
    using _ = holdForSearch(plane, look.profile, expectedExtent(blur), scope);
    return { look, stars: await measureStars(plane, look, noise, search, scope) };
  };
}
