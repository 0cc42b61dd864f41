import type { AnyFrameSize } from '../image/frame.js';
import { colourPlanes } from '../image/planes.js';
import { metricBuffers } from '../metrics/plan.js';
import { planWork, plannedPixels } from '../operation/input-buffers.js';
import type { PixelSize } from '../operation/input-buffers.js';
import type { PlannedInput } from '../operation/operation.js';
import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';
import { RUNTIME_OPTIONS, Runtime } from '../runtime/runtime.js';
import type { RuntimeChoice } from '../runtime/runtime.js';
import { requireKnownKeys, requireOneOf } from '../runtime/validate.js';
import { LARGEST_VIEW } from './pictures.js';

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
  const { size } = inputs[0];
  const work = [...metricBuffers(size, threads), ...pictureBuffers(size)];
  return planWork(inputs, work, budgetBytes);
}

function pictureBuffers(size: AnyFrameSize): PlannedBuffer[] {
  const { width, height, channels, depth } = size;
  const planes = colourPlanes(size);
  const shrink = Math.min(1, LARGEST_VIEW / Math.max(width, height));
  const isShownAsItIs = depth === 8 && channels === planes;
  return [
    // One is not yet collected when the next is made.
    { name: 'frames as 8 bits', bytes: isShownAsItIs ? 0 : 2 * width * height * planes },
    { name: 'view', bytes: width * height * shrink ** 2 * ENCODER_BYTES },
    // What ranks the windows of which the busiest are shown: one for every 32x32 pixels.
    { name: 'details', bytes: (width * height) / 4 },
    { name: 'page', bytes: PAGE_BYTES },
  ];
}
