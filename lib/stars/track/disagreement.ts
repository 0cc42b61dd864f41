import { SHORTEST_TRAIL_PX } from '../measure/blind-motion.js';
import { StreakProfile } from '../measure/profile.js';
import type { StarProfile } from '../measure/profile.js';
import { foldDegrees } from '../sky/angles.js';
import { foretellTrail } from '../sky/motion-path.js';
import { advance } from './rates.js';
import type { Rates } from './rates.js';
import type { StarTrack } from './tracks.js';

/** How rates differ from what the frame shows. */
export interface RateDisagreement {
  /** Trail of the rates less that of the stars. */
  readonly lengthPx: number;
  /** The same of their angles, from -90 to 90; null for trails too short to have a direction. */
  readonly angleDegrees: number | null;
  /**
   * Root mean square distance of stars from where the rates take them since the frame before; null without interval or
   * common stars.
   */
  readonly shiftPx: number | null;
}

/** Null where no star tells anything. @param before tracks of the frame before @param after of this one */
export function compareRates(
  rates: Rates,
  profile: StarProfile | null,
  before: readonly StarTrack[],
  after: readonly StarTrack[],
): RateDisagreement | null {
  if (!(profile instanceof StreakProfile)) return null;
  const foretold = foretellTrail(rates.camera, rates.gyro, rates.camera);
  const seen = profile.trail;
  const isDirected = Math.min(seen.lengthPx, foretold.lengthPx) >= SHORTEST_TRAIL_PX;
  return {
    lengthPx: foretold.lengthPx - seen.lengthPx,
    angleDegrees: isDirected ? foldDegrees(foretold.angleDegrees - seen.angleDegrees) : null,
    shiftPx: shiftOf(rates, before, after),
  };
}

function shiftOf(rates: Rates, before: readonly StarTrack[], after: readonly StarTrack[]): number | null {
  const { intervalSeconds } = rates;
  if (intervalSeconds === undefined) return null;
  const squares = after.flatMap(({ id, x, y, star }) => {
    const old = before.find((track) => track.id === id);
    if (star === null || !old || old.star === null) return [];
    const expected = advance(rates, intervalSeconds, old);
    return [(expected.x - x) ** 2 + (expected.y - y) ** 2];
  });
  return squares.length === 0 ? null : Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}
