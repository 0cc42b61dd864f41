// Degrees are for people, radians for formulas: here one becomes the other.

/** Radians of an angle in degrees. */
export const toRad = (degrees: number): number => (degrees * Math.PI) / 180;

/** Degrees of an angle in radians. */
export const toDegrees = (rad: number): number => (rad * 180) / Math.PI;

/** The direction of a line, which is the same turned by 180 degrees: from -90 to 90 degrees. */
export const foldDegrees = (degrees: number): number => degrees - 180 * Math.round(degrees / 180);
