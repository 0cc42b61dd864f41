import type { NativeProfile } from '../../runtime/native/binding.js';
import type { StreakShape } from '../simulate/streak.js';
import { toDegrees, toRad } from '../sky/angles.js';
import type { StraightMotion } from '../sky/trail.js';

/** A pixel's own width adds this to the variance of a star along either axis (star-sensor B.1). */
const PIXEL_VARIANCE = 1 / 12;
/** Beyond this many standard deviations a profile is cut. */
const TAIL = 4;
/** Widths of stars that are fitted, in pixels. */
const SIGMAS_PX = [0.1, 20] as const;
/** Widths that an estimate of the whole frame may give. */
const USUAL_SIGMAS_PX = [0.3, 10] as const;
/** Radii of disks that are fitted, in pixels. */
const RADII_PX = [0.5, 100] as const;

/**
 * What all stars of a frame look like: a density of flux 1 around their place at mid-exposure. Its values are
 * native/stars/profile.h's matter.
 */
export interface StarProfile extends NativeProfile {
  /** Half the size of the star in pixels. */
  readonly reachPx: number;
  /** Standard deviation of a sharp star in pixels, without the pixel's own width. */
  readonly sigmaPx: number;
  /** What a star's light is spread over by the blur in pixels: the length of its trail, or the diameter of its disk. */
  readonly extentPx: number;
  /** The profile of another shape, its numbers brought into their range. */
  withShape(shape: ArrayLike<number>): StarProfile;
}

type Range = readonly [number, number];

const clamp = (value: number, [least, most]: Range): number => Math.min(most, Math.max(least, value));
const seenSigma = (sigmaPx: number): number => Math.sqrt(sigmaPx * sigmaPx + PIXEL_VARIANCE);

/** The width of stars as a frame as a whole suggests it, within what stars are. */
export const usualSigma = (sigmaPx: number): number => clamp(sigmaPx, USUAL_SIGMAS_PX);

/**
 * A straight trail; shape: length (px), angle (radians, anticlockwise), sigma (px) without the pixel's own width. A
 * length of 0 is a sharp star.
 */
export class StreakProfile implements StarProfile {
  readonly kind = 'streak';
  readonly shape: readonly [lengthPx: number, angleRad: number, sigmaPx: number];
  readonly reachPx: number;

  constructor({ lengthPx, angleRad, sigmaPx }: StreakShape) {
    this.shape = [lengthPx, angleRad, sigmaPx];
    this.reachPx = lengthPx / 2 + TAIL * seenSigma(sigmaPx);
  }

  /** Stars without a trail. */
  static sharp(sigmaPx: number): StreakProfile {
    return new StreakProfile({ lengthPx: 0, angleRad: 0, sigmaPx });
  }

  static ofTrail({ lengthPx, angleDegrees }: StraightMotion, sigmaPx: number): StreakProfile {
    return new StreakProfile({ lengthPx, angleRad: toRad(angleDegrees), sigmaPx });
  }

  get sigmaPx(): number {
    return this.shape[2];
  }

  get extentPx(): number {
    return this.shape[0];
  }

  get trail(): StraightMotion {
    return { lengthPx: this.shape[0], angleDegrees: toDegrees(this.shape[1]) };
  }

  withShape({ 0: lengthPx, 1: angleRad, 2: sigmaPx }: ArrayLike<number>): StreakProfile {
    return new StreakProfile({
      lengthPx: Math.max(0, lengthPx!),
      angleRad: angleRad!,
      sigmaPx: clamp(sigmaPx!, SIGMAS_PX),
    });
  }
}

/** A sharp star whose one number is its sigma in pixels: what decides the width of {@link StreakProfile.sharp}. */
export class RoundProfile implements StarProfile {
  readonly kind = 'round';
  readonly shape: readonly [sigmaPx: number];
  readonly reachPx: number;
  readonly extentPx = 0;

  constructor(sigmaPx: number) {
    this.shape = [sigmaPx];
    this.reachPx = TAIL * seenSigma(sigmaPx);
  }

  get sigmaPx(): number {
    return this.shape[0];
  }

  withShape({ 0: sigmaPx }: ArrayLike<number>): RoundProfile {
    return new RoundProfile(clamp(sigmaPx!, SIGMAS_PX));
  }
}

/** A defocused star; shape: radius and sigma in pixels. */
export class DefocusProfile implements StarProfile {
  readonly kind = 'disk';
  readonly shape: readonly [radiusPx: number, sigmaPx: number];
  readonly reachPx: number;

  constructor(radiusPx: number, sigmaPx: number) {
    this.shape = [radiusPx, sigmaPx];
    this.reachPx = radiusPx + TAIL * seenSigma(sigmaPx);
  }

  get sigmaPx(): number {
    return this.shape[1];
  }

  get extentPx(): number {
    return 2 * this.shape[0];
  }

  withShape({ 0: radiusPx, 1: sigmaPx }: ArrayLike<number>): DefocusProfile {
    return new DefocusProfile(clamp(radiusPx!, RADII_PX), clamp(sigmaPx!, SIGMAS_PX));
  }
}
