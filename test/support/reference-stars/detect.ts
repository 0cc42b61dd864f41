import { fft } from '../../../lib/fft/fft.js';
import type { FftOptions } from '../../../lib/fft/fft.js';
import type { StarPlane } from '../../../lib/stars/measure/plane.js';
import { drawProfile } from './profile.js';
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

export interface DetectOptions extends FftOptions {
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
  const drawn = drawProfile(profile);
  const energy = drawn.data.reduce((sum, value) => sum + value * value, 0);
  const response = await correlate(plane, drawn, options);
  const limit = threshold * plane.sigma * Math.sqrt(energy);
  const peaks = findPeaks(plane, response, limit).sort((a, b) => response[b]! - response[a]!);
  const found: Detection[] = [];
  for (const pixel of peaks) {
    if (found.length >= most) break;
    const [x, y] = [pixel % plane.width, Math.floor(pixel / plane.width)];
    const star = { x, y, flux: response[pixel]! / energy, snr: response[pixel]! / (plane.sigma * Math.sqrt(energy)) };
    if (isWing(star, found, profile.reach) || isHot(plane, star, profile)) continue;
    found.push(star);
  }
  return found;
}

/** The plane correlated with a kernel, 0 beyond its edges. Invalid pixels count as they are: saturated stars are stars. */
async function correlate(
  { width, height, data }: StarPlane,
  { side, data: kernel }: ReturnType<typeof drawProfile>,
  options: FftOptions,
): Promise<Float32Array> {
  const [columns, rows] = [fft.goodSize(width + side), fft.goodSize(height + side)];
  using plan = await fft.plan({ rows, columns, ...options });
  const padded = new Float32Array(rows * columns);
  const reach = (side - 1) / 2;
  kernel.forEach((value, index) => {
    const [x, y] = [(index % side) - reach, Math.floor(index / side) - reach];
    padded[((y + rows) % rows) * columns + ((x + columns) % columns)] = value;
  });
  const transfer = await plan.forward(padded);
  padded.fill(0);
  for (let y = 0; y < height; y += 1) padded.set(data.subarray(y * width, (y + 1) * width), y * columns);
  const spectrum = await plan.forward(padded);
  const { re, im } = spectrum;
  for (let bin = 0; bin < re.length; bin += 1) {
    const [a, b, c, d] = [re[bin]!, im[bin]!, transfer.re[bin]!, transfer.im[bin]!];
    re[bin] = a * c + b * d;
    im[bin] = b * c - a * d;
  }
  await plan.inverse(spectrum, padded);
  const response = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) response.set(padded.subarray(y * columns, y * columns + width), y * width);
  return response;
}

/** Pixels that are above the limit and above their eight neighbours. */
function findPeaks({ width, height }: StarPlane, response: Float32Array, limit: number): number[] {
  const peaks: number[] = [];
  for (let y = 1; y < height - 1; y += 1) {
    for (let pixel = y * width + 1; pixel < (y + 1) * width - 1; pixel += 1) {
      const value = response[pixel]!;
      if (
        value > limit &&
        value >= response[pixel - 1]! &&
        value > response[pixel + 1]! &&
        value >= response[pixel - width]! &&
        value > response[pixel + width]! &&
        value >= response[pixel - width - 1]! &&
        value >= response[pixel - width + 1]! &&
        value > response[pixel + width - 1]! &&
        value > response[pixel + width + 1]!
      )
        peaks.push(pixel);
    }
  }
  return peaks;
}

function isWing({ x, y, snr }: Detection, brighter: readonly Detection[], reach: number): boolean {
  return brighter.some((star) => {
    const distance = Math.hypot(star.x - x, star.y - y);
    return distance < reach || (distance < WING_REACH * reach && snr < WING * star.snr);
  });
}

function isHot({ width, height, data, sigma }: StarPlane, { x, y, flux }: Detection, profile: StarProfile): boolean {
  const out = new Float64Array(3 + profile.shape.length);
  profile.sample(0, 0, out);
  const limit = HOT * flux * out[0]! + 5 * sigma;
  const reach = Math.ceil(profile.reach);
  for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row += 1) {
    for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column += 1) {
      if (data[row * width + column]! > limit) return true;
    }
  }
  return false;
}
