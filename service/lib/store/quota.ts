import type { Context } from './context.js';
import { limitsOf } from './options.js';
import { total } from './retention.js';

/** How much of something an app takes, and may take. */
export interface Use {
  readonly used: number;
  readonly limit: number;
}

/** What an app takes of the store, and may take. */
export interface AppQuota {
  readonly app: string;
  /** Captures that wait or are worked on. */
  readonly captures: Use;
  /** Bytes of their raw frames. */
  readonly waitingBytes: Use;
  /** Bytes of all of its files. */
  readonly keptBytes: Use;
  /** Captures, whatever has become of them. */
  readonly records: Use;
  /** The longest hold that it may ask for. */
  readonly holdSeconds: number;
}

export function quotaOf({ catalogue, limits }: Context, app: string): AppQuota {
  const most = limitsOf(limits, app);
  const load = catalogue.queue.loadOf(app);
  const share = catalogue.shareOf(app);
  return {
    app,
    captures: { used: load.captures, limit: most.captures },
    waitingBytes: { used: load.bytes, limit: most.bytes },
    keptBytes: { used: share ? total(share) : 0, limit: most.keptBytes },
    records: { used: share?.records ?? 0, limit: most.records },
    holdSeconds: most.holdSeconds,
  };
}
