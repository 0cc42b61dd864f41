import type { FrameSource } from '../image/source.js';
import { copySamples } from '../image/frame.js';
import type { AnyFrame, Region } from '../image/frame.js';
import type { Binding, NativeSolver, SolverPsf, SolverSettings, StepReport } from '../runtime/native/binding.js';
import type { Progress } from '../runtime/progress.js';
import type { RunOptions } from '../restoration/run-options.js';
import { TileBlender } from './blend.js';
import { estimateSigma, rootMeanSquare } from './noise.js';
import type { DeconvolveSettings } from './options.js';
import { colourPlanes } from '../image/planes.js';
import type { DeconvolutionPlan } from './plan.js';
import { busiestWindow } from '../image/busiest-windows.js';
import { TilePsfs } from './psf-source.js';
import type { Place } from './psf-source.js';
import type { DeconvolutionReport, StopReason } from './report.js';
import { clippedPart, isBlank, windowOf } from '../image/samples.js';
import { stopAfter, stopByRule } from './stop.js';
import type { StopTest } from './stop.js';
import { tuneSolver } from './tuning.js';

/** No scene has a spectrum this flat; with 0 the filter would dim the frame. */
const LEAST_EXPONENT = 0.5;

/** What a deconvolution brings, but for where it was made. */
export interface Deconvolved
  extends Pick<
    DeconvolutionReport,
    'iterations' | 'stopReason' | 'secondsPerIteration' | 'sigma' | 'residual' | 'energy' | 'lambda' | 'nsr'
  > {
  readonly data: AnyFrame['data'];
}

/** What a frame is deconvolved with. */
export interface RunContext {
  readonly binding: Binding;
  readonly isa: string;
  /** Gives the native solver of a shape; the one before is then no longer used. */
  readonly solverOf: (shape: DeconvolutionPlan['shape']) => NativeSolver;
  readonly settings: DeconvolveSettings;
  readonly plan: DeconvolutionPlan;
  readonly source: FrameSource;
  readonly options: RunOptions;
}

/** Deconvolves a frame as its plan says: plane by plane, tile by tile, iteration by iteration. */
export async function deconvolveFrame(context: RunContext): Promise<Deconvolved> {
  const {
    settings,
    source: { frame },
  } = context;
  if (isBlank(frame)) return returnBlank(frame, settings);
  const psfs = new TilePsfs(settings.psf, settings.modes);
  const sigma = settings.sigma ?? rootMeanSquare(await estimateSigmas(context, psfs, regionOf(frame)));
  return new FrameRun(context, psfs, sigma).run();
}

function regionOf({ width, height }: AnyFrame): Region {
  return { left: 0, top: 0, width, height };
}

/** Where a part of a frame lies in it. */
function placeOf(frame: AnyFrame, { left, top, width, height }: Region): Place {
  const span = (start: number, side: number, length: number): [number, number] => [
    start / (length - 1),
    (start + side - 1) / (length - 1),
  ];
  return { x: span(left, width, frame.width), y: span(top, height, frame.height) };
}

/** Of the noise in a part of the frame, per colour. */
async function estimateSigmas(context: RunContext, psfs: TilePsfs, region: Region): Promise<number[]> {
  const { source, options } = context;
  const sigmas: number[] = [];
  for (let plane = 0; plane < colourPlanes(source.frame); plane += 1) {
    options.signal.throwIfAborted();
    sigmas.push(await estimateSigma(context, source, plane, region, psfs.middle(plane, placeOf(source.frame, region))));
  }
  return sigmas;
}

