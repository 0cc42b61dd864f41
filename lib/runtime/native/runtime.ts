/** The machine as the native addon sees it: its instruction sets, its threads, its heap. */

/** One instruction-set implementation of the kernels, best first in `loadBinding().isas()`. */
export interface IsaInfo {
  readonly name: string;
  readonly description: string;
  /** Whether this CPU (and operating system) can execute it. */
  readonly supported: boolean;
  /** Whether it has Winograd kernels; where dot products beat them there are none. */
  readonly winograd: boolean;
}

/**
 * One call's permission to compute with some threads of a pool. Every call off the event loop takes it as its last
 * argument, and throws with code ARGUMENT without one.
 */
export interface NativeTicket {
  /** Makes the call reject with code ABORTED within some milliseconds. From before the call on; stays in force. */
  cancel(): void;
}

/** The threads of one runtime, started when they are first needed. Who computes with how many changes no byte. */
export interface NativePool {
  /** Threads that compute now, those that run calls included, and the most that ever did at once. */
  readonly busy: number;
  readonly mostBusy: number;
  /**
   * For one call after the other. All calls in flight together may not have more threads than the pool, else the call
   * that is one too many rejects with INTERNAL.
   * @param workers threads that the call may use, 1 to the pool's number
   */
  ticket(workers: number): NativeTicket;
  /** Ends the threads once the calls in flight have ended; further ones reject with STATE. Idempotent. */
  dispose(): void;
}

/** The part of the addon that is about the machine. */
export interface RuntimeBinding {
  readonly version: string;
  cpu(): { readonly name: string; readonly features: readonly string[] };
  isas(): IsaInfo[];
  /** @param threads that compute at once, 1 to 3 */
  createPool(threads: number): NativePool;
  /** Gives free heap pages back to the system where the C library can (glibc: `malloc_trim(0)`), else nothing. */
  trimHeap(): void;
}

export const RUNTIME_FUNCTIONS = [
  'version',
  'cpu',
  'isas',
  'createPool',
  'trimHeap',
] as const satisfies readonly (keyof RuntimeBinding)[];
