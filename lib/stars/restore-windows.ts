import { colourPlanes } from '../deconvolve/plan.js';
import type { Psf } from '../deconvolve/psf/psf.js';
import { fullScale } from '../deconvolve/samples.js';
import type { AnyFrame } from '../image/frame.js';
import type { Binding, NativeSolver, SolverSettings, SolverShape } from '../native/binding.js';
import { median } from './plane.js';
import { SETTLING_ITERATIONS } from './window-steps.js';
import type { WindowSteps } from './window-steps.js';
import { taper } from './windows.js';
import type { StarWindow } from './windows.js';

export type StarMethod = 'hyper-laplacian' | 'richardson-lucy';

/** Of the taper at a window's rim, in parts of the smaller side. */
const RIM = 0.125;
/** Weight of the data over 1 / sigma, a tenth of that for scenes: more makes the sky ring below 0. Beyond its range rounding decides. */
const LAMBDA = 3;
const [LEAST_LAMBDA, MOST_LAMBDA] = [10, 1e5];
/** Light left under Richardson-Lucy, in standard deviations of the sky, so that noise below the sky is not cut off. */
const PEDESTAL = 3;

export interface WindowContext {
  readonly binding: Binding;
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

/** Restores windows of a frame in place, all scaled by one factor (star-sensor B.3); the rest stays as it is. */
export async function restoreWindows(frame: AnyFrame, windows: readonly StarWindow[], psfOf: (window: StarWindow) => Psf, context: WindowContext): Promise<WindowReport> {
  const source = frame.data.slice();
  const planes = colourPlanes(frame);
  const full = fullScale(frame);
  const scale = brightest(frame, source, windows, planes);
  let [clipped, iterations, done] = [0, 0, 0];
  for (const window of windows) {
    const psf = psfOf(window);
    const most = await context.steps.count(window, psf);
    using solver = openSolver(context, window, psf, frame);
    await solver.native.setPsf({ kernels: psf.data, coefficients: null, gridRows: 1, gridColumns: 1 });
    solver.native.configure(tune(context, full / scale));
    for (let plane = 0; plane < planes; plane += 1) {
      const { values: observed, level } = cut(frame, source, window, plane, scale, context.method === 'richardson-lucy' ? PEDESTAL * context.sigma * full : 0);
      const isSettled = context.steps.settling(window);
      // A solver gives its estimate once: each look at it takes a run from the start, of a small window.
      for (let count = isSettled === null ? most : SETTLING_ITERATIONS; ; count = Math.min(most, count + SETTLING_ITERATIONS)) {
        context.signal.throwIfAborted();
        const values = await solve(solver.native, window, observed, count);
        if (count < most && isSettled?.(values) === false) continue;
        iterations = Math.max(iterations, count);
        clipped += paste(frame, window, plane, values, level, scale);
        break;
      }
    }
    done += 1;
    context.onWindow(done);
  }
  return { iterations, clipped };
}

/** The estimate after so many steps. */
async function solve(solver: NativeSolver, { width }: StarWindow, observed: Float32Array, steps: number): Promise<Float32Array> {
  const samples = { samples: observed.slice(), frameWidth: width, channels: 1, channel: 0, left: 0, top: 0 };
  await solver.load(samples, null);
  for (let step = 0; step < steps; step += 1) await solver.step();
  await solver.store(samples);
  return samples.samples;
}

function openSolver({ binding, isa, threads, method }: WindowContext, { left, top, width, height }: StarWindow, psf: Psf, frame: AnyFrame): Disposable & { readonly native: NativeSolver } {
  // Beyond the frame there may be light, which is unknown; beyond a window there is the sky, its stars being farther in.
  const isAtEdge = left === 0 || top === 0 || left + width === frame.width || top + height === frame.height;
  const shape: SolverShape = {
    method, width, height, radiusX: (psf.width - 1) / 2, radiusY: (psf.height - 1) / 2, symmetric: psf.symmetric, modes: 1,
    boundary: isAtEdge ? 'bertero' : 'replicate', sampleBits: 32, acceleration: 'none', totalVariation: false, masked: false, threads,
  };
  const native = binding.createSolver(shape, isa);
  return { native, [Symbol.dispose]: () => native.dispose() };
}

/** @param gain of the scaling */
function tune({ sigma }: WindowContext, gain: number): SolverSettings {
  return {
    offset: 0, saturation: Infinity, totalVariation: 0, damping: 0, start: 'flat',
    lambda: Math.min(MOST_LAMBDA, Math.max(LEAST_LAMBDA, LAMBDA / (sigma * gain))), alpha: 2 / 3, prior: 'flat', nsr: 0, exponent: 0,
  };
}

/** The brightest sample above the sky of all windows: 1 in what the solvers see. */
function brightest({ width, channels }: AnyFrame, source: AnyFrame['data'], windows: readonly StarWindow[], planes: number): number {
  let most = Number.MIN_VALUE;
  for (const { left, top, ...size } of windows) {
    for (let y = top; y < top + size.height; y += 1) {
      for (let x = left; x < left + size.width; x += 1) {
        for (let plane = 0; plane < planes; plane += 1) most = Math.max(most, source[(y * width + x) * channels + plane]!);
      }
    }
  }
  return most;
}

/** A window of one colour, its median but for the pedestal taken off. */
function cut({ width, channels }: AnyFrame, source: AnyFrame['data'], window: StarWindow, plane: number, scale: number, pedestal: number): { values: Float32Array; level: number } {
  const values = Float32Array.from({ length: window.width * window.height }, (_, index) => {
    const [x, y] = [window.left + (index % window.width), window.top + Math.floor(index / window.width)];
    return source[(y * width + x) * channels + plane]!;
  });
  const level = median(values) - pedestal;
  return { values: values.map((value) => (value - level) / scale), level };
}

/** Fades a restored window into the frame; returns how many samples had to be cut off. */
function paste(frame: AnyFrame, window: StarWindow, plane: number, values: Float32Array, level: number, scale: number): number {
  const { width, height, channels, data, depth } = frame;
  const most = depth === 32 ? Infinity : fullScale(frame);
  const rim = RIM * Math.min(window.width, window.height);
  const [columns, rows] = [taper(window.left, window.width, width, rim), taper(window.top, window.height, height, rim)];
  let clipped = 0;
  values.forEach((value, index) => {
    const [column, row] = [index % window.width, Math.floor(index / window.width)];
    const target = ((window.top + row) * width + window.left + column) * channels + plane;
    const weight = columns[column]! * rows[row]!;
    const mixed = (1 - weight) * data[target]! + weight * (level + scale * value);
    if (mixed > most) clipped += 1;
    data[target] = depth === 32 ? mixed : Math.max(0, Math.min(most, Math.round(mixed)));
  });
  return clipped;
}