function returnBlank({ data }: AnyFrame, { sigma }: DeconvolveSettings): Deconvolved {
  return {
    data: copySamples(data),
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

/** How the iterations of one tile of one plane ended. */
interface Ended {
  readonly iterations: number;
  readonly reason: StopReason;
  readonly last: StepReport;
}

/** One frame on its way, its noise being known. */
class FrameRun {
  readonly #context: RunContext;
  readonly #psfs: TilePsfs;
  readonly #planes: number;
  readonly #sigma: number;
  #tuning: SolverSettings;
  #stepSeconds = 0;
  #lastPsf: { readonly solver: NativeSolver; readonly psf: SolverPsf } | null = null;

  /** @param sigma of the noise, 1 being full scale */
  constructor(context: RunContext, psfs: TilePsfs, sigma: number) {
    const {
      settings,
      source: { frame },
    } = context;
    this.#context = context;
    this.#psfs = psfs;
    this.#planes = colourPlanes(frame);
    this.#sigma = sigma;
    this.#tuning = tuneSolver(settings, sigma, frame);
  }

  async run(): Promise<Deconvolved> {
    const {
      plan,
      settings,
      source: { frame },
    } = this.#context;
    const { test, most } = await this.#decide();
    this.#stepSeconds = 0;
    const { columns, rows } = plan.tiles;
    const parts = this.#planes * columns.starts.length * rows.starts.length;
    const data = copySamples(frame.data);
    const ended: Ended[] = [];
    const blender = new TileBlender(this.#context.binding, frame, data, plan.tiles);
    for (let plane = 0; plane < this.#planes; plane += 1) {
      for (const tile of blender.tiles(plane)) {
        const report = (iteration: number): void =>
          this.#progress('restore', ended.length * most + iteration, parts * most);
        const solver = await this.#load(plan.shape, plane, tile);
        if (solver) ended.push(await this.#iterate(solver, test, report));
        await blender.write(tile, solver);
      }
    }
    this.#context.options.signal.throwIfAborted();
    const mean = (value: (step: StepReport) => number): number =>
      ended.reduce((sum, { last }) => sum + value(last) / ended.length, 0);
    const { iterations, reason } = ended[0] ?? { iterations: 0, reason: 'blank' as const };
    return {
      data,
      iterations,
      stopReason: reason,
      sigma: this.#sigma,
      secondsPerIteration: iterations > 0 ? this.#stepSeconds / iterations : 0,
      residual: mean((step) => step.residual),
      energy: mean((step) => step.energy),
      lambda: settings.method === 'hyper-laplacian' ? this.#tuning.lambda : null,
      nsr: settings.method === 'wiener' ? this.#tuning.nsr : null,
    };
  }

  /** What ends the iterations of every tile and plane alike, and the most that they may be. */
  async #decide(): Promise<{ readonly test: StopTest; readonly most: number }> {
    const { plan, settings } = this.#context;
    const { method, iterations, maxIterations } = settings;
    if (method === 'wiener' && plan.probe) await this.#fitSignal(plan.probe);
    if (iterations !== null)
      return {
        test: stopAfter(iterations, method === 'richardson-lucy' ? 'iterations' : 'complete'),
        most: iterations,
      };
    if (!plan.probe)
      return {
        test: stopByRule(settings, this.#varianceOf(0, regionOf(this.#context.source.frame), this.#sigma)),
        most: maxIterations,
      };
    const { count, reason } = await this.#countIterations(plan.probe);
    return { test: stopAfter(count, reason), most: count };
  }

  /** Mean variance of the noise of the samples that count. */
  #varianceOf(plane: number, region: Region, sigma: number): number {
    const { settings, source } = this.#context;
    const clipped = settings.saturation <= 1 ? 0 : clippedPart(source.frame, plane, region);
    return sigma ** 2 * (1 - clipped);
  }

  #probeRegion({ width, height }: DeconvolutionPlan['shape']): Region {
    return busiestWindow(this.#context.source.frame, width, height);
  }

  /** The number of iterations at which the rule ends them in the probe: the mean over the colours. */
  async #countIterations(
    shape: DeconvolutionPlan['shape'],
  ): Promise<{ readonly count: number; readonly reason: StopReason }> {
    const { settings } = this.#context;
    const region = this.#probeRegion(shape);
    const sigmas = settings.sigma === null ? await estimateSigmas(this.#context, this.#psfs, region) : [];
    const ended: Ended[] = [];
    for (let plane = 0; plane < this.#planes; plane += 1) {
      const solver = await this.#load(shape, plane, region);
      if (!solver) continue;
      const report = (iteration: number): void =>
        this.#progress('probe', plane * settings.maxIterations + iteration, this.#planes * settings.maxIterations);
      ended.push(
        await this.#iterate(
          solver,
          stopByRule(settings, this.#varianceOf(plane, region, sigmas[plane] ?? this.#sigma)),
          report,
        ),
      );
    }
    if (ended.length === 0) return { count: 1, reason: 'cap' };
    const count = Math.round(ended.reduce((sum, { iterations }) => sum + iterations, 0) / ended.length);
    return { count, reason: ended.some(({ reason }) => reason === 'cap') ? 'cap' : ended[0]!.reason };
  }

  /** The spectrum that Wiener's filter assumes, from the middle colour of the probe. */
  async #fitSignal(shape: DeconvolutionPlan['shape']): Promise<void> {
    const solver = await this.#load(shape, this.#planes >> 1, this.#probeRegion(shape));
    if (!solver) return;
    const { nsr, exponent } = await solver.fitSignal(this.#sigma, this.#tuning.prior);
    this.#tuning = { ...this.#tuning, nsr, exponent: Math.max(exponent, LEAST_EXPONENT) };
  }

  /** The solver with a part of a plane in it; null where none of its pixels counts. */
  async #load(
    shape: DeconvolutionPlan['shape'],
    plane: number,
    { left, top }: Pick<Region, 'left' | 'top'>,
  ): Promise<NativeSolver | null> {
    const {
      source: { frame },
      options,
    } = this.#context;
    options.signal.throwIfAborted();
    const solver = this.#context.solverOf(shape);
    solver.configure(this.#tuning);
    const psf = this.#psfs.at(plane, placeOf(frame, { left, top, width: shape.width, height: shape.height }));
    if (this.#lastPsf?.solver !== solver || this.#lastPsf.psf.kernels !== psf.kernels || psf.coefficients)
      await solver.setPsf(psf);
    this.#lastPsf = { solver, psf };
    const { validPixels } = await solver.load(windowOf(frame, frame.data, plane, left, top), options.valid);
    return validPixels > 0 ? solver : null;
  }

  async #iterate(solver: NativeSolver, test: StopTest, report: (iteration: number) => void): Promise<Ended> {
    const { signal } = this.#context.options;
    for (let iteration = 1; ; iteration += 1) {
      signal.throwIfAborted();
      const start = performance.now();
      const last = await solver.step();
      this.#stepSeconds += (performance.now() - start) / 1000;
      report(iteration);
      const reason = test(last, iteration);
      if (reason) return { iterations: iteration, reason, last };
    }
  }

  #progress(phase: Progress['phase'], done: number, total: number): void {
    this.#context.options.onProgress({ unit: 'iterations', phase, done, total });
  }
}
