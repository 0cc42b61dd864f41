import { ArgumentError, ImageError } from '../runtime/errors.js';
import { readSource } from '../image/source.js';
import { writeFrame } from '../image/encode.js';
import type { EncodedImage } from '../image/decode.js';
import { fullScale } from '../image/samples.js';
import { copySamples } from '../image/frame.js';
import type { AnyFrame, Frame, Region } from '../image/frame.js';
import { readPeakRss } from '../runtime/garbage.js';
import { chooseIsa } from '../runtime/native/isa.js';
import { loadBinding, translateNativeError } from '../runtime/native/loader.js';
import type { BlindDefocus } from './measure/blind-defocus.js';
import { MISFIT } from './measure/blind-motion.js';
import type { BlindMotion } from './measure/blind-motion.js';
import { centreOfGravity, weightedCentre } from './measure/centroid.js';
import { detectStars } from './measure/detect.js';
import type { Detection } from './measure/detect.js';
import { fitStars } from './measure/fit.js';
import type { JointFit, PixelNoise, StarFit } from './measure/fit.js';
import { findLook } from './measure/look.js';
import type { StarLook } from './measure/look.js';
import type { NativeOptions } from './measure/native.js';
import { checkStarOptions } from './options.js';
import type { RestoreStarsOptions, StarSettings } from './options.js';
import { readPlane, recyclePlane } from './measure/plane.js';
import type { StarPlane } from './measure/plane.js';
import { StreakProfile } from './measure/profile.js';
import type { StarProfile } from './measure/profile.js';
import { renderStars } from './restore/render-stars.js';
import { restoreWindows } from './restore/restore-windows.js';
import type { WindowReport } from './restore/restore-windows.js';
import { planSteps } from './restore/window-steps.js';
import { windowSide, windowsAround } from './restore/windows.js';

/** Stars that decide the common shape, and how clear they must be. */
const SHAPE_STARS = 20;
const SHAPE_SNR = 10;
/** A star fitted with less than this many standard deviations is dropped. */
const LEAST_SNR = 4;

/** Detections and fitted stars nearer than this in pixels are the same. */
const SAME_STAR = 2;
/** Profiles whose ends differ by less than this many standard deviations are alike. */
const ALIKE = 0.5;

/** How a star frame was read and restored. */
export interface StarReport {
  readonly method: StarSettings['method'];
  readonly centroid: StarSettings['centroid'];
  /** Numbers of the common shape after the fit: length, angle (degrees) and sigma of a trail, or radius and sigma of a disk; pixels. */
  readonly shape:
    | { readonly length: number; readonly angle: number; readonly sigma: number }
    | { readonly radius: number; readonly sigma: number };
  /** What the frame alone told; null where it was not asked. */
  readonly motion: BlindMotion | null;
  readonly defocus: BlindDefocus | null;
  readonly windows: readonly Region[];
  /** Of the restoration; 0 without. */
  readonly iterations: number;
  /** Restored samples above full scale, cut off in 8 and 16 bits. */
  readonly clipped: number;
  /** Standard deviation and level of the sky in counts (1 being full scale for floats). */
  readonly sky: { readonly sigma: number; readonly level: number };
  readonly warnings: readonly string[];
  readonly seconds: number;
  readonly peakRssBytes: number;
  readonly threads: 1 | 2 | 3;
  readonly isa: string;
}

/** A restored star frame with what was measured in it. */
export class StarResult<F extends AnyFrame = AnyFrame> {
  /** Brightest first; flux and background in counts. */
  readonly stars: readonly StarFit[];
  readonly frame: F;
  readonly report: StarReport;

  constructor(frame: F, stars: readonly StarFit[], report: StarReport) {
    this.frame = frame;
    this.stars = stars;
    this.report = report;
  }

  /** Writes the restored frame, whole or not at all. Throws ImageError. */
  async toFile(path: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.frame.depth === 32)
      throw new ImageError(
        'OUTPUT_UNWRITABLE',
        `Cannot write ${path}: floats are not written to files; scale them to 8 or 16 bits`,
      );
    await writeFrame(path, this.frame as Frame, {}, options.signal);
  }
}

/**
 * Restores a blurred star frame in windows around its stars, and measures them: a file's path, its bytes, or pixels of 8, 16 or 32 bits.
 * What the frame does not tell is said in `report.warnings`. Rejects with ArgumentError, ImageError, NativeError, or the reason of `signal`.
 */
