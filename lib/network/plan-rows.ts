import { frameBytes } from '../image/frame.js';
import type { AnyFrameSize } from '../image/frame.js';
import { bandGroups } from '../image/planes.js';
import { computations } from '../runtime/integrity.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import type { PassPlan, PassShape } from '../runtime/native/binding.js';
import { pendingRows } from './marks.js';
import { buildPlan, createCandidate, keepWeights, refuse } from './plan.js';
import type { Candidate, Plan, PlanContext } from './plan.js';
import { streamGapsBytes } from './stream-gaps.js';

/**
 * The plan for rows that arrive one by one: full width, never transposed. Throws BudgetError.
 * @param masked whether some of their pixels may be missing
 */
export function planGivenRows(frame: AnyFrameSize, masked: boolean, context: PlanContext): Plan {
  const { pass } = createCandidate(frame, context, false);
  const ringRows = streamRingRows(context.planPass(pass), pass);
  const height = ringRows + (1 + computations(context.integrity)) * pass.stripRows;
  const held = [
    { name: 'rows awaiting their residual', bytes: frameBytes({ ...frame, height }) },
    { name: 'filled rows', bytes: masked ? streamGapsBytes(frame, ringRows) : 0 },
  ];
  return planRows(frame, held, context);
}

/**
 * The plan for rows that go through the network one after the other, those of all groups of bands side by side. Throws
 * BudgetError.
 * @param held what takes memory beside the network
 */
export function planRows(frame: AnyFrameSize, held: readonly PlannedBuffer[], context: PlanContext): Plan {
  const pipelines = bandGroups(frame).length * computations(context.integrity);
  const candidate = { ...createCandidate(frame, context, false), pipelines };
  const build = (one: Candidate): Plan => buildPlan(frame, context, one, held);
  const plan = build(candidate);
  if (plan.bytes > plan.budgetBytes) throw refuse(frame, context, [plan]);
  return keepWeights(plan, build);
}

/** The plan of a stream for its rows from `row` on, a multiple of 4: they take no more memory. */
export function planRowsFrom(row: number, plan: Plan, { planPass }: PlanContext): Plan {
  if (row === 0) return plan;
  const height = plan.pass.height - row;
  const pass = { ...plan.pass, height, stripRows: Math.min(plan.pass.stripRows, height) };
  const pipeline = planPass(pass);
  return { ...plan, pass, pipeline, macs: pipeline.macs * plan.pipelines };
}

/** Source rows that a stream keeps: those the network has read beyond the newest row it emitted, and two strips. */
export function streamRingRows(pipeline: PassPlan, pass: PassShape): number {
  return pendingRows(pipeline.delayRows, pass);
}
