import { formatBytes } from './budget.js';
import { UNCOLLECTED_BYTES } from './garbage.js';

/**
 * Node 20 with sharp and all of this package loaded and used, when garbage is collected: as measured on linux-x64. More
 * than half of it are pages of the files of Node and libvips, whose number differs by some MB between machines.
 */
export const NODE_BYTES = 98e6;

/**
 * What the process takes before it works on anything, and what may wait for the collector: counted once, whatever runs.
 */
export const PROCESS_BYTES = NODE_BYTES + UNCOLLECTED_BYTES;

/** One thing that takes memory. */
export interface PlannedBuffer {
  readonly name: string;
  readonly bytes: number;
}

/** In what memory an operation works. */
export interface MemoryPlan {
  /** Everything that takes memory at the peak, the process itself included. */
  readonly buffers: readonly PlannedBuffer[];
  /** Sum of `buffers`. */
  readonly bytes: number;
  readonly budgetBytes: number;
}

/** What the process takes before it works on anything. */
export function processBuffers(): PlannedBuffer[] {
  return [
    { name: 'Node and libraries', bytes: NODE_BYTES },
    { name: 'garbage not yet collected', bytes: UNCOLLECTED_BYTES },
  ];
}

/** The buffers that take anything, and their sum. */
export function sumBuffers(buffers: readonly PlannedBuffer[], budgetBytes: number): MemoryPlan {
  return { buffers: buffers.filter(({ bytes }) => bytes > 0), bytes: bytesOf(buffers), budgetBytes };
}

/** Sum of buffers, in bytes. */
export function bytesOf(buffers: readonly PlannedBuffer[]): number {
  return buffers.reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * The plan of two phases, one after the other: its buffers are those of the phase that takes more.
 * @param later what the second phase takes beside the process
 */
export function coverPhase<Plan extends MemoryPlan>(plan: Plan, later: readonly PlannedBuffer[]): Plan {
  const second = sumBuffers([...processBuffers(), ...later], plan.budgetBytes);
  return second.bytes > plan.bytes ? { ...plan, ...second } : plan;
}

/** Lines of a table for people. */
export function formatBuffers({ buffers, bytes, budgetBytes }: MemoryPlan): string[] {
  return [
    ...buffers.map((buffer) => `${buffer.name.padEnd(28)} ${formatBytes(buffer.bytes).padStart(10)}`),
    `${'total'.padEnd(28)} ${formatBytes(bytes).padStart(10)} of ${formatBytes(budgetBytes)}`,
  ];
}
