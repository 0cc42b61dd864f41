import type { AnyFrame } from '../../image/frame.js';
import type { Scope } from '../../runtime/scope.js';
import { centreOfGravity, weightedCentre } from '../measure/centroid.js';
import type { JointFit, StarFit } from '../measure/fit.js';
import { readPlane } from '../measure/plane.js';
import type { StarPlane } from '../measure/plane.js';
import type { PlaneMemory } from '../measure/plane-memory.js';
import type { Place } from '../sky/place.js';

/**
 * How stars are placed. 'ml': maximum likelihood on the blurred frame. On the restored frame 'cog' is the centre of
 * gravity (star-sensor C.2), 'iwcog' the iteratively weighted one (C.3).
 */
export type CentroidMethod = 'ml' | 'iwcog' | 'cog';

/** Where a star is in a restored frame, from where it was fitted; null where there is no light. */
type Centroid = (plane: StarPlane, start: Place, sigmaPx: number) => Place | null;

/** What places stars on the restored frame; null: the fit stays. */
export const CENTROIDS: Readonly<Record<CentroidMethod, Centroid | null>> = {
  ml: null,
  iwcog: weightedCentre,
  cog: (plane, start, sigmaPx) => centreOfGravity(plane, start, 4 * sigmaPx, 5 * plane.sigma),
};

/** How the frame's own plane was read. */
interface Reading {
  readonly saturation: number;
  readonly widestStarPx: number;
}

/** Places stars on the restored frame; those without light there are left out. @param memory for its plane */
export async function recentre(
  frame: AnyFrame,
  { stars, profile }: JointFit,
  centroid: Centroid,
  { saturation, widestStarPx }: Reading,
  memory: PlaneMemory,
  scope: Scope,
): Promise<StarFit[]> {
  const plane = await readPlane({ frame, valid: null }, saturation, scope, memory, widestStarPx);
  return stars.flatMap((star) => {
    const place = centroid(plane, star, profile.sigmaPx);
    return place === null ? [] : [{ ...star, x: place.x, y: place.y }];
  });
}
