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

/** What one app may take. */
export interface AppLimits extends QueueLimit {
  /** Of all of its files. What has been released goes first; where that is not enough, it can ask for nothing more. */
  readonly keptBytes: number;
  /** Captures, whatever has become of them. */
  readonly records: number;
  /** The longest hold that it may ask for. */
  readonly holdSeconds: number;
}

/** What the store may take. */
export interface StoreLimits {
  /** Of all files that are counted. */
  readonly quotaBytes: number;
  /** The file system is left at least this much. */
  readonly minFreeBytes: number;
  readonly classes: Readonly<Record<FileClass, ClassLimit>>;
  readonly queue: QueueLimit;
  /** Captures of all apps, whatever has become of them. */
  readonly records: number;
  /** Of each app without limits of its own. */
  readonly app: AppLimits;
  readonly apps: Readonly<Record<string, AppLimits>>;
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
  records: 50_000,
  app: { captures: 500, bytes: 2 * GIB, keptBytes: 10 * GIB, records: 25_000, holdSeconds: 30 * DAY_SECONDS },
  apps: {},
  events: 100_000,
  quarantine: { bytes: GIB, files: 1000 },
  reserveBytes: 16 * MIB,
  longestOffSeconds: DAY_SECONDS,
  scrubSeconds: 60,
};

/** The limits of one app. */
export const limitsOf = ({ apps, app: usual }: StoreLimits, app: string): AppLimits =>
  Object.hasOwn(apps, app) ? apps[app]! : usual;

/** How a store is opened. */
export interface StoreOptions {
  /** Made where it does not exist; its parent must. */
  readonly folder: string;
  readonly io: Io;
  /** Default: {@link DEFAULT_LIMITS}. */
  readonly limits?: StoreLimits;
}
