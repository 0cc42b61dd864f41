import type { DeconvolutionPlan } from '../deconvolve/plan.js';
import { lookBuffers } from '../estimate/plan.js';
import { frameBytes } from '../image/frame.js';
import type { FramePlan } from '../image/frame-memory.js';
import type { Plan } from '../network/plan.js';
import { fileBuffers, gapBuffers, inputBuffers } from '../operation/input-buffers.js';
import type { PlannedInput } from '../operation/operation.js';
import { BudgetError } from '../runtime/errors.js';
import { formatBytes } from '../runtime/budget.js';
import type { DeconvolutionMethod } from '../runtime/native/binding.js';
import { coverPhase, formatBuffers, processBuffers, sumBuffers } from '../runtime/memory-plan.js';
import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';

/** The methods of deconvolution that may be chosen. */
export const CHOSEN_METHODS = ['hyper-laplacian', 'wiener'] as const satisfies readonly DeconvolutionMethod[];
/** A method of deconvolution that may be chosen. */
export type ChosenMethod = (typeof CHOSEN_METHODS)[number];

/** Something of each of these methods. */
export type OfMethods<T> = Readonly<Record<ChosenMethod, T>>;

/** Makes something of each. */
export const ofMethods = <T>(make: (method: ChosenMethod) => T): OfMethods<T> => ({
  'hyper-laplacian': make('hyper-laplacian'),
  wiener: make('wiener'),
});

/** In what memory a frame is looked at, and restored by whatever is chosen then. */
export interface ChosenPlan extends FramePlan {
  /** How it would go through the network; null: there is none. */
  readonly network: Plan | null;
  /** How it would be deconvolved; null: it is too small to tell its blur, and nobody has said it. */
  readonly deconvolution: OfMethods<DeconvolutionPlan> | null;
}

/** What a plan is made of. */
interface Parts extends Pick<ChosenPlan, 'network' | 'deconvolution'> {
  readonly input: PlannedInput;
  readonly threads: number;
  /** Bytes of the network's weights, which stay whatever is chosen. */
  readonly weightBytes: number;
  readonly budgetBytes: number;
}

/** The plan that covers the look at a frame, and the dearest means that may be chosen. Throws BudgetError. */
export function planChosen({ network, deconvolution, input, threads, weightBytes, budgetBytes }: Parts): ChosenPlan {
  const weights = { name: 'weights', bytes: weightBytes };
  const deconvolving = plansOf(deconvolution).map((plan) => sumBuffers([...plan.buffers, weights], budgetBytes));
  const leaving = sumBuffers([...processBuffers(), weights, ...inputBuffers([input])], budgetBytes);
  const { buffers, bytes } = [...(network ? [network] : []), ...deconvolving].reduce(dearer, leaving);
  const plan = { frame: input.size, network, deconvolution, buffers, bytes, budgetBytes };
  const covering = coverPhase(plan, [weights, ...lookingBuffers(input, threads)]);
  if (covering.bytes <= budgetBytes) return covering;
  const { width, height } = input.size;
  throw new BudgetError(
    `A ${width}x${height} frame needs at least ${Math.ceil(covering.bytes / 1e6)}MB where its restoration is to be ` +
      `chosen, the budget is ${formatBytes(budgetBytes)}`,
    covering.bytes,
  );
}

const plansOf = (deconvolution: ChosenPlan['deconvolution']): DeconvolutionPlan[] =>
  deconvolution ? CHOSEN_METHODS.map((method) => deconvolution[method]) : [];

const dearer = (one: MemoryPlan, other: MemoryPlan): MemoryPlan => (other.bytes > one.bytes ? other : one);

/** What is in memory while a frame is looked at. */
function lookingBuffers(input: PlannedInput, threads: number): PlannedBuffer[] {
  const { size, isMasked } = input;
  const decoded = { name: 'decoded frame', bytes: frameBytes(size) };
  return [...fileBuffers(input), decoded, ...gapBuffers(input), ...lookBuffers(size, isMasked, threads)];
}

/** The plan of one of the means, in the memory of all. */
export function withMemory<P extends FramePlan>(own: P, { buffers, bytes, budgetBytes, scene }: FramePlan): P {
  return { ...own, buffers, bytes, budgetBytes, ...(scene && { scene }) };
}

/** A table of the plan for people. */
export function formatChosenPlan(plan: ChosenPlan): string {
  const { frame, network, deconvolution } = plan;
  const ways = plansOf(deconvolution).map(({ bytes }, index) => `${CHOSEN_METHODS[index]} ${formatBytes(bytes)}`);
  const first = network ? [`network ${formatBytes(network.bytes)}`] : [];
  return [
    `frame      ${frame.width} x ${frame.height}, ${frame.channels} x ${frame.depth} bit`,
    `chosen of  ${[...first, ...ways, 'none'].join(', ')}`,
    ...formatBuffers(plan),
  ].join('\n');
}
