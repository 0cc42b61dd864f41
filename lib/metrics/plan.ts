import { planWork, plannedPixels } from '../operation/input-buffers.js';
import type { PixelSize } from '../image/frame.js';
import type { PlannedInput } from '../operation/operation.js';
import type { MemoryPlan, PlannedBuffer } from '../runtime/memory-plan.js';
import { RUNTIME_OPTIONS, Runtime } from '../runtime/runtime.js';
import type { RuntimeChoice } from '../runtime/runtime.js';
import { requireKnownKeys, requireOneOf } from '../runtime/validate.js';
import { measuredBuffers } from './measured.js';

/** Rows of float64 of one thread: those of natural scene statistics at two scales are the most. */
const ROWS = 64;
/** Tiles, histograms and tables of one thread. */
const TILE_BYTES = 1e6;
/** Sides of the cells of gradients and of the blocks of natural scene statistics, in pixels. */
const [CELL, BLOCK] = [16, 96];
/** Three sums and the power of a cell as float64, and what ranks it. */
const CELL_BYTES = 4 * 8 + 64;
/** What models and lists of features take that are not arrays, by bench/memory.mjs. */
const OBJECT_BYTES = 12e6;
/** 36 features of a block, as they come and as rows of numbers, and its sharpness. */
const BLOCK_BYTES = 2 * 36 * 8 + 100;

/** How frames would be measured. */
export interface MetricsPlanOptions extends RuntimeChoice {
  /** Whether there is a reference; its size is that of the frame. */
  readonly reference?: boolean;
}

/**
 * In what memory `measure`, or any metric by itself, would work on pixels of a size. A file takes its bytes and its
 * decoder besides. Throws ArgumentError, IsaError or NativeError.
 */
export function planMetrics(size: PixelSize, options: MetricsPlanOptions = {}): MemoryPlan {
  requireKnownKeys('options', options, ['reference', ...RUNTIME_OPTIONS]);
  const { reference = false } = options;
  requireOneOf('reference', reference, [true, false]);
  const input = plannedPixels(size);
  return planFrames(reference ? [input, input] : [input], Runtime.of(options));
}

/** What metrics take beside the frames. */
export function metricBuffers(inputs: readonly [PlannedInput, ...PlannedInput[]], threads: number): PlannedBuffer[] {
  const { width, height } = inputs[0].size;
  const pixels = width * height;
  return [
    ...measuredBuffers(inputs),
    { name: 'rows', bytes: threads * (TILE_BYTES + ROWS * 8 * width) },
    { name: 'models and features', bytes: OBJECT_BYTES },
    { name: 'statistics', bytes: (pixels / CELL ** 2) * CELL_BYTES + (pixels / BLOCK ** 2) * BLOCK_BYTES },
  ];
}

/** @param extraBytes what the work takes besides, whatever the size of the frames @internal */
export function planFrames(
  inputs: readonly [PlannedInput, ...PlannedInput[]],
  { threads, budgetBytes }: Pick<Runtime, 'threads' | 'budgetBytes'>,
  extraBytes = 0,
): MemoryPlan {
  const work = [...metricBuffers(inputs, threads), { name: 'region', bytes: extraBytes }];
  return planWork(inputs, work, budgetBytes);
}
