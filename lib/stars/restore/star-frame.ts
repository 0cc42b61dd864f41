import { fullScale } from '../../image/samples.js';
import type { AnyFrame } from '../../image/frame.js';
import { fillMissing } from '../../image/missing/fill.js';
import { keepMissing } from '../../image/missing/keep.js';
import type { SourceFrame } from '../../image/source.js';
import type { Operation, PlannedInput } from '../../operation/operation.js';
import type { Kept } from '../../runtime/ledger.js';
import { checksEnds } from '../../runtime/integrity.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Scope } from '../../runtime/scope.js';
import { usualNoise } from '../measure/fit.js';
import type { PixelNoise, StarFit } from '../measure/fit.js';
import { withoutBlocks } from '../measure/jpeg-blocks.js';
import type { StarLook } from '../measure/look.js';
import { readPlane, widestStar } from '../measure/plane.js';
import type { StarPlane } from '../measure/plane.js';
import { keepPlaneMemory, spareOf } from '../measure/plane-memory.js';
import { StreakProfile } from '../measure/profile.js';
import type { StarProfile } from '../measure/profile.js';
import type { MeasuredStars } from '../measure/search.js';
import type { StarFinder } from '../measure/search-frame.js';
import { foldDegrees } from '../sky/angles.js';
import type { MeasuredFrame, RestoredFrame } from './method.js';
import type { StarIntegrity } from './options.js';
import { planStarFrame } from './plan.js';
import type { StarPlan } from './plan.js';
import { CENTROIDS, recentre } from './recentre.js';
import type { StarFindings, StarOutcome, StarShape } from './result.js';
import type { StarSettings } from './settings.js';

/**
 * A star frame in four phases: its stars are looked at and measured by a finder, restored, and placed again on what was
 * restored where the options ask for that.
 */
export class StarOperation implements Operation<StarPlan, StarOutcome> {
  readonly name = 'stars';
  readonly depths = [8, 16, 32] as const;
  /** A frame of stars is dark: what its samples reach is no white. */
  readonly findsWhite = false;
  readonly checksEnds: boolean;
  readonly #settings: StarSettings;
  readonly #find: StarFinder;
  readonly #runtime: Runtime;
  #pixels = 0;
  #isDecoded = false;

  /** @param integrity 'full': its ends are checked */
  constructor(settings: StarSettings, find: StarFinder, runtime: Runtime, integrity: StarIntegrity = 'off') {
    this.checksEnds = checksEnds(integrity);
    this.#settings = settings;
    this.#find = find;
    this.#runtime = runtime;
  }

