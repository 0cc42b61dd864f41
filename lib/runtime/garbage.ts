import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { boundYoungGeneration, shrinkYoungGeneration } from './young-generation.js';

/** Peak resident memory of this process so far, in bytes: VmHWM on Linux, else what getrusage reports. */
export function readPeakRss(): number {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'));
    if (match) return Number(match[1]) * 1024;
  } catch {
    // No procfs here.
  }
  return process.resourceUsage().maxRSS * 1024;
}

/**
 * Garbage that may wait for its collector: pixels and files that nothing refers to any more, and what the C library
 * keeps of buffers that were freed. V8 itself lets about 64 MB of buffers pile up outside its heap, which a budget for
 * a whole process cannot afford.
 */
export const UNCOLLECTED_BYTES = 10e6;
/** Where collecting has not helped, what has come since is worth trying again from so much on. */
const WORTHWHILE_BYTES = 5e6;

/** What is resident, and may be. */
export interface Residents {
  /** What is in use, with what the process takes by itself. */
  readonly usedBytes: number;
  /** Garbage that may wait beyond the usual. */
  readonly spareBytes: number;
  /** What the budget has left beside all that is planned. */
  readonly budgetSpareBytes: number;
  /** Gives back what the C library keeps: decoders run on four threads, and each has a heap. */
  readonly trimHeap: () => void;
}

let collect: (() => void) | undefined;

/** Collects garbage (some milliseconds) when there is too much of it. */
export class GarbageMeter {
  #countedBytes = 0;
  /** What was resident beyond what was known to be in use, and stayed when garbage was collected. */
  #remainingBytes = 0;

  /** Counts bytes that have become garbage. */
  add(bytes: number): void {
    this.#countedBytes += bytes;
  }

  /**
   * Collects where too much was counted. To be called when nothing refers to the counted bytes any more.
   * @param trimHeap gives back what the C library keeps: decoders run on four threads, and each has a heap
   * @param spareBytes what may wait beyond the usual
   */
  settle(trimHeap: () => void, spareBytes = 0): void {
    if (this.#countedBytes < UNCOLLECTED_BYTES + spareBytes) return;
    this.#collect();
    trimHeap();
  }

  /**
   * Collects where the process has too much: what is resident and not in use is garbage, whoever has left it. Buffers
   * of decoders are freed in a later turn of the event loop than that in which they are collected.
   */
  async settleBeyond({ usedBytes, spareBytes, budgetSpareBytes, trimHeap }: Residents): Promise<void> {
    boundYoungGeneration();
    const excess = (): number => Math.max(0, process.memoryUsage.rss() - usedBytes);
    this.#remainingBytes = Math.min(this.#remainingBytes, excess());
    const most = Math.max(UNCOLLECTED_BYTES + spareBytes, this.#remainingBytes + WORTHWHILE_BYTES);
    if (excess() <= most) return;
    trimHeap();
    if (excess() <= most) return;
    this.#collect();
    await setImmediate();
    trimHeap();
    if (excess() > UNCOLLECTED_BYTES / 2 + budgetSpareBytes) await shrinkYoungGeneration();
    this.#remainingBytes = excess();
  }

  #collect(): void {
    this.#countedBytes = 0;
    collect ??= findCollector();
    collect();
  }
}

/** The one of this thread of Node. */
export const garbage = new GarbageMeter();

/** A thread may take the flag off that another one has just set. */
const MOST_TRIES = 100;

/** V8's collector. The flag is off again at once, so that contexts made later do not see it. */
function findCollector(): () => void {
  for (let tries = 1; ; tries += 1) {
    setFlagsFromString('--expose-gc');
    try {
      return runInNewContext('gc') as () => void;
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
    } finally {
      setFlagsFromString('--no-expose-gc');
    }
  }
}
