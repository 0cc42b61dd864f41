import type { NoiseMap } from '../../runtime/native/binding.js';
import type { Scope } from '../../runtime/scope.js';
import type { Place } from '../sky/place.js';
import { densityOf } from './density.js';
import { fitStars, usualNoise } from './fit.js';
import type { StarFit } from './fit.js';
import { sigmaAt } from './noise-map.js';
import { NO_STAR } from './plane.js';
import type { StarPlane } from './plane.js';
import type { StarProfile } from './profile.js';
import { isAlike } from './robust-shape.js';

/** A place where a star of the profile is likely. */
export interface Detection extends Place {
  /** Least-squares flux of the profile there, in the plane's units. */
  readonly flux: number;
  /** Response of the matched filter in standard deviations of the sky. */
  readonly snr: number;
}

/** Which stars are looked for. */
interface DetectOptions {
  /** Standard deviations of the sky; of 10^6 pixels of noise 0.02 are above 5.5. */
  readonly threshold: number;
  /** The brightest that are kept. */
  readonly most: number;
  /** Whether stars that a particle hit beside their middle are kept; these pixels are not used any more. */
  readonly keepsStruck?: boolean;
}

/** A bright star's wings may look like stars up to this part of its response, within this many of its reaches. */
const WING = 0.08;
const WING_REACH = 3;
/** Stars of a larger reach cover so many pixels that the tails of what is cut off at black do not matter. */
const WIDE_PX = 12;
/** Noise of a sky that is cut off, with and without its tail: (deviation^2 sigma)^(1/3) for the deviation. */
const WITHOUT_TAIL = 1.5;
/** A pixel this many times as bright as the profile has it is of no star: it is hot, or was hit by a particle. */
const HOT = 2;
/** A star whose middle is hot is none. */
const MIDDLE_PX = 2;
/** Of the profile's energy, what must be left without such pixels. */
const LEAST_LEFT = 0.5;

/** Peaks of the matched filter above the limit, strongest first, and what is known of the profile. */
interface Peaks {
  readonly stars: readonly Detection[];
  readonly profile: StarProfile;
  readonly top: number;
  readonly energy: number;
}

/**
 * Finds stars of a known look: the matched filter of the blurred frame, its peaks above the noise, the brightest first.
 */
export async function detectStars(
  plane: StarPlane,
  profile: StarProfile,
  options: DetectOptions,
  scope: Scope,
): Promise<Detection[]> {
  const peaks = await findPeaks(plane, profile, options.threshold, scope);
  const first = chooseStars(plane, peaks, options, []);
  if (first.hiding.length === 0 || !options.keepsStruck) return first.found;
  const odd = await findOdd(plane, first.hiding, profile, scope);
  return odd.length === 0 ? first.found : chooseStars(plane, peaks, options, odd).found;
}

async function findPeaks(plane: StarPlane, profile: StarProfile, threshold: number, scope: Scope): Promise<Peaks> {
  const { data, invalid, width, height, sigma } = plane;
  const { kind, shape, reachPx } = profile;
  const isWide = reachPx > WIDE_PX;
  const noise = isWide ? summedNoise(plane.noise) : plane.noise;
  const sky = { ...plane, noise };
  const request = {
    data,
    invalid,
    width,
    height,
    noise,
    threads: scope.threads,
    profile: { kind, shape },
    limit: threshold * sigma,
    sigma,
  };
  const peaks = await scope.call((binding, ticket) => binding.findPeaks(request, scope.isa, ticket));
  const { pixels, responses, energy, top } = peaks;
  // What wide stars cover differs in level more than in noise.
  const spread = isWide ? 1 : peaks.spread;
  const order = Uint32Array.from(pixels, (_, index) => index).sort((a, b) => responses[b]! - responses[a]! || a - b);
  const stars: Detection[] = [];
  for (const index of order) {
    const [pixel, response] = [pixels[index]!, responses[index]!];
    const place = { x: pixel % width, y: Math.floor(pixel / width) };
    const snr = response / (spread * sigmaAt(sky, place) * Math.sqrt(energy));
    if (snr >= threshold) stars.push({ ...place, flux: response / energy, snr });
  }
  return { stars, profile, top, energy };
}

