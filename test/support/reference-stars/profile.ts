import { DiskProfile } from '../../../lib/stars/simulate/disk-profile.js';
import { createStreakSample, sampleStreak } from '../../../lib/stars/simulate/streak.js';
import type { StreakShape } from '../../../lib/stars/simulate/streak.js';

/** A pixel's own width adds this to the variance of a star along either axis (star-sensor B.1). */
const PIXEL_VARIANCE = 1 / 12;
/** Beyond this many standard deviations a profile is cut. */
const TAIL = 4;

/** What all stars of a frame look like: a density of flux 1 around their place at mid-exposure. */
export interface StarProfile {
  /** Numbers that decide the shape; what they are is the profile's own matter. */
  readonly shape: readonly number[];
  /** Half the size of the star in pixels. */
  readonly reach: number;
  /** Writes the value at (x, y), its derivatives by x and y, and those by the numbers of the shape. */
  sample(x: number, y: number, out: Float64Array): void;
  /** The profile of another shape, its numbers brought into their range. */
  withShape(shape: readonly number[]): StarProfile;
}

/** A straight trail; shape: length, angle (radians, anticlockwise), sigma. A length of 0 is a sharp star. */
export class StreakProfile implements StarProfile {
  readonly shape: readonly [number, number, number];
  readonly reach: number;
  readonly #seen: StreakShape;
  readonly #sample = createStreakSample();

  /** @param sigmaPx without the pixel's own width */
  constructor({ lengthPx, angleRad, sigmaPx }: StreakShape) {
    this.shape = [lengthPx, angleRad, sigmaPx];
    this.#seen = { lengthPx, angleRad, sigmaPx: Math.sqrt(sigmaPx * sigmaPx + PIXEL_VARIANCE) };
    this.reach = lengthPx / 2 + TAIL * this.#seen.sigmaPx;
  }

  sample(x: number, y: number, out: Float64Array): void {
    const sample = this.#sample;
    sampleStreak(this.#seen, x, y, sample);
    out[0] = sample.value;
    out[1] = sample.byX;
    out[2] = sample.byY;
    out[3] = sample.byLength;
    out[4] = sample.byAngle;
    out[5] = (sample.bySigma * this.shape[2]) / this.#seen.sigmaPx;
  }

  withShape([lengthPx, angleRad, sigmaPx]: readonly number[]): StreakProfile {
    return new StreakProfile({
      lengthPx: Math.max(0, lengthPx!),
      angleRad: angleRad!,
      sigmaPx: Math.min(20, Math.max(0.1, sigmaPx!)),
    });
  }
}

/** Steps of the numerical derivatives by radius and sigma. */
const STEP = 0.01;

/** A defocused star; shape: radius, sigma. */
export class DefocusProfile implements StarProfile {
  readonly shape: readonly [number, number];
  readonly reach: number;
  readonly #seen: DiskProfile;
  readonly #wider: DiskProfile;
  readonly #softer: DiskProfile;

  constructor(radius: number, sigma: number) {
    this.shape = [radius, sigma];
    const seen = Math.sqrt(sigma * sigma + PIXEL_VARIANCE);
    this.#seen = new DiskProfile(radius, seen);
    this.#wider = new DiskProfile(radius + STEP, seen);
    this.#softer = new DiskProfile(radius, Math.sqrt((sigma + STEP) ** 2 + PIXEL_VARIANCE));
    this.reach = radius + TAIL * seen;
  }

  sample(x: number, y: number, out: Float64Array): void {
    const r = Math.hypot(x, y);
    const value = this.#seen.density(r);
    const slope = (this.#seen.density(r + STEP) - this.#seen.density(Math.abs(r - STEP))) / (2 * STEP);
    out[0] = value;
    out[1] = r > 0 ? (slope * x) / r : 0;
    out[2] = r > 0 ? (slope * y) / r : 0;
    out[3] = (this.#wider.density(r) - value) / STEP;
    out[4] = (this.#softer.density(r) - value) / STEP;
  }

  withShape([radius, sigma]: readonly number[]): DefocusProfile {
    return new DefocusProfile(Math.min(100, Math.max(0.5, radius!)), Math.min(20, Math.max(0.1, sigma!)));
  }
}

/** Values of a profile at whole pixels, in a square of odd side around its centre. */
export function drawProfile(profile: StarProfile): { readonly side: number; readonly data: Float64Array } {
  const reach = Math.ceil(profile.reach);
  const side = 2 * reach + 1;
  const out = new Float64Array(3 + profile.shape.length);
  const data = Float64Array.from({ length: side * side }, (_, index) => {
    profile.sample((index % side) - reach, Math.floor(index / side) - reach, out);
    return out[0]!;
  });
  return { side, data };
}
