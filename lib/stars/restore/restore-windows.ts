import { colourPlanes } from '../../image/planes.js';
import type { Psf } from '../../psf/psf.js';
import { fullScale, windowOf } from '../../image/samples.js';
import type { AnyFrame, Region } from '../../image/frame.js';
import type { SampleWindow, SolverSettings, WindowsRequest } from '../../runtime/native/binding.js';
import { settleAll } from '../../runtime/settle-all.js';
import type { Scope } from '../../runtime/scope.js';
import { WINDOWS_AT_ONCE, WINDOW_SHAPE } from './plan-windows.js';
import { LOOK_EVERY } from './steps.js';
import type { Convergence, WindowSteps } from './steps.js';
import { holdForWindows } from './window-team.js';
import { isAtEdge, taper } from './windows.js';

/** Of the taper at a window's rim, in parts of the smaller side. */
const RIM = 0.125;
/**
 * Weight of the data over 1 / sigma, a tenth of that for scenes: more makes the sky ring below 0. Beyond its range
 * rounding decides.
 */
const LAMBDA = 3;
const [LEAST_LAMBDA, MOST_LAMBDA] = [10, 1e5];

/** What deconvolves windows. */
export interface WindowSolver {
  readonly method: 'hyper-laplacian' | 'richardson-lucy';
  /** Light left below the sky, in standard deviations of it. */
  readonly pedestal: number;
}

/** How windows are restored. */
export interface WindowSettings extends WindowSolver {
  readonly steps: WindowSteps;
  /** Standard deviation of the sky, 1 being full scale. */
  readonly sigma: number;
  /** What they may take: see {@link planWindows}. */
  readonly plannedBytes: number;
}

/** What restoring the windows of a frame did. */
interface WindowReport {
  readonly iterations: number;
  /** Samples that the restored light does not fit into. */
  readonly clipped: number;
}

/** A window of one colour that is to be restored. */
interface Job {
  readonly window: Region;
  readonly plane: number;
  readonly psf: Psf;
  /** Most steps. */
  readonly most: number;
  readonly hasConverged: Convergence | null;
  /** Steps of the next run. */
  count: number;
}

/** Light of a window, 1 being `scale` above its level, which is in units of samples. */
interface Solved {
  readonly light: Float32Array;
  readonly level: number;
}

/** Restores windows of a frame in place, all scaled by one factor (star-sensor B.3); the rest stays as it is. */
export async function restoreWindows(
  frame: AnyFrame,
  windows: readonly Region[],
  psfOf: (window: Region) => Psf,
  settings: WindowSettings,
  scope: Scope,
): Promise<WindowReport> {
  const planes = colourPlanes(frame);
  const psfs = windows.map(psfOf);
  using team = holdForWindows(frame, windows, psfs, settings, scope);
  const scale = brightest(frame, windows, planes, scope);
  const values = new Float32Array(team.pixels);
  let [clipped, iterations] = [0, 0];
  for (let first = 0; first < windows.length; first += WINDOWS_AT_ONCE) {
    const batch = windows.slice(first, first + WINDOWS_AT_ONCE);
    const jobsOfEach = await settleAll(
      batch.map((window, index) => jobsOf(window, psfs[first + index]!, planes, settings)),
    );
    let jobs = jobsOfEach.flat();
    const end = first + batch.length;
    // A solver gives its estimate once: each look at it takes a run from the start, of a small window.
    while (jobs.length > 0) {
      const solved = await solve(frame, jobs, { values, scale, workers: team.workers }, settings, scope);
      jobs = jobs.filter((job, index) => {
        if (goesOn(job, solved[index]!)) return true;
        iterations = Math.max(iterations, job.count);
        clipped += paste(frame, job, solved[index]!, scale, scope);
        return false;
      });
      const done = end - Math.ceil(jobs.length / planes);
      scope.progress({ phase: 'restore', unit: 'windows', done, total: windows.length });
    }
  }
  return { iterations, clipped };
}

