import { orAbort } from './abort.js';
import { formatBytes } from './budget.js';
import { BudgetError } from './errors.js';
import { PROCESS_BYTES } from './memory-plan.js';

/** What is asked of the ledger. */
export interface Reservation {
  /** What the work takes, in bytes, beyond what the process takes by itself. */
  readonly bytes: number;
  /** What the whole process may take. */
  readonly budgetBytes: number;
  /** What needs the memory, for the message of a refusal, such as "Restoring a 2048x1536 frame". */
  readonly purpose: string;
  /** Memory kept for this very work: it counts as a part of `bytes`, and is kept no longer once the lease is given. */
  readonly reuse?: Kept | null;
}

/** Memory that some work may take until it releases it. */
export interface Lease extends Disposable {
  /** What it still holds, in bytes. */
  readonly bytes: number;
  /** Gives back all but `bytes`. */
  shrink(bytes: number): void;
  /** Gives back the rest. Idempotent. */
  release(): void;
}

/** Memory that is kept for later use, and freed when other work needs it. */
export interface Kept {
  readonly bytes: number;
  /** Frees the memory. */
  readonly free: () => void;
}

interface Waiting {
  readonly request: Reservation;
  readonly grant: () => void;
  readonly refuse: (error: BudgetError) => void;
}

/**
 * The memory of the process as its operations share it. Work reserves what it has planned before it starts. Where there
 * is no room, what is merely kept for later use is freed first; then the work waits, in the order of asking.
 * Reservations of different budgets share one ledger: each counts everything that is reserved against its own budget.
 */
export class Ledger {
  readonly #kept = new Set<Kept>();
  readonly #waiting: Waiting[] = [];
  readonly #forgotten = new FinalizationRegistry<Lease>((lease) => lease.release());
  #leasedBytes = 0;
  #heldBytes = 0;

  /** What is reserved, held and kept now, in bytes, beyond what the process takes by itself. */
  get bytes(): number {
    return this.#leasedBytes + this.#heldBytes + this.#keptBytes;
  }

  get #keptBytes(): number {
    let sum = 0;
    for (const { bytes } of this.#kept) sum += bytes;
    return sum;
  }

  /**
   * Waits for room. Rejects with the signal's reason, or with BudgetError where the budget has no room for the work
   * even when all other work has ended.
   */
  async reserve(request: Reservation, signal: AbortSignal): Promise<Lease> {
    signal.throwIfAborted();
    const refusal = this.#refusalOf(request);
    if (refusal) throw refusal;
    const isGranted = this.#waiting.length === 0 && this.#grant(request);
    if (!isGranted) await this.#wait(request, signal);
    return this.#leaseOf(request.bytes);
  }

  /** Counts memory of work that has a lease already, and has found room for more. */
  take(bytes: number): Lease {
    this.#leasedBytes += bytes;
    return this.#leaseOf(bytes);
  }

  /**
   * Counts memory that stays until it is released, such as the weights of a model that is open. Work that waits, and
   * for which there is no room any more, is refused.
   * @param owner with which the memory goes, at the latest: when that is collected, nothing is held any more
   */
  hold(bytes: number, owner: object): Lease {
    this.#heldBytes += bytes;
    const lease = leaseOf(bytes, (freed) => {
      this.#heldBytes -= freed;
      this.#grantWaiting();
    });
    this.#forgotten.register(owner, lease);
    for (const { request, refuse } of this.#waiting) {
      const refusal = this.#refusalOf(request);
      if (refusal) refuse(refusal);
    }
    return lease;
  }

  /** Counts memory that is kept for later use, until `drop` or until other work needs it: then it is freed. */
  keep(kept: Kept): void {
    this.#kept.add(kept);
  }

  /** Frees what is kept, the longest kept first, until all that is counted is within a budget. */
  makeRoom(budgetBytes: number): void {
    this.#free(budgetBytes - PROCESS_BYTES);
  }

  /** Counts kept memory no longer; false where it has been freed for other work. */
  drop(kept: Kept): boolean {
    return this.#kept.delete(kept);
  }

  /** Why the work cannot be done even when all other work has ended; null: it can. */
  #refusalOf({ bytes, budgetBytes, purpose }: Reservation): BudgetError | null {
    const required = PROCESS_BYTES + this.#heldBytes + bytes;
    if (required <= budgetBytes) return null;
    const others =
      this.#heldBytes > 0 ? `, ${formatBytes(this.#heldBytes)} of it for models and transforms that are open` : '';
    return new BudgetError(
      `${purpose} needs at least ${Math.ceil(required / 1e6)}MB${others}; the budget is ${formatBytes(budgetBytes)}`,
      required,
    );
  }

  #leaseOf(bytes: number): Lease {
    return leaseOf(bytes, (freed) => {
      this.#leasedBytes -= freed;
      this.#grantWaiting();
    });
  }

  /** Leases the bytes if there is room, or can be made by freeing what is kept. */
  #grant({ bytes, budgetBytes, reuse }: Reservation): boolean {
    const room = budgetBytes - PROCESS_BYTES - bytes;
    if (this.#leasedBytes + this.#heldBytes > room) return false;
    if (reuse) this.#kept.delete(reuse);
    this.#free(room);
    this.#leasedBytes += bytes;
    return true;
  }

  #free(mostBytes: number): void {
    for (const kept of this.#kept) {
      if (this.bytes <= mostBytes) break;
      this.#kept.delete(kept);
      kept.free();
    }
  }

  async #wait(request: Reservation, signal: AbortSignal): Promise<void> {
    let isGranted = false;
    let entry: Waiting | undefined;
    const turn = new Promise<void>((resolve, refuse) => {
      const grant = (): void => {
        isGranted = true;
        resolve();
      };
      entry = { request, grant, refuse };
      this.#waiting.push(entry);
    });
    try {
      await orAbort(turn, signal);
    } catch (reason) {
      if (isGranted) this.#leasedBytes -= request.bytes;
      else this.#waiting.splice(this.#waiting.indexOf(entry!), 1);
      this.#grantWaiting();
      throw reason;
    }
  }

  #grantWaiting(): void {
    for (let first = this.#waiting[0]; first && this.#grant(first.request); first = this.#waiting[0]) {
      this.#waiting.shift();
      first.grant();
    }
  }
}

/** @param free told how many bytes are given back */
function leaseOf(bytes: number, free: (bytes: number) => void): Lease {
  let left = bytes;
  const shrink = (to: number): void => {
    const freed = left - Math.max(0, to);
    if (freed <= 0) return;
    left -= freed;
    free(freed);
  };
  const release = (): void => shrink(0);
  return {
    get bytes() {
      return left;
    },
    shrink,
    release,
    [Symbol.dispose]: release,
  };
}

/** The one of this thread of Node. */
export const ledger = new Ledger();
