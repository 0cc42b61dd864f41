import { UNCOLLECTED_BYTES, garbage } from './garbage.js';
import { ledger } from './ledger.js';
import type { Lease } from './ledger.js';
import { NODE_BYTES, PROCESS_BYTES } from './memory-plan.js';

/** Keeps garbage so little that work finds the room that it has leased. */
export class Headroom {
  readonly #lease: Lease;
  readonly #budgetBytes: number;
  readonly #trimHeap: () => void;
  /** Garbage of earlier work beyond the usual, for which the budget has room. */
  #spareBytes = 0;

  /** @param trimHeap gives back what the C library keeps */
  constructor(lease: Lease, budgetBytes: number, trimHeap: () => void) {
    this.#lease = lease;
    this.#budgetBytes = budgetBytes;
    this.#trimHeap = trimHeap;
  }

  /**
   * Before the work begins. What earlier work has left may stay where the budget has room for it: collecting it takes
   * as long as a small frame.
   * @param usedBytes of the lease, what is in use already
   */
  async begin(usedBytes: number): Promise<void> {
    const spareBytes = this.#budgetSpareBytes;
    await this.#settle(usedBytes, spareBytes);
    const leftBytes = process.memoryUsage.rss() - this.#inUse(usedBytes) - UNCOLLECTED_BYTES;
    this.#spareBytes = Math.max(0, Math.min(spareBytes, leftBytes));
  }

  /** Between two phases of the work, of which the next may take all that is leased and not in use. */
  async settle(usedBytes: number): Promise<void> {
    await this.#settle(usedBytes, this.#spareBytes);
  }

  async #settle(usedBytes: number, spareBytes: number): Promise<void> {
    const [budgetSpareBytes, trimHeap] = [this.#budgetSpareBytes, this.#trimHeap];
    await garbage.settleBeyond({ usedBytes: this.#inUse(usedBytes), spareBytes, budgetSpareBytes, trimHeap });
  }

  /** Resident bytes that are no garbage. What other work has leased counts as if it were taken. */
  #inUse(usedBytes: number): number {
    return NODE_BYTES + ledger.bytes - this.#lease.bytes + usedBytes;
  }

  get #budgetSpareBytes(): number {
    return Math.max(0, this.#budgetBytes - PROCESS_BYTES - ledger.bytes);
  }
}