export async function restoreStars(
  input: EncodedImage | AnyFrame,
  options: RestoreStarsOptions = {},
): Promise<StarResult> {
  const settings = checkStarOptions(options);
  const { frame } = await readSource(input, settings.signal);
  // A decoder's threads keep several times the frame.
  if (frame !== input) loadBinding().trimHeap();
  return restoreFrame(frame, settings, searchFrame).catch((error: unknown) => {
    throw translateNativeError(error);
  });
}

/** What stars of a frame look like, where they were detected, and their fit. */
export interface StarSearch {
  readonly look: StarLook;
  readonly fit: JointFit;
  readonly found: readonly Detection[];
}

/** How stars are searched for in a frame. */
export type StarFinder = (
  plane: StarPlane,
  noise: PixelNoise,
  settings: StarSettings,
  options: NativeOptions,
) => Promise<StarSearch>;

/** Searches the whole frame, of which nothing is known but what the options say. */
export const searchFrame: StarFinder = async (plane, noise, settings, options) => {
  const look = await findLook(plane, settings, options);
  return { look, ...(await measure(plane, look, noise, settings, options)) };
};

/** Restores and measures a frame whose stars `find` knows how to find. */
export async function restoreFrame(source: AnyFrame, settings: StarSettings, find: StarFinder): Promise<StarResult> {
  const start = performance.now();
  const binding = loadBinding();
  const isa = chooseIsa(binding, settings.isa);
  const { threads, signal } = settings;
  const options = { threads, isa, signal };
  const plane = await readPlane(source, settings.saturation, options);
  const noise: PixelNoise =
    settings.gain === null
      ? { sky: plane.sigma, perFlux: 0, misfit: MISFIT }
      : { sky: plane.sigma, perFlux: 1 / (settings.gain * fullScale(source)), misfit: 0 };
  const { look, fit, found } = await find(plane, noise, settings, options);
  signal.throwIfAborted();
  const frame = { ...source, data: copySamples(source.data) } as AnyFrame;
  const windows =
    settings.method === 'none' || settings.method === 'render' || look.psfAt === null
      ? []
      : placeWindows(found, fit.profile, source);
  const restored =
    settings.method === 'render'
      ? { iterations: 0, clipped: renderStars(frame, plane, fit.stars, fit.profile) }
      : await restoreAround(frame, windows, look, { profile: fit.profile, found }, settings, {
          isa,
          sigma: plane.sigma,
        });
  recyclePlane(plane);
  const stars = settings.centroid === 'ml' || windows.length === 0 ? fit.stars : await recentre(frame, fit, settings);
  const full = fullScale(source);
  return new StarResult(
    frame,
    [...stars].sort((a, b) => b.flux - a.flux).map((star) => inCounts(star, full)),
    {
      method: settings.method,
      centroid: settings.centroid,
      shape: describeShape(fit.profile),
      motion: look.blindMotion,
      defocus: look.blindDefocus,
      windows,
      ...restored,
      sky: { sigma: plane.sigma * full, level: plane.background * full },
      warnings: fit.stars.length > 0 ? look.warnings : [...look.warnings, 'no star was found'],
      seconds: (performance.now() - start) / 1000,
      peakRssBytes: readPeakRss(),
      threads,
      isa,
    },
  );
}

/** Detects stars, lets the clearest decide the shape, and fits all with it. */
async function measure(
  plane: StarPlane,
  { profile, isFitted }: StarLook,
  noise: PixelNoise,
  { threshold, maxStars }: StarSettings,
  options: NativeOptions,
): Promise<{ readonly fit: JointFit; readonly found: readonly Detection[] }> {
  const search = { threshold, most: maxStars, ...options };
  const first = await detectStars(plane, profile, search);
  const clear = clearest(first);
  // The frame's own estimate is of these very stars already.
  const shaped = isFitted || clear.length === 0 ? null : await fitStars(plane, clear, profile, noise, true, options);
  if (shaped === null || shaped.stars.length === 0)
    return { fit: keepClear(await fitStars(plane, first, profile, noise, false, options)), found: first };
  const found = isAlike(profile, shaped.profile) ? first : await detectStars(plane, shaped.profile, search);
  // Stars that were fitted already start from there.
  const starts = found.map(
    (star) => shaped.stars.find(({ x, y }) => Math.hypot(x - star.x, y - star.y) < SAME_STAR) ?? star,
  );
  return { fit: keepClear(await fitStars(plane, starts, shaped.profile, noise, false, options)), found };
}

