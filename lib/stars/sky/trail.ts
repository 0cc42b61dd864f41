import { requireKnownKeys, requireNumber } from '../../runtime/validate.js';

/** The same straight trail everywhere in a frame. */
export interface StraightMotion {
  /** Length in pixels, from 0 on. */
  readonly lengthPx: number;
  /** Where stars go, in degrees, anticlockwise from the right, -360 to 360. */
  readonly angleDegrees: number;
}

/** Throws ArgumentError. @param mostPx the longest trail that is taken */
export function checkTrail(trail: StraightMotion, mostPx: number): StraightMotion {
  requireKnownKeys('motion', trail, ['lengthPx', 'angleDegrees'] satisfies (keyof StraightMotion)[]);
  return {
    lengthPx: requireNumber('motion.lengthPx', trail.lengthPx, 0, mostPx),
    angleDegrees: requireNumber('motion.angleDegrees', trail.angleDegrees, -360, 360),
  };
}
