import type { AnyFrameSize } from '../image/frame.js';
import { inputBuffers } from '../operation/input-buffers.js';
import type { PlannedInput } from '../operation/operation.js';
import { processBuffers, sumBuffers } from '../runtime/memory-plan.js';
import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';
import type { EstimateSettings } from './settings.js';

/** @internal */
export function planInputs(inputs: readonly PlannedInput[], _: EstimateSettings, budgetBytes: number): MemoryPlan {
  const [{ size }] = inputs as [PlannedInput];
  const work = [...autoPsfBuffers(size)];
  return sumBuffers([...processBuffers(), ...inputBuffers(inputs), ...work], budgetBytes);
}

/** What `estimatePsf` takes beside the frame. */
export function autoPsfBuffers({ width, height, channels }: AnyFrameSize): PlannedBuffer[] {
  return [
    { name: 'luminance', bytes: channels < 3 ? 0 : 4 * width * height },
    { name: 'spectra', bytes: 25e6 },
  ];
}