/** Whether a matched filter for one profile sees stars of the other nearly as well: with 3 % less signal over noise at most. */
function isAlike(a: StarProfile, b: StarProfile): boolean {
  if (!(a instanceof StreakProfile && b instanceof StreakProfile)) return false;
  const [[lengthA, angleA, sigmaA], [lengthB, angleB, sigmaB]] = [a.shape, b.shape];
  const ratio = sigmaA / sigmaB;
  return (
    Math.abs(lengthA - lengthB) < ALIKE * sigmaB &&
    Math.abs(Math.sin(angleA - angleB)) * lengthB < 2 * ALIKE * sigmaB &&
    ratio > 1 / (1 + ALIKE / 2) &&
    ratio < 1 + ALIKE / 2
  );
}

/** Those that may decide the common shape. @param found brightest first */
export function clearest(found: readonly Detection[]): Detection[] {
  return found.filter(({ snr }) => snr > SHAPE_SNR).slice(0, SHAPE_STARS);
}

/** Without stars that are no clearer than noise. */
export function keepClear(fit: JointFit): JointFit {
  return { ...fit, stars: fit.stars.filter(({ snr }) => snr >= LEAST_SNR) };
}

function placeWindows(found: readonly Detection[], profile: StarProfile, { width, height }: AnyFrame): Region[] {
  if (found.length === 0) return [];
  const sigma = profile.shape.at(-1)!;
  const side = windowSide(profile.shape.length === 2 ? 2 * profile.shape[0]! : profile.shape[0]!, sigma);
  if (side > Math.min(width, height)) {
    throw new ArgumentError(
      `The frame of ${width}x${height} pixels is smaller than one window of ${side}x${side} around a star: use method 'none', or a larger frame`,
    );
  }
  return windowsAround(found, side, { width, height });
}

async function restoreAround(
  frame: AnyFrame,
  windows: readonly Region[],
  { psfAt }: StarLook,
  { profile, found }: { readonly profile: StarProfile; readonly found: readonly Detection[] },
  settings: StarSettings,
  engine: { readonly isa: string; readonly sigma: number },
): Promise<WindowReport> {
  const { method, iterations, threads, signal, onProgress } = settings;
  if (windows.length === 0 || method === 'none' || method === 'render' || psfAt === null)
    return { iterations: 0, clipped: 0 };
  const onWindow = (done: number): void =>
    onProgress({ unit: 'iterations', phase: 'restore', done, total: windows.length });
  const psfOf = ({ left, top, width, height }: Region): ReturnType<typeof psfAt> =>
    psfAt(left + (width - 1) / 2, top + (height - 1) / 2);
  const steps = planSteps(method, iterations, found, profile instanceof StreakProfile ? profile.shape[2] : null);
  return restoreWindows(frame, windows, psfOf, { ...engine, method, steps, threads, signal, onWindow });
}

/** Centroids of the restored frame, around those of the fit. */
async function recentre(
  frame: AnyFrame,
  fit: JointFit,
  { centroid, saturation, threads, isa }: StarSettings,
): Promise<StarFit[]> {
  const plane = await readPlane(frame, saturation, { threads, ...(isa !== undefined && { isa }) });
  const sigma = fit.profile.shape.at(-1)!;
  return fit.stars.flatMap((star) => {
    const place =
      centroid === 'cog'
        ? centreOfGravity(plane, star, 4 * sigma, 5 * plane.sigma)
        : weightedCentre(plane, star, sigma);
    return place === null ? [] : [{ ...star, x: place.x, y: place.y }];
  });
}

function describeShape({ shape }: StarProfile): StarReport['shape'] {
  if (shape.length === 2) return { radius: shape[0]!, sigma: shape[1]! };
  const degrees = (shape[1]! * 180) / Math.PI;
  return { length: shape[0]!, angle: degrees - 180 * Math.round(degrees / 180), sigma: shape[2]! };
}

function inCounts(star: StarFit, full: number): StarFit {
  return { ...star, flux: star.flux * full, background: star.background * full, fluxSigma: star.fluxSigma * full };
}
