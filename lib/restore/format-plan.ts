import { formatDeconvolutionPlan } from '../deconvolve/plan.js';
import type { DeconvolutionPlan } from '../deconvolve/plan.js';
import type { FramePlan } from '../image/frame-memory.js';
import { formatNetworkPlan } from '../network/plan.js';
import type { Plan } from '../network/plan.js';
import { formatBuffers } from '../runtime/memory-plan.js';
import type { MemoryPlan } from '../runtime/memory-plan.js';
import { formatChosenPlan } from './chosen-plan.js';
import type { ChosenPlan } from './chosen-plan.js';
import { requireArray, requireObject } from '../runtime/validate.js';

/** A table of any operation's plan for people: how it works, where it has a choice, and what takes how much memory. */
export function formatPlan(plan: MemoryPlan): string {
  requireObject('plan', plan);
  requireArray('buffers of the plan', plan.buffers);
  if ('deconvolution' in plan) return formatScene(plan as ChosenPlan) + formatChosenPlan(plan as ChosenPlan);
  if ('pass' in plan) return formatScene(plan as Plan) + formatNetworkPlan(plan as Plan);
  if ('tiles' in plan)
    return formatScene(plan as DeconvolutionPlan) + formatDeconvolutionPlan(plan as DeconvolutionPlan);
  return formatBuffers(plan).join('\n');
}

/** How a frame is cut that is too large for memory; the plan is that of its largest window, or of a stream. */
function formatScene({ scene }: FramePlan): string {
  if (!scene) return '';
  const { frame, windows, rows, rowsRead, isStream } = scene;
  const way = isStream ? 'one stream' : `read with ${rowsRead}`;
  return `scene      ${frame.width} x ${frame.height}, ${windows} windows of ${rows} rows, ${way}\n`;
}