  /** The plane of the frame before, if it was of the size that was planned. */
  get kept(): Kept | null {
    return spareOf(this.#pixels);
  }

  plan([input]: readonly PlannedInput[]): StarPlan {
    const { size, buffers } = input!;
    this.#pixels = size.width * size.height;
    this.#isDecoded = buffers.length > 0;
    return planStarFrame(input!, this.#settings, this.#runtime, this.#runtime.budgetBytes);
  }

  async run([source]: readonly SourceFrame[], plan: StarPlan, scope: Scope): Promise<StarOutcome> {
    const { frame: read, valid } = source!;
    // A decoder's threads keep several times the frame.
    if (this.#isDecoded) scope.binding.trimHeap();
    const { saturation, blur } = this.#settings;
    const plane = await readPlane(source!, saturation, scope, undefined, widestStar(blur));
    try {
      const pauses = new Pauses(scope.signal);
      const frame = valid ? await fillMissing(read, valid, pauses) : read;
      const { look, stars: found } = await this.#find(plane, noiseOf(frame, plane, this.#settings), scope);
      const stars = withoutBlocks(frame, source!.isJpeg, found);
      const measured = { frame, plane, look, stars, plannedBytes: plan.restorationBytes };
      const outcome = await restoreMeasured(measured, this.#settings, scope);
      return warnOfJpeg(await keepSource(outcome, source!, pauses), source!);
    } finally {
      keepPlaneMemory(plane);
    }
  }
}

/** Stars below so many sigma may be of JPEG: one coefficient that is left in a block of dark sky looks like one. */
const JPEG_SNR = 8;

/** The outcome with what is to be said of faint stars of a JPEG. */
function warnOfJpeg(outcome: StarOutcome, { isJpeg }: SourceFrame): StarOutcome {
  const faint = isJpeg ? outcome.stars.filter(({ snr }) => snr < JPEG_SNR).length : 0;
  if (faint === 0) return outcome;
  const warning =
    `${faint} of its stars are fainter than ${JPEG_SNR} sigma, as blocks of JPEG in a dark sky may look: ` +
    `--threshold ${JPEG_SNR} (threshold) leaves such out; give a file without losses`;
  const { findings } = outcome;
  return { ...outcome, findings: { ...findings, warnings: [...findings.warnings, warning] } };
}

/** The outcome with the missing pixels of the frame as it was read. */
async function keepSource(
  outcome: StarOutcome,
  { frame: source, valid, nodata }: SourceFrame,
  pauses: Pauses,
): Promise<StarOutcome> {
  // What was not restored is the frame itself, without gaps where it had some.
  const frame = outcome.frame === outcome.source ? source : outcome.frame;
  if (frame !== source) await keepMissing(source, valid, nodata, frame.data, pauses);
  return { ...outcome, source, frame };
}

async function restoreMeasured(measured: MeasuredFrame, settings: StarSettings, scope: Scope): Promise<StarOutcome> {
  const { frame: source, plane, look, stars } = measured;
  const restored = await settings.restoration.restore(measured, scope);
  const placed = await place(restored, stars, plane, settings, scope);
  const full = fullScale(source);
  return {
    source,
    frame: restored.frame,
    stars: [...placed].sort((a, b) => b.flux - a.flux).map((star) => inCounts(star, full)),
    findings: report(settings, plane, look, stars, restored, full),
  };
}

function noiseOf(source: AnyFrame, plane: StarPlane, { electronsPerCount }: StarSettings): PixelNoise {
  if (electronsPerCount === null) return usualNoise(plane);
  return { sky: plane.sigma, perFlux: 1 / (electronsPerCount * fullScale(source)), misfit: 0 };
}

/** The fit, or places on what was restored. The plane is not needed any more: its memory is used again. */
async function place(
  { frame, windows }: RestoredFrame,
  { fit }: MeasuredStars,
  plane: StarPlane,
  { centroid, saturation, blur }: StarSettings,
  scope: Scope,
): Promise<readonly StarFit[]> {
  const onResult = CENTROIDS[centroid];
  if (onResult === null || windows.length === 0) return fit.stars;
  return recentre(frame, fit, onResult, { saturation, widestStarPx: widestStar(blur) }, plane, scope);
}

function report(
  { restoration, centroid }: StarSettings,
  { sigma, background }: StarPlane,
  { blindMotion, blindDefocus, decision, warnings }: StarLook,
  { fit, warnings: ofSearch = [] }: MeasuredStars,
  { windows, iterations, clipped }: RestoredFrame,
  full: number,
): StarFindings {
  return {
    method: restoration.method,
    centroid,
    shape: describeShape(fit.profile),
    motion: blindMotion,
    defocus: blindDefocus,
    decision,
    windows,
    iterations,
    clipped,
    sky: { sigma: sigma * full, level: background * full },
    warnings: [...warnings, ...ofSearch, ...(fit.stars.length > 0 ? [] : ['no star was found'])],
  };
}

function describeShape(profile: StarProfile): StarShape {
  const { sigmaPx } = profile;
  if (!(profile instanceof StreakProfile)) return { radiusPx: profile.extentPx / 2, sigmaPx };
  const { lengthPx, angleDegrees } = profile.trail;
  return { lengthPx, angleDegrees: foldDegrees(angleDegrees), sigmaPx };
}

function inCounts(star: StarFit, full: number): StarFit {
  return { ...star, flux: star.flux * full, background: star.background * full, fluxSigma: star.fluxSigma * full };
}
