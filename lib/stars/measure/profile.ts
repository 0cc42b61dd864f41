import type { NativeProfile } from '../../runtime/native/binding.js';
import type { StreakShape } from './streak.js';

/** A pixel's own width adds this to the variance of a star along either axis (star-sensor B.1). */
const PIXEL_VARIANCE = 1 / 12;
/** Beyond this many standard deviations a profile is cut. */
const TAIL = 4;

/** What all stars of a frame look like: a density of flux 1 around their place at mid-exposure. Its values are native/stars/profile.h's matter. */
export interface StarProfile extends NativeProfile {
  /** Half the size of the star in pixels. */
  readonly reach: number;
  /** The profile of another shape, its numbers brought into their range. */
  withShape(shape: ArrayLike<number>): StarProfile;
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
const seenSigma = (sigma: number): number => Math.sqrt(sigma * sigma + PIXEL_VARIANCE);

/** A straight trail; shape: length, angle (radians, anticlockwise), sigma without the pixel's own width. A length of 0 is a sharp star. */
export class StreakProfile implements StarProfile {
  readonly kind = 'streak';
  readonly shape: readonly [number, number, number];
  readonly reach: number;

  constructor({ length, angle, sigma }: StreakShape) {
    this.shape = [length, angle, sigma];
    this.reach = length / 2 + TAIL * seenSigma(sigma);
  }

  withShape({ 0: length, 1: angle, 2: sigma }: ArrayLike<number>): StreakProfile {
    return new StreakProfile({ length: Math.max(0, length!), angle: angle!, sigma: clamp(sigma!, 0.1, 20) });
  }
}

/** A defocused star; shape: radius, sigma. */
export class DefocusProfile implements StarProfile {
  readonly kind = 'disk';
  readonly shape: readonly [number, number];
  readonly reach: number;

  constructor(radius: number, sigma: number) {
    this.shape = [radius, sigma];
    this.reach = radius + TAIL * seenSigma(sigma);
  }

  withShape({ 0: radius, 1: sigma }: ArrayLike<number>): DefocusProfile {
    return new DefocusProfile(clamp(radius!, 0.5, 100), clamp(sigma!, 0.1, 20));
  }
}
