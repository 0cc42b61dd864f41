import type { AnyFrameSize } from '../image/frame.js';
import { inputBuffers } from '../operation/input-buffers.js';
import type { PlannedInput } from '../operation/operation.js';
import { processBuffers, sumBuffers } from '../runtime/memory-plan.js';
import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';

/** What metrics take beside the frames. */
export function metricBuffers({ width, height }: AnyFrameSize, threads: number): PlannedBuffer[] {
  return [
    { name: 'rows', bytes: threads * (1e6 + 64 * 8 * width) },
    { name: 'statistics', bytes: (width * height) / 2 },
  ];
}

/** @internal */
export function planFrames(
  inputs: readonly [PlannedInput, ...PlannedInput[]],
  threads: number,
  budgetBytes: number,
): MemoryPlan {
  const work = metricBuffers(inputs[0].size, threads);
  return sumBuffers([...processBuffers(), ...inputBuffers(inputs), ...work], budgetBytes);
}