async function jobsOf(window: Region, psf: Psf, planes: number, { steps }: WindowSettings): Promise<Job[]> {
  const most = await steps.count(window, psf);
  return Array.from({ length: planes }, (_, plane) => {
    const hasConverged = steps.watch(window);
    const count = hasConverged === null ? most : Math.min(most, LOOK_EVERY);
    return { window, plane, psf, most, hasConverged, count };
  });
}

/** Whether a window must be restored once more, by more steps. */
function goesOn(job: Job, { light }: Solved): boolean {
  if (job.count >= job.most || job.hasConverged === null || job.hasConverged(light)) return false;
  job.count = Math.min(job.most, job.count + LOOK_EVERY);
  return true;
}

/** The estimates after as many steps as each job counts, written to `values`. */
async function solve(
  frame: AnyFrame,
  jobs: readonly Job[],
  { values, scale, workers }: { readonly values: Float32Array; readonly scale: number; readonly workers: number },
  { method, pedestal, sigma }: WindowSettings,
  scope: Scope,
): Promise<Solved[]> {
  const full = fullScale(frame);
  const psfs = [...new Set(jobs.map(({ psf }) => psf))];
  let start = 0;
  const lights = jobs.map((job) => {
    const end = start + job.window.width * job.window.height;
    const light = values.subarray(start, end);
    start = end;
    scope.binding.cutWindow(partOf(frame, job), job.window, light);
    return light;
  });
  const request: WindowsRequest = {
    shape: { ...WINDOW_SHAPE, method },
    settings: tune(sigma * (full / scale)),
    psfs,
    values: values.subarray(0, start),
    scale,
    threads: Math.min(workers, jobs.length) as 1 | 2 | 3,
    windows: Int32Array.from(jobs.flatMap((job) => numbersOf(job, psfs, frame))),
    pedestal: pedestal * sigma * full,
  };
  const levels = await scope.call(
    (binding, ticket) => binding.solveWindows(request, scope.isa, ticket),
    Math.min(workers, jobs.length),
  );
  return lights.map((light, index) => ({ light, level: levels[index]! }));
}

/** What {@link WindowsRequest.windows} says of a window. */
function numbersOf({ window, psf, count }: Job, psfs: readonly Psf[], frame: AnyFrame): number[] {
  return [window.width, window.height, psfs.indexOf(psf), count, isAtEdge(window, frame) ? 1 : 0];
}

/** @param sigma of the sky as solvers see it */
function tune(sigma: number): SolverSettings {
  return {
    offset: 0,
    saturation: Infinity,
    totalVariation: 0,
    damping: 0,
    start: 'flat',
    lambda: Math.min(MOST_LAMBDA, Math.max(LEAST_LAMBDA, LAMBDA / sigma)),
    alpha: 2 / 3,
    prior: 'flat',
    nsr: 0,
    exponent: 0,
  };
}

/** The brightest sample of all windows: 1 in what the solvers see. */
function brightest(frame: AnyFrame, windows: readonly Region[], planes: number, { binding }: Scope): number {
  const samples = new Float32Array(Math.max(0, ...windows.map(({ width, height }) => width * height)));
  let most = Number.MIN_VALUE;
  for (const window of windows) {
    for (let plane = 0; plane < planes; plane += 1)
      most = Math.max(most, binding.cutWindow(partOf(frame, { window, plane }), window, samples));
  }
  return most;
}

const partOf = (frame: AnyFrame, { window, plane }: Pick<Job, 'window' | 'plane'>): SampleWindow =>
  windowOf(frame, frame.data, plane, window.left, window.top);

/** Fades a restored window into the frame; returns how many samples had to be cut off. */
function paste(frame: AnyFrame, job: Job, { light, level }: Solved, scale: number, { binding }: Scope): number {
  const { left, top, width, height } = job.window;
  const rim = RIM * Math.min(width, height);
  return binding.pasteWindow(partOf(frame, job), {
    light,
    level,
    scale,
    columns: taper(left, width, frame.width, rim),
    rows: taper(top, height, frame.height, rim),
  });
}
