import type { Binding, NativePool, NativeTicket } from '../../lib/runtime/native/binding.js';

const pools = new WeakMap<Binding, NativePool>();

/** A ticket for three threads of the addon, for one call after the other. */
export function ticketOf(binding: Binding): NativeTicket {
  if (!pools.has(binding)) pools.set(binding, binding.createPool(3));
  return pools.get(binding)!.ticket(3);
}
