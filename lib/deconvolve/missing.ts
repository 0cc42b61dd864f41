import type { AnyFrame } from '../image/frame.js';
import { colourPlanes } from '../image/planes.js';
import { fullScale } from '../image/samples.js';
import type { RestorationTask } from '../restoration/restoration.js';
import type { SolverShape } from '../runtime/native/binding.js';
import type { DeconvolutionPlan } from './plan.js';

/** Floats beyond this, 1 being full scale, are no light: squares of sums of them would overflow. */
const LARGEST_SAMPLE = 1e6;

/** Indices of the colour samples that are missing: no numbers, or beyond all bounds. Only floats can be. */
function* missingSamples(frame: AnyFrame): Generator<number, void, void> {
  if (frame.depth !== 32) return;
  const { data, channels } = frame;
  const planes = colourPlanes(frame);
  const largest = LARGEST_SAMPLE * fullScale(frame);
  for (let pixel = 0; pixel < data.length; pixel += channels) {
    for (let index = pixel; index < pixel + planes; index += 1) {
      if (!(Math.abs(data[index]!) <= largest)) yield index;
    }
  }
}

/** The task with NaN for every sample that is missing; null where none is. The frame itself is left alone. */
export function markMissing(task: RestorationTask): RestorationTask | null {
  const { frame } = task;
  if (missingSamples(frame).next().done) return null;
  const data = new Float32Array(frame.data);
  for (const index of missingSamples(frame)) data[index] = NaN;
  return { ...task, frame: { ...frame, data } as AnyFrame };
}

/** The plan with solvers that leave samples out, where the method can. Its memory was planned. */
export function planWithMissing(plan: DeconvolutionPlan, canLeaveOut: boolean): DeconvolutionPlan {
  if (!canLeaveOut) return plan;
  const mask = (shape: SolverShape): SolverShape => ({ ...shape, masked: true });
  return { ...plan, shape: mask(plan.shape), probe: plan.probe && mask(plan.probe) };
}

/** Puts samples that are missing into the result as they came, bit for bit. */
export function keepMissing(frame: AnyFrame, result: AnyFrame['data']): void {
  const bitsOf = (samples: AnyFrame['data']): Uint32Array =>
    new Uint32Array(samples.buffer, samples.byteOffset, samples.length);
  if (frame.depth !== 32) return;
  const [source, target] = [bitsOf(frame.data), bitsOf(result)];
  for (const index of missingSamples(frame)) target[index] = source[index]!;
}
