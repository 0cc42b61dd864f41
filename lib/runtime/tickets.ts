import type { Binding, NativePool } from './native/binding.js';

export type { NativePool, NativeTicket } from './native/binding.js';

export function createPool(binding: Binding, threads: number): NativePool | null {
  const { createPool: create } = binding as { createPool?: (count: number) => NativePool };
  return create ? create(threads) : null;
}
