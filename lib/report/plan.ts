import { inputBuffers } from '../operation/input-buffers.js';
import type { PlannedInput } from '../operation/operation.js';
import { processBuffers, sumBuffers } from '../runtime/memory-plan.js';
import type { MemoryPlan } from '../runtime/memory-plan.js';
import { metricBuffers } from '../metrics/plan.js';

/** @internal */
export function planPictures(
  inputs: readonly [PlannedInput, ...PlannedInput[]],
  threads: number,
  budgetBytes: number,
): MemoryPlan {
  const { size } = inputs[0];
  const work = [...metricBuffers(size, threads), { name: 'pictures', bytes: 30e6 }];
  return sumBuffers([...processBuffers(), ...inputBuffers(inputs), ...work], budgetBytes);
}