/** The brightest stars of peaks, and those in whose wings others were left out. @param odd stars that have no wings */
function chooseStars(
  plane: StarPlane,
  { stars, profile, top, energy }: Peaks,
  { threshold, most, keepsStruck = false }: DetectOptions,
  odd: readonly Detection[],
): { readonly found: Detection[]; readonly hiding: Detection[] } {
  const { width, invalid } = plane;
  const { reachPx } = profile;
  const density = densityOf(profile);
  const found: Detection[] = [];
  const hiding = new Set<Detection>();
  for (const star of stars) {
    if (found.length >= most) break;
    if (found.some((other) => distanceOf(other, star) < reachPx)) continue;
    const brighter = found.find((other) => hasWingAt(other, star, reachPx) && !odd.includes(other));
    if (brighter) {
      hiding.add(brighter);
      continue;
    }
    const hot = hotPixels(plane, star, reachPx, top);
    if (hot.length === 0) {
      found.push(star);
      continue;
    }
    if (!keepsStruck || hot.some((pixel) => isMiddle(star, pixel % width, Math.floor(pixel / width)))) continue;
    const cooled = withoutHot(plane, star, hot, energy, density);
    if (cooled.snr < threshold || hotPixels(plane, cooled, reachPx, top, hot).length > 0) continue;
    for (const pixel of hot) invalid[pixel] = NO_STAR;
    found.push(cooled);
  }
  return { found, hiding: [...hiding] };
}

/** Of stars those that are none: tracks of particles have no wings. */
async function findOdd(
  plane: StarPlane,
  stars: readonly Detection[],
  profile: StarProfile,
  scope: Scope,
): Promise<Detection[]> {
  const { stars: fits } = await fitStars(plane, stars, profile, usualNoise(plane), scope);
  const isStar = (fit: StarFit): boolean => fit.saturated || isAlike(fit);
  return stars.filter((star) => !fits.some((fit) => isStar(fit) && distanceOf(fit, star) < profile.reachPx));
}

const hasWingAt = (star: Detection, { x, y, snr }: Detection, reachPx: number): boolean =>
  distanceOf(star, { x, y }) < WING_REACH * reachPx && snr < WING * star.snr;

const distanceOf = (a: Place, b: Place): number => Math.hypot(a.x - b.x, a.y - b.y);

/** The noise of sums over many pixels. */
function summedNoise({ columns, rows, parts }: NoiseMap): NoiseMap {
  return { columns, rows, parts: parts.map((part) => (part < 1 ? part ** WITHOUT_TAIL : part)) };
}

const isMiddle = (star: Place, x: number, y: number): boolean => Math.hypot(x - star.x, y - star.y) < MIDDLE_PX;

/** Pixels that are brighter than the star can make them. @param top of the profile @param known that are left out */
function hotPixels(
  plane: StarPlane,
  { x, y, flux }: Detection,
  reachPx: number,
  top: number,
  known: readonly number[] = [],
): number[] {
  const { width, height, data } = plane;
  const limit = HOT * flux * top + 5 * sigmaAt(plane, { x, y });
  const reach = Math.ceil(reachPx);
  const hot: number[] = [];
  for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row += 1) {
    for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column += 1) {
      const pixel = row * width + column;
      if (data[pixel]! > limit && !known.includes(pixel)) hot.push(pixel);
    }
  }
  return hot;
}

/** A star by its other pixels alone. @param energy of the profile @param density of it */
function withoutHot(
  { width, data }: StarPlane,
  star: Detection,
  hot: readonly number[],
  energy: number,
  density: (dx: number, dy: number) => number,
): Detection {
  let [response, left] = [star.flux * energy, energy];
  for (const pixel of hot) {
    const part = density((pixel % width) - star.x, Math.floor(pixel / width) - star.y);
    response -= part * data[pixel]!;
    left -= part * part;
  }
  if (!(left > LEAST_LEFT * energy)) return { ...star, flux: 0, snr: 0 };
  const flux = response / left;
  return { ...star, flux, snr: (star.snr * flux * Math.sqrt(left / energy)) / star.flux };
}

/** Those that no other one touches. @param apartPx how far others must be */
export function findAlone(found: readonly Detection[], apartPx: number): Detection[] {
  return found.filter((star) =>
    found.every((other) => other === star || Math.hypot(other.x - star.x, other.y - star.y) > apartPx),
  );
}
