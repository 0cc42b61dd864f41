import type { Binding } from './native/binding.js';

/** The permission of one native call to compute with some threads of a pool. */
export interface NativeTicket {
  /** Makes the call end with code ABORTED within some milliseconds. */
  cancel(): void;
}

/** The threads of one runtime. */
export interface NativePool {
  /** Threads that compute now, and the most that ever did at once. */
  readonly busy: number;
  readonly mostBusy: number;
  /** @param workers threads that the call may use, 1 to the pool's number */
  ticket(workers: number): NativeTicket;
  dispose(): void;
}

export function createPool(binding: Binding, threads: number): NativePool | null {
  const { createPool: create } = binding as { createPool?: (count: number) => NativePool };
  return create ? create(threads) : null;
}
