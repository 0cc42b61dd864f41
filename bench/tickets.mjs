/** @import { Binding, NativePool, NativeTicket } from '../dist/runtime/native/binding.js' */

/** @type {WeakMap<Binding, NativePool>} */
const pools = new WeakMap();

/**
 * A ticket for so many threads, 1 to 3, of the addon, for one call after the other. Addons of revisions before there
 * were tickets get none, nor do they look at what they are given.
 * @param {Binding} binding
 * @param {number} threads
 * @returns {NativeTicket}
 */
export function ticketOf(binding, threads) {
  if (!pools.has(binding) && binding.createPool) pools.set(binding, binding.createPool(3));
  return pools.get(binding)?.ticket(threads);
}
