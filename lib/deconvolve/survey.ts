import { estimatePsf } from '../estimate/psf.js';
import type { EstimatedPsf } from '../estimate/psf.js';
import { isBlank, meanLevel } from '../image/samples.js';
import type { RestorationTask, SceneSurvey } from '../restoration/restoration.js';
import { EstimateError } from '../runtime/errors.js';
import type { Scope } from '../runtime/scope.js';
import { hasGaps, leaveOutDefects } from './defects/find.js';
import { METHODS } from './methods/index.js';
import { NoiseMeter, rootMeanSquare } from './noise-meter.js';
import { PartSolver } from './part-solver.js';
import type { SolverSource } from './part-solver.js';
import { probeShape } from './plan.js';
import { Probe } from './probe.js';
import type { Course } from './probe.js';
import { TilePsfs, preparePsf } from './psf-source.js';
import type { DeconvolutionReport } from './report.js';
import type { StopReason } from './stop.js';
import type { DeconvolveSettings } from './settings.js';

type Survey = SceneSurvey<DeconvolutionReport>;

/** What all windows of a scene are deconvolved with. */
export interface SceneSettings {
  readonly settings: DeconvolveSettings;
  /** The kernel in words, where it was estimated. */
  readonly estimatedPsf: string | null;
  /** What ends the iterations, where samples have told their number; null: it was known. */
  readonly stopReason: StopReason | null;
}

/**
 * Finds in samples of a scene what a frame is asked for: its kernel, its noise, its mean level, and the number of
 * iterations or the spectrum of the scene. Of each but the noise and the level, the sample in the middle decides.
 * @param estimated the kernel, where it was to be estimated and has been
 */
export async function surveyScene(
  given: DeconvolveSettings,
  survey: Survey,
  solvers: SolverSource,
  scope: Scope,
  estimated: EstimatedPsf | null,
): Promise<SceneSettings> {
  const found = given.isPsfAuto ? (estimated ?? (await estimateScenePsf(survey, scope))) : null;
  const psf = found ? await preparePsf(found.psf) : given.psf;
  const estimatedPsf = found?.words ?? null;
  const known = { ...given, psf, isPsfAuto: false };
  const { sigma, level } = await measureScene(known, survey, solvers, scope);
  const settings = { ...known, sigma, level };
  // What was planned is for the largest kernel that may be estimated.
  const { radiusX, radiusY, symmetric } = psf;
  const shape = probeShape({ ...survey.plan.shape, radiusX, radiusY, symmetric }, true, settings);
  // Where samples tell nothing, every window tells for itself.
  if (!shape || sigma === null) return { settings, estimatedPsf, stopReason: null };
  const courses: Course[] = [];
  for await (const task of survey.samples()) {
    if (knownShare(task) === 0) continue;
    const psfs = new TilePsfs(psf, given.modes);
    if (!survey.plan.keepsSolver) solvers.free();
    const sound = await leaveOutDefects(task, settings, psfs, scope);
    const solver = new PartSolver(solvers, psfs, sound, scope);
    const probe = new Probe(
      solver,
      new NoiseMeter(sound, psfs, METHODS[settings.method].noise, scope),
      settings,
      scope,
    );
    courses.push(await probe.find({ ...shape, masked: hasGaps(sound) || shape.masked }, sigma));
  }
  if (courses.length === 0) return { settings, estimatedPsf, stopReason: null };
  const { tuning, most, reason } = middleOf(courses);
  const { nsr, exponent } = tuning;
  return { settings: { ...settings, iterations: most, nsr, exponent }, estimatedPsf, stopReason: reason };
}

/** The blur of the first sample that tells it. */
async function estimateScenePsf({ samples }: Survey, scope: Scope): Promise<EstimatedPsf> {
  let declined: EstimateError | null = null;
  for await (const task of samples()) {
    try {
      return await estimatePsf(task, scope);
    } catch (error) {
      if (!(error instanceof EstimateError)) throw error;
      declined ??= error;
    }
  }
  throw declined!;
}

/** The part of a sample that has something to tell. */
function knownShare({ frame, valid }: RestorationTask): number {
  if (isBlank(frame)) return 0;
  return valid ? valid.reduce((sum, known) => sum + (known === 0 ? 0 : 1), 0) / valid.length : 1;
}

/** Noise and mean level over all samples, each by what is known of it. */
async function measureScene(
  settings: DeconvolveSettings,
  { plan, samples }: Survey,
  solvers: SolverSource,
  scope: Scope,
): Promise<{ readonly sigma: number | null; readonly level: number | null }> {
  const { psf, modes, sigma, damping } = settings;
  if (sigma !== null && damping === 0) return { sigma, level: null };
  let [share, variance, light] = [0, 0, 0];
  for await (const task of samples()) {
    const known = knownShare(task);
    if (known === 0) continue;
    const psfs = new TilePsfs(psf, modes);
    if (!plan.keepsSolver) solvers.free();
    const sound = await leaveOutDefects(task, settings, psfs, scope);
    share += known;
    const meter = new NoiseMeter(sound, psfs, METHODS[settings.method].noise, scope);
    if (sigma === null) variance += known * rootMeanSquare(await meter.measure()) ** 2;
    light += known * meanLevel(sound.frame);
  }
  if (share === 0) return { sigma, level: null };
  return { sigma: sigma ?? Math.sqrt(variance / share), level: light / share };
}

/** The one in the middle of all, by iterations and by noise-to-signal ratio. */
function middleOf(courses: readonly Course[]): Course {
  const ranked = [...courses].sort((a, b) => a.most - b.most || a.tuning.nsr - b.tuning.nsr);
  return ranked[ranked.length >> 1]!;
}
