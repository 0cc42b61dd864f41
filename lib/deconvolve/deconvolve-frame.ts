import { copySamples } from '../image/frame.js';
import type { AnyFrame } from '../image/frame.js';
import { colourPlanes } from '../image/planes.js';
import { isBlank } from '../image/samples.js';
import type { RestorationTask } from '../restoration/restoration.js';
import type { StepReport } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';
import { Pauses } from '../runtime/pauses.js';
import { TileBlender } from './blend.js';
import { keepClipped } from './defects/clipped.js';
import { hasGaps, leaveOutDefects } from './defects/find.js';
import type { SoundFrame } from './defects/find.js';
import { METHODS } from './methods/index.js';
import { warnOfCutLight } from './negatives.js';
import { NoiseMeter, rootMeanSquare } from './noise-meter.js';
import type { DeconvolveSettings } from './settings.js';
import { PartSolver, iterate } from './part-solver.js';
import type { Ended, SolverSource } from './part-solver.js';
import type { DeconvolutionPlan, SolvingPlan } from './plan.js';
import { Probe } from './probe.js';
import type { Course } from './probe.js';
import { TilePsfs } from './psf-source.js';
import type { DeconvolutionFacts } from './report.js';

/** A deconvolved frame. */
export interface Deconvolved {
  readonly data: AnyFrame['data'];
  readonly facts: DeconvolutionFacts;
  readonly warnings: readonly string[];
}

/**
 * Deconvolves a frame as its plan says: plane by plane, tile by tile, iteration by iteration. Pixels that are missing,
 * and samples that no blurred scene can have, are left out.
 */
export async function deconvolveFrame(
  solvers: SolverSource,
  settings: DeconvolveSettings,
  task: RestorationTask,
  plan: DeconvolutionPlan,
  scope: Scope,
): Promise<Deconvolved> {
  if (isBlank(task.frame)) return { data: copySamples(task.frame.data), facts: blankFacts(settings), warnings: [] };
  const psfs = new TilePsfs(settings.psf, settings.modes);
  if (!plan.keepsSolver) solvers.free();
  const sound = await leaveOutDefects(task, settings, psfs, scope);
  const { frame } = sound;
  const warnings = [...sound.warnings, ...(await warnOfCutLight(settings, task, scope))];
  const isMasked = hasGaps(sound) || settings.saturation <= 1;
  const noise = new NoiseMeter(sound, psfs, METHODS[settings.method].noise, scope);
  const sigma = settings.sigma ?? rootMeanSquare(await noise.measure());
  const solver = new PartSolver(solvers, psfs, sound, scope);
  const solving = maskPlan(plan, isMasked);
  const course = await new Probe(solver, noise, settings, scope).find(solving.probe, sigma);
  const ended = await solveTiles(solver, course, sound, solving, scope);
  await keepAllClipped(task.frame, sound, scope);
  const numbers = METHODS[settings.method].numbersOf(course.tuning);
  return { data: frame.data, facts: { ...factsOf(ended), sigma, ...numbers, defects: sound.defects }, warnings };
}

const planesOf = (frame: AnyFrame): number[] => Array.from({ length: colourPlanes(frame) }, (_, plane) => plane);

/** How the frame is solved, with samples left out or without. Memory was planned for either. */
function maskPlan(plan: DeconvolutionPlan, masked: boolean): SolvingPlan {
  const chosen = (masked ? plan.withDefects : null) ?? plan;
  return { ...chosen, shape: { ...chosen.shape, masked }, probe: chosen.probe && { ...chosen.probe, masked } };
}

async function keepAllClipped(
  source: AnyFrame,
  { frame, validOf, isClipped }: SoundFrame,
  scope: Scope,
): Promise<void> {
  if (!isClipped) return;
  const pauses = new Pauses(scope.signal);
  for (const plane of planesOf(source)) {
    const valid = validOf(plane);
    if (valid) await keepClipped(source, frame.data, plane, valid, pauses);
  }
}

/** All tiles of all planes, put together in the samples that they come from. */
async function solveTiles(
  solver: PartSolver,
  { tuning, test, most }: Course,
  { frame }: SoundFrame,
  { tiles, shape }: SolvingPlan,
  scope: Scope,
): Promise<readonly Ended[]> {
  const planes = colourPlanes(frame);
  const parts = planes * tiles.columns.starts.length * tiles.rows.starts.length;
  const ended: Ended[] = [];
  const blender = new TileBlender(scope, frame, tiles);
  for (let plane = 0; plane < planes; plane += 1) {
    for (const tile of blender.tiles(plane)) {
      const report = (iteration: number): void => {
        const done = ended.length * most + iteration;
        scope.progress({ unit: 'iterations', phase: 'restore', done, total: parts * most });
      };
      const loaded = await solver.load(tuning, shape, plane, tile);
      if (loaded) ended.push(await iterate(loaded, test, scope, report));
      await blender.write(tile, loaded);
    }
  }
  return ended;
}

function factsOf(ended: readonly Ended[]): Omit<DeconvolutionFacts, 'sigma' | 'lambda' | 'nsr' | 'defects'> {
  const mean = (value: (step: StepReport) => number): number =>
    ended.reduce((sum, { last }) => sum + value(last) / ended.length, 0);
  const { iterations, reason } = ended[0] ?? { iterations: 0, reason: 'blank' as const };
  const seconds = ended.reduce((sum, one) => sum + one.seconds, 0);
  return {
    iterations,
    stopReason: reason,
    secondsPerIteration: iterations > 0 ? seconds / iterations : 0,
    residual: mean((step) => step.residual),
    energy: mean((step) => step.energy),
  };
}

export function blankFacts({ sigma }: DeconvolveSettings): DeconvolutionFacts {
  return {
    iterations: 0,
    stopReason: 'blank',
    secondsPerIteration: 0,
    sigma: sigma ?? 0,
    residual: 0,
    energy: 1,
    lambda: null,
    nsr: null,
    defects: null,
  };
}
