import { busiestWindow } from '../image/busiest-windows.js';
import type { AnyFrame, Region } from '../image/frame.js';
import { colourPlanes } from '../image/planes.js';
import { clippedPart } from '../image/samples.js';
import type { SolverSettings, SolverShape } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';
import { isCounted } from './defects/clipped.js';
import { METHODS } from './methods/index.js';
import type { NoiseMeter } from './noise-meter.js';
import type { DeconvolveSettings } from './settings.js';
import { iterate } from './part-solver.js';
import type { Ended, PartSolver, PartSource } from './part-solver.js';
import { stopAfter, stopByRule } from './stop.js';
import type { StopReason, StopTest } from './stop.js';

/** How all parts of a frame are solved alike. */
export interface Course {
  readonly tuning: SolverSettings;
  readonly test: StopTest;
  /** The most iterations that there may be. */
  readonly most: number;
  /** What ends them, where their number is known. */
  readonly reason: StopReason | null;
}

const knownCourse = (tuning: SolverSettings, count: number, reason: StopReason): Course => ({
  tuning,
  test: stopAfter(count, reason),
  most: count,
  reason,
});

/** Mean variance of the noise of the samples that count: that of clipped ones is cut off. */
function varianceOf({ frame, validOf }: PartSource, plane: number, region: Region, sigma: number): number {
  const valid = validOf(plane);
  const counts = (pixel: number): boolean => valid === null || isCounted(valid[pixel]!);
  return sigma ** 2 * (1 - clippedPart(frame, plane, region, counts));
}

/** Finds out on the busiest part of a frame what all its parts must share. */
export class Probe {
  readonly #solver: PartSolver;
  readonly #noise: NoiseMeter;
  readonly #settings: DeconvolveSettings;
  readonly #frame: AnyFrame;
  readonly #scope: Scope;

  constructor(solver: PartSolver, noise: NoiseMeter, settings: DeconvolveSettings, scope: Scope) {
    this.#solver = solver;
    this.#noise = noise;
    this.#settings = settings;
    this.#frame = noise.source.frame;
    this.#scope = scope;
  }

  /** @param shape of the solver of that part; null: nothing must be found beforehand. @param sigma of the noise */
  async find(shape: SolverShape | null, sigma: number): Promise<Course> {
    const { method, iterations, maxIterations } = this.#settings;
    const { endOfCount } = METHODS[method];
    const tuning = await this.#tune(shape, sigma);
    if (iterations !== null) return knownCourse(tuning, iterations, endOfCount);
    if (!shape) {
      const { width, height } = this.#frame;
      const test = this.#rule(0, { left: 0, top: 0, width, height }, sigma);
      return { tuning, test, most: maxIterations, reason: null };
    }
    const { count, reason } = await this.#count(tuning, shape, sigma);
    return knownCourse(tuning, count, reason);
  }

  #rule(plane: number, region: Region, sigma: number): StopTest {
    const isCut = this.#settings.saturation > 1;
    const variance = isCut ? varianceOf(this.#noise.source, plane, region, sigma) : sigma ** 2;
    return stopByRule(this.#settings, variance);
  }

  /** The numbers of the method, from the middle colour where they must be fitted. */
  async #tune(shape: SolverShape | null, sigma: number): Promise<SolverSettings> {
    const { tune, fit } = METHODS[this.#settings.method];
    const tuning = tune(this.#settings, sigma, this.#frame);
    if (!shape || !fit) return tuning;
    const region = this.#regionOf(shape);
    const solver = await this.#solver.load(tuning, shape, colourPlanes(this.#frame) >> 1, region);
    return solver ? fit(solver, tuning, sigma, this.#scope) : tuning;
  }

  #regionOf({ width, height }: SolverShape): Region {
    return busiestWindow(this.#frame, width, height);
  }

  /** The number of iterations at which the rule ends them: the mean over the colours. */
  async #count(
    tuning: SolverSettings,
    shape: SolverShape,
    sigma: number,
  ): Promise<{ readonly count: number; readonly reason: StopReason }> {
    const { maxIterations } = this.#settings;
    const region = this.#regionOf(shape);
    const planes = colourPlanes(this.#frame);
    const sigmas = this.#settings.sigma === null ? await this.#noise.measure(region) : [];
    const ended: Ended[] = [];
    for (let plane = 0; plane < planes; plane += 1) {
      const solver = await this.#solver.load(tuning, shape, plane, region);
      if (!solver) continue;
      const total = planes * maxIterations;
      const report = (iteration: number): void => {
        const done = plane * maxIterations + iteration;
        this.#scope.progress({ unit: 'iterations', phase: 'probe', done, total });
      };
      ended.push(await iterate(solver, this.#rule(plane, region, sigmas[plane] ?? sigma), this.#scope, report));
    }
    if (ended.length === 0) return { count: 1, reason: 'cap' };
    const count = Math.round(ended.reduce((sum, { iterations }) => sum + iterations, 0) / ended.length);
    return { count, reason: ended.some(({ reason }) => reason === 'cap') ? 'cap' : ended[0]!.reason };
  }
}
