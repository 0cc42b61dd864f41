import type { Capture } from '../capture/capture.js';
import type { ServiceClock } from '../clock.js';
import type { Io } from '../io.js';
import type { Catalogue } from './catalogue.js';
import type { Database } from './database.js';
import type { Folders } from './durable.js';
import type { Ledger } from './ledger.js';
import type { StoreLimits } from './options.js';
import type { Repairs } from './repairs.js';
import type { Reserve } from './reserve.js';
import type { Throughput } from './throughput.js';
import type { Turns } from './turns.js';

/** What the store counts; see `StoreCounters`. */
export interface Counts {
  healedRows: number;
  damagedFiles: number;
  healedFiles: number;
  repairedProducts: number;
  scrubbedFiles: number;
  syncFailures: number;
  fullErrors: number;
  evictedFiles: number;
  quarantinedBytes: number;
  quarantinedFiles: number;
  discardedFiles: number;
}

/**
 * What is not as it should be, one line each. While one of the first two is there, the store takes no requests.
 * `untidy` goes once all folders are as their records say; `damage` stays for an operator.
 */
export type Problem = 'full' | 'database' | 'untidy' | 'damage';

/** What the parts of an open store share. */
export interface Context {
  readonly io: Io;
  readonly clock: ServiceClock;
  readonly folder: string;
  readonly limits: StoreLimits;
  readonly database: Database;
  readonly catalogue: Catalogue;
  readonly ledger: Ledger;
  readonly folders: Folders;
  readonly reserve: Reserve;
  readonly repairs: Repairs;
  /** Files and records that were found damaged, each counted once: `order/name`, or `order` alone. */
  readonly damaged: Set<string>;
  readonly throughput: Throughput;
  /** One thing at a time for each capture, by its id. */
  readonly turns: Turns;
  readonly counts: Counts;
  readonly problems: Map<Problem, string>;
  /** Captures that recovery could not bring to where they belong: housekeeping tries again. */
  readonly unrecovered: Set<Capture>;
}

export const noCounts = (): Counts => ({
  healedRows: 0,
  damagedFiles: 0,
  healedFiles: 0,
  repairedProducts: 0,
  scrubbedFiles: 0,
  syncFailures: 0,
  fullErrors: 0,
  evictedFiles: 0,
  quarantinedBytes: 0,
  quarantinedFiles: 0,
  discardedFiles: 0,
});
