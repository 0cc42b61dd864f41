import { colourPlanes } from '../../image/planes.js';
import type { Psf } from '../../psf/psf.js';
import { fullScale, windowOf } from '../../image/samples.js';
import type { AnyFrame, Region } from '../../image/frame.js';
import type { SampleWindow, SolverSettings, SolverShape } from '../../runtime/native/binding.js';
import { loadBinding } from '../../runtime/native/loader.js';
import { callNative } from '../measure/native.js';
import { SETTLING_ITERATIONS } from './window-steps.js';
import type { StarMethod, WindowSteps } from './window-steps.js';
import { taper } from './windows.js';

/** Of the taper at a window's rim, in parts of the smaller side. */
const RIM = 0.125;
/** Weight of the data over 1 / sigma, a tenth of that for scenes: more makes the sky ring below 0. Beyond its range rounding decides. */
const LAMBDA = 3;
const [LEAST_LAMBDA, MOST_LAMBDA] = [10, 1e5];
/** Light left under Richardson-Lucy, in standard deviations of the sky, so that noise below the sky is not cut off. */
const PEDESTAL = 3;

/** Windows of one call: it cannot be stopped, and others wait for its threads. */
const AT_ONCE = 32;
/**
 * Of every window's solver; sizes are those of the window and its PSF. All around there is the same sky, so that windows may wrap around: that
 * takes transforms of the window's own size. Merged ones of odd sides are padded.
 */
const SHAPE: Omit<SolverShape, 'method'> = {
  width: 0,
  height: 0,
  radiusX: 0,
  radiusY: 0,
  symmetric: false,
  modes: 1,
  boundary: 'periodic',
  sampleBits: 32,
  acceleration: 'none',
  totalVariation: false,
  masked: false,
  threads: 1,
};

export interface WindowContext {
  readonly isa: string;
  readonly threads: 1 | 2 | 3;
  readonly signal: AbortSignal;
  readonly method: StarMethod;
  readonly steps: WindowSteps;
  /** Standard deviation of the sky, 1 being full scale. */
  readonly sigma: number;
  readonly onWindow: (done: number) => void;
}

/** What restoring the windows of a frame did. */
export interface WindowReport {
  readonly iterations: number;
  /** Samples that the restored light does not fit into. */
  readonly clipped: number;
}

/** A window of one colour that is to be restored. */
interface Job {
  readonly window: Region;
  readonly plane: number;
  readonly psf: Psf;
  readonly most: number;
  readonly isSettled: ((light: Float32Array) => boolean) | null;
  count: number;
}

/** Restores windows of a frame in place, all scaled by one factor (star-sensor B.3); the rest stays as it is. */
export async function restoreWindows(
  frame: AnyFrame,
  windows: readonly Region[],
  psfOf: (window: Region) => Psf,
  context: WindowContext,
): Promise<WindowReport> {
  const planes = colourPlanes(frame);
  const scale = brightest(frame, windows, planes);
  let [clipped, iterations] = [0, 0];
  for (let first = 0; first < windows.length; first += AT_ONCE) {
    let jobs = (
      await Promise.all(
        windows.slice(first, first + AT_ONCE).map((window) => jobsOf(window, psfOf(window), planes, context)),
      )
    ).flat();
    const end = first + jobs.length / planes;
    // A solver gives its estimate once: each look at it takes a run from the start, of a small window.
    while (jobs.length > 0) {
      context.signal.throwIfAborted();
      const solved = await solve(frame, jobs, scale, context);
      jobs = jobs.filter((job, index) => {
        const { light, level } = solved[index]!;
        if (job.count < job.most && job.isSettled?.(light) === false) {
          job.count = Math.min(job.most, job.count + SETTLING_ITERATIONS);
          return true;
        }
        iterations = Math.max(iterations, job.count);
        clipped += paste(frame, job, light, level, scale);
        return false;
      });
      context.onWindow(end - Math.ceil(jobs.length / planes));
    }
  }
  return { iterations, clipped };
}

async function jobsOf(window: Region, psf: Psf, planes: number, { steps }: WindowContext): Promise<Job[]> {
  const most = await steps.count(window, psf);
  return Array.from({ length: planes }, (_, plane) => {
    const isSettled = steps.settling(window);
    return {
      window,
      plane,
      psf,
      most,
      isSettled,
      count: isSettled === null ? most : Math.min(most, SETTLING_ITERATIONS),
    };
  });
}

/** The estimates after as many steps as each job counts, 1 being `scale` above their levels. */
async function solve(
  frame: AnyFrame,
  jobs: readonly Job[],
  scale: number,
  context: WindowContext,
): Promise<{ readonly light: Float32Array; readonly level: number }[]> {
  const { method, sigma } = context;
  const full = fullScale(frame);
  const psfs = [...new Set(jobs.map(({ psf }) => psf))];
  const values = new Float32Array(jobs.reduce((sum, { window: { width, height } }) => sum + width * height, 0));
  const binding = loadBinding();
  let start = 0;
  const lights = jobs.map((job) => {
    const end = start + job.window.width * job.window.height;
    const light = values.subarray(start, end);
    start = end;
    binding.cutWindow(partOf(frame, job), job.window, light);
    return light;
  });
  const levels = await callNative(context, (binding, threads, isa) =>
    binding.solveWindows(
      {
        shape: { ...SHAPE, method },
        settings: tune(sigma * (full / scale)),
        psfs,
        values,
        scale,
        threads,
        windows: Int32Array.from(
          jobs.flatMap(({ window, psf, count }) => [
            window.width,
            window.height,
            psfs.indexOf(psf),
            count,
            isAtEdge(window, frame) ? 1 : 0,
          ]),
        ),
        pedestal: method === 'richardson-lucy' ? PEDESTAL * sigma * full : 0,
      },
      isa,
    ),
  );
  return lights.map((light, index) => ({ light, level: levels[index]! }));
}

/** Beyond the frame there may be light, which is unknown; beyond a window there is the sky, its stars being farther in. */
function isAtEdge({ left, top, width, height }: Region, frame: AnyFrame): boolean {
  return left === 0 || top === 0 || left + width === frame.width || top + height === frame.height;
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
function brightest(frame: AnyFrame, windows: readonly Region[], planes: number): number {
  const binding = loadBinding();
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
function paste(frame: AnyFrame, job: Job, light: Float32Array, level: number, scale: number): number {
  const { left, top, width, height } = job.window;
  const rim = RIM * Math.min(width, height);
  return loadBinding().pasteWindow(partOf(frame, job), {
    light,
    level,
    scale,
    columns: taper(left, width, frame.width, rim),
    rows: taper(top, height, frame.height, rim),
  });
}
