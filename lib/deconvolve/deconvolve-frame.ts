import { copySamples } from '../image/frame.js';
import type { AnyFrame } from '../image/frame.js';
import { colourPlanes } from '../image/planes.js';
import { isBlank } from '../image/samples.js';
import type { RestorationTask } from '../restoration/restoration.js';
import type { StepReport } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';
import { TileBlender } from './blend.js';
import { METHODS } from './methods/index.js';
import { keepMissing, markMissing, planWithMissing } from './missing.js';
import { NoiseMeter, rootMeanSquare } from './noise.js';
import type { DeconvolveSettings } from './settings.js';
import { PartSolver, iterate } from './part-solver.js';
import type { Ended, SolverSource } from './part-solver.js';
import type { DeconvolutionPlan } from './plan.js';
import { Probe } from './probe.js';
import type { Course } from './probe.js';
import { TilePsfs } from './psf-source.js';
import type { DeconvolutionFacts } from './report.js';

/** A deconvolved frame. */
export interface Deconvolved {
  readonly data: AnyFrame['data'];
  readonly facts: DeconvolutionFacts;
}

/**
 * Deconvolves a frame as its plan says: plane by plane, tile by tile, iteration by iteration. Samples that are missing
 * (NaN, infinite, or beyond a million times full scale) stay as they are. Richardson-Lucy leaves them out, the other
 * methods take them for 0.
 */
export async function deconvolveFrame(
  solverOf: SolverSource,
  settings: DeconvolveSettings,
  task: RestorationTask,
  plan: DeconvolutionPlan,
  scope: Scope,
): Promise<Deconvolved> {
  const { frame } = task;
  const marked = markMissing(task);
  if (isBlank((marked ?? task).frame)) return { data: copySamples(frame.data), facts: blankFacts(settings) };
  if (!marked) return deconvolveKnown(solverOf, settings, task, plan, scope);
  const { isMultiplicative } = METHODS[settings.method];
  const result = await deconvolveKnown(solverOf, settings, marked, planWithMissing(plan, isMultiplicative), scope);
  keepMissing(frame, result.data);
  return result;
}

/** Deconvolves a frame of which something is known. */
async function deconvolveKnown(
  solverOf: SolverSource,
  settings: DeconvolveSettings,
  task: RestorationTask,
  plan: DeconvolutionPlan,
  scope: Scope,
): Promise<Deconvolved> {
  const { frame } = task;
  const psfs = new TilePsfs(settings.psf, settings.modes);
  const noise = new NoiseMeter(task, psfs, scope);
  const sigma = settings.sigma ?? rootMeanSquare(await noise.measure());
  const solver = new PartSolver(solverOf, psfs, task, scope);
  const course = await new Probe(solver, noise, settings, scope).find(plan.probe, sigma);
  const { data, ended } = await solveTiles(solver, course, frame, plan, scope);
  return { data, facts: { ...factsOf(ended), sigma, ...METHODS[settings.method].numbersOf(course.tuning) } };
}

/** All tiles of all planes, put together. */
async function solveTiles(
  solver: PartSolver,
  { tuning, test, most }: Course,
  frame: AnyFrame,
  { tiles, shape }: DeconvolutionPlan,
  scope: Scope,
): Promise<{ readonly data: AnyFrame['data']; readonly ended: readonly Ended[] }> {
  const planes = colourPlanes(frame);
  const parts = planes * tiles.columns.starts.length * tiles.rows.starts.length;
  const data = copySamples(frame.data);
  const ended: Ended[] = [];
  const blender = new TileBlender(scope, frame, data, tiles);
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
  return { data, ended };
}

function factsOf(ended: readonly Ended[]): Omit<DeconvolutionFacts, 'sigma' | 'lambda' | 'nsr'> {
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
  };
}
