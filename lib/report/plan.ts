import { metricBuffers } from '../metrics/plan.js';
import { planWork, plannedPixels } from '../operation/input-buffers.js';
import type { PixelSize } from '../image/frame.js';
import type { PlannedInput } from '../operation/operation.js';
import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';
import { RUNTIME_OPTIONS, Runtime } from '../runtime/runtime.js';
import type { RuntimeChoice } from '../runtime/runtime.js';
import { requireKnownKeys, requireOneOf } from '../runtime/validate.js';
import { LARGEST_VIEW, isShownAsItIs, shownChannels } from './pictures.js';

/** Bytes of WebP's encoder per pixel of a view, by bench/memory.mjs. */
const ENCODER_BYTES = 8;
/** The page as it grows: views and details as base64, joined several times. */
const PAGE_BYTES = 8e6;

/** What would be compared. */
export interface ReportPlanOptions extends RuntimeChoice {
  /** Whether there is a reference; its size is that of the frames. */
  readonly reference?: boolean;
}

/**
 * In what memory `createReport` would work on pixels of a size. A file takes its bytes and its decoder besides. Throws
 * ArgumentError, IsaError or NativeError.
 */
export function planReport(size: PixelSize, options: ReportPlanOptions = {}): MemoryPlan {
  requireKnownKeys('options', options, ['reference', ...RUNTIME_OPTIONS]);
  const { reference = false } = options;
  requireOneOf('reference', reference, [true, false]);
  const input = plannedPixels(size);
  return planPictures(reference ? [input, input, input] : [input, input], Runtime.of(options));
}

/** @internal */
export function planPictures(
  inputs: readonly [PlannedInput, ...PlannedInput[]],
  { threads, budgetBytes }: Pick<Runtime, 'threads' | 'budgetBytes'>,
): MemoryPlan {
  const work = [...metricBuffers(inputs, threads), ...pictureBuffers(inputs)];
  return planWork(inputs, work, budgetBytes);
}

function pictureBuffers(inputs: readonly [PlannedInput, ...PlannedInput[]]): PlannedBuffer[] {
  const { width, height } = inputs[0].size;
  const shrink = Math.min(1, LARGEST_VIEW / Math.max(width, height));
  const copies = inputs.map(({ size, isMasked }) =>
    isShownAsItIs(size, isMasked) ? 0 : shownChannels(size, isMasked),
  );
  return [
    // One is not yet collected when the next is made.
    { name: 'frames as 8 bits', bytes: 2 * width * height * Math.max(...copies) },
    { name: 'view', bytes: width * height * shrink ** 2 * ENCODER_BYTES },
    // What ranks the windows of which the busiest are shown: one for every 32x32 pixels.
    { name: 'details', bytes: (width * height) / 4 },
    { name: 'page', bytes: PAGE_BYTES },
  ];
}
