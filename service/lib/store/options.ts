import type { Io } from '../io.js';
import type { FileClass } from './store.js';

/** How much of one class of files is kept. */
export interface ClassLimit {
  readonly bytes: number;
  /** Seconds since the capture was stored, or ended. */
  readonly ageSeconds: number;
}

/** How much may wait. */
export interface QueueLimit {
  readonly captures: number;
  /** Of raw files that wait for restoration. */
  readonly bytes: number;
}

/** What the store may take. */
export interface StoreLimits {
  /** Of all files that are counted. */
  readonly quotaBytes: number;
  /** The file system is left at least this much. */
  readonly minFreeBytes: number;
  readonly classes: Readonly<Record<FileClass, ClassLimit>>;
  readonly queue: QueueLimit;
  /** Of each app without a limit of its own. */
  readonly appQueue: QueueLimit;
  readonly apps: Readonly<Record<string, QueueLimit>>;
  /** Events that are kept, at least. */
  readonly events: number;
  /** Of what recovery keeps aside; beyond, the oldest goes. `files`: a folder counts as one. */
  readonly quarantine: { readonly bytes: number; readonly files: number };
  /** Given up when the disk is full, so that deletions and the database can go on. */
  readonly reserveBytes: number;
  /** A wall clock that says that the machine was off for longer has been set: that time does not count. */
  readonly longestOffSeconds: number;
  /** Between two files that are read again and compared with their digest. */
  readonly scrubSeconds: number;
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const DAY_SECONDS = 86_400;

/** For a disk of 32 GiB. */
export const DEFAULT_LIMITS: StoreLimits = {
  quotaBytes: 20 * GIB,
  minFreeBytes: 256 * MIB,
  classes: {
    raw: { bytes: 8 * GIB, ageSeconds: 7 * DAY_SECONDS },
    product: { bytes: 16 * GIB, ageSeconds: 30 * DAY_SECONDS },
    thumbnail: { bytes: GIB, ageSeconds: 30 * DAY_SECONDS },
    manifest: { bytes: 64 * MIB, ageSeconds: 365 * DAY_SECONDS },
  },
  queue: { captures: 1000, bytes: 4 * GIB },
  appQueue: { captures: 500, bytes: 2 * GIB },
  apps: {},
  events: 100_000,
  quarantine: { bytes: GIB, files: 1000 },
  reserveBytes: 16 * MIB,
  longestOffSeconds: DAY_SECONDS,
  scrubSeconds: 60,
};

/** How a store is opened. */
export interface StoreOptions {
  /** Made where it does not exist; its parent must. */
  readonly folder: string;
  readonly io: Io;
  /** Default: {@link DEFAULT_LIMITS}. */
  readonly limits?: StoreLimits;
}
