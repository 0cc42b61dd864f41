import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

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
 * Pixels and files that may wait for the garbage collector before it is called. V8 itself lets about 64 MB of buffers
 * pile up outside its heap, which a budget for a whole process cannot afford.
 */
export const UNCOLLECTED_BYTES = 16e6;

let collect: (() => void) | undefined;

/** Counts bytes that have become garbage, and collects them (some milliseconds) when they are too many. */
export class GarbageMeter {
  #bytes = 0;

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * To be called when nothing refers to the counted bytes any more.
   * @param trimHeap gives back what the C library keeps: decoders run on four threads, and each has a heap
   * @param spareBytes what may wait beyond the usual, where the budget has room: collecting takes as long as a small
   * frame
   */
  settle(trimHeap: () => void, spareBytes = 0): void {
    if (this.#bytes < UNCOLLECTED_BYTES + spareBytes) return;
    this.#bytes = 0;
    collect ??= findCollector();
    collect();
    trimHeap();
  }
}

/** The one of this thread of Node. */
export const garbage = new GarbageMeter();

/** V8's collector. The flag is off again at once, so that contexts made later do not see it. */
function findCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  return gc;
}
