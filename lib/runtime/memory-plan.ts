import { frameBytes } from '../image/frame.js';
import type { AnyFrameSize } from '../image/frame.js';
import { UNCOLLECTED_BYTES } from './garbage.js';
import { formatBytes } from './budget.js';

/** Node 20 with sharp and all of this package loaded, after a first small frame: VmHWM on linux-x64, which differs by 10 MB between machines. */
const PROCESS_BYTES = 92e6;
/** Fixed part of what libvips holds while it decodes or encodes; the rest is about one frame. */
const CODEC_BYTES = 8e6;

/** One thing that takes memory. */
export interface PlannedBuffer {
  readonly name: string;
  readonly bytes: number;
}

/** In what memory a frame will be restored, whatever the method. */
export interface MemoryPlan {
  readonly frame: AnyFrameSize;
  /** Everything that takes memory at the peak. */
  readonly buffers: readonly PlannedBuffer[];
  /** Sum of `buffers`. */
  readonly bytes: number;
  readonly budgetBytes: number;
}

/** What the process takes before it restores anything. */
export function processBuffers(): PlannedBuffer[] {
  return [
    { name: 'Node and libraries', bytes: PROCESS_BYTES },
    { name: 'garbage not yet collected', bytes: UNCOLLECTED_BYTES },
  ];
}

/** What a frame takes on its way from a file to a file. */
export function frameBuffers(frame: AnyFrameSize): PlannedBuffer[] {
  return [
    { name: 'decoder and encoder', bytes: CODEC_BYTES + frameBytes(frame) },
    { name: 'decoded frame', bytes: frameBytes(frame) },
    { name: 'restored frame', bytes: frameBytes(frame) },
  ];
}

/** What a restored frame takes until it is written. */
export function writingBytes(frame: AnyFrameSize): number {
  return CODEC_BYTES + 2 * frameBytes(frame);
}

/** The buffers that take anything, and their sum. */
export function sumBuffers(buffers: readonly PlannedBuffer[], budgetBytes: number): Omit<MemoryPlan, 'frame'> {
  return {
    buffers: buffers.filter(({ bytes }) => bytes > 0),
    bytes: buffers.reduce((sum, { bytes }) => sum + bytes, 0),
    budgetBytes,
  };
}

/** Lines of a table for people. */
export function formatBuffers({ buffers, bytes, budgetBytes }: MemoryPlan): string[] {
  return [
    ...buffers.map((buffer) => `${buffer.name.padEnd(28)} ${formatBytes(buffer.bytes).padStart(10)}`),
    `${'total'.padEnd(28)} ${formatBytes(bytes).padStart(10)} of ${formatBytes(budgetBytes)}`,
  ];
}
