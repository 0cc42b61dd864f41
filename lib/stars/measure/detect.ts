import { callNative } from './native.js';
import type { NativeOptions } from './native.js';
import type { StarPlane } from './plane.js';
import type { StarProfile } from './profile.js';

/** A place where a star of the profile is likely. */
export interface Detection {
  readonly x: number;
  readonly y: number;
  /** Least-squares flux of the profile there, in the plane's units. */
  readonly flux: number;
  /** Response of the matched filter in standard deviations of the sky. */
  readonly snr: number;
}

export interface DetectOptions extends NativeOptions {
  /** Standard deviations; 5.5: of 10^6 pixels of noise 0.02 are above. */
  readonly threshold: number;
  /** The brightest that are kept. */
  readonly most: number;
}

/** A bright star's wings may look like stars up to this part of its response, within so many of its reaches. */
const WING = 0.08;
const WING_REACH = 3;
/** One pixel brighter than so many times what the profile has is no star: hot, or hit by a particle. */
const HOT = 2;

/** Finds stars of a known look: the matched filter of the blurred frame, its peaks above the noise, the brightest first. */
export async function detectStars(
  plane: StarPlane,
  profile: StarProfile,
  { threshold, most, ...options }: DetectOptions,
): Promise<Detection[]> {
  const { data, invalid, width, height, sigma } = plane;
  const { kind, shape, reach } = profile;
  const { pixels, responses, energy, top } = await callNative(options, (binding, threads, isa) =>
    binding.findPeaks(
      { data, invalid, width, height, threads, profile: { kind, shape }, limit: threshold * sigma },
      isa,
    ),
  );
  const order = Uint32Array.from(pixels, (_, index) => index).sort((a, b) => responses[b]! - responses[a]! || a - b);
  const found: Detection[] = [];
  for (const index of order) {
    if (found.length >= most) break;
    const [pixel, response] = [pixels[index]!, responses[index]!];
    const star = {
      x: pixel % width,
      y: Math.floor(pixel / width),
      flux: response / energy,
      snr: response / (sigma * Math.sqrt(energy)),
    };
    if (isWing(star, found, reach) || isHot(plane, star, reach, top)) continue;
    found.push(star);
  }
  return found;
}

function isWing({ x, y, snr }: Detection, brighter: readonly Detection[], reach: number): boolean {
  return brighter.some((star) => {
    const distance = Math.hypot(star.x - x, star.y - y);
    return distance < reach || (distance < WING_REACH * reach && snr < WING * star.snr);
  });
}

/** @param top of the profile */
function isHot(
  { width, height, data, sigma }: StarPlane,
  { x, y, flux }: Detection,
  profileReach: number,
  top: number,
): boolean {
  const limit = HOT * flux * top + 5 * sigma;
  const reach = Math.ceil(profileReach);
  for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row += 1) {
    for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column += 1) {
      if (data[row * width + column]! > limit) return true;
    }
  }
  return false;
}
