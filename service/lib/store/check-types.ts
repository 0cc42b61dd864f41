import type { Io } from '../io.js';
import type { StoredRow, Table } from './database.js';

/**
 * A second opinion on a store, from its files, its database and what clients have been told. It shares no code with
 * what it judges, but the names of things and how a row is verified. The service must not be running.
 *
 * | | invariant |
 * |---|---|
 * | I0 | every record can be read, and both of its copies are whole |
 * | I1 | what was answered `stored` has its files and its manifest, with the right digests |
 * | I2 | one product for each id, ever; another only where `repaired` says that the medium had damaged it |
 * | I3 | no file without a record, no bytes unaccounted |
 * | I4 | seq without gaps, one terminal event for each capture, and what clients saw is what the log says |
 * | I5 | no raw file goes before its product is durable |
 * | I6 | bytes within the quota and one frame |
 * | I7 | a product says its level, its model and its times |
 * | I8 | nothing waits for a frame beyond its deadline |
 */
export type Invariant = 'I0' | 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8';

export interface Finding {
  readonly invariant: Invariant;
  readonly message: string;
}

/** What a client has seen: an answer to a request, or an event. */
export type ClientRecord =
  | { readonly kind: 'accepted'; readonly id: string }
  | {
      readonly kind: 'event';
      readonly seq: number;
      readonly id: string;
      readonly type: string;
      readonly sha256?: string;
    };

export interface CheckOptions {
  readonly io: Io;
  readonly folder: string;
  /** All rows of a table, by key. */
  readonly rows: (table: Table) => Promise<readonly StoredRow[]>;
  /** Rows of which one copy is damaged, such as `captures 5`. */
  readonly halved?: readonly string[];
  /** What of the database cannot be read, in words. */
  readonly faults?: readonly string[];
  readonly clientLog?: readonly ClientRecord[];
  /** Quota, and the size of one frame with its products. */
  readonly most?: { readonly quotaBytes: number; readonly frameBytes: number };
  /** Milliseconds since the epoch, to judge deadlines by. */
  readonly now?: number;
  /** Housekeeping has had its time: nothing may be left to be tidied. */
  readonly settled?: boolean;
  /** Reads all files and compares digests; else sizes only. */
  readonly deep?: boolean;
}

export interface CheckReport {
  readonly findings: readonly Finding[];
  readonly captures: number;
  readonly events: number;
  readonly files: number;
  readonly bytes: number;
}

export interface File {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly present: boolean;
}

/** As much of a record as is judged. */
export interface Row {
  readonly manifestBytes: number;
  readonly capture: {
    readonly id: string;
    readonly order: number;
    readonly state: string;
    readonly createdAt: number;
    readonly acquiredAt: number | null;
    readonly storedAt: number | null;
    readonly level: string | null;
    readonly model: { readonly sha256: string } | null;
    readonly raw: File | null;
    readonly product: File | null;
    readonly thumbnail: File | null;
    readonly retention: string | null;
    readonly request: { readonly deadline: number | null; readonly expiresAt: number | null };
  };
}

export interface LogEvent {
  readonly seq: number;
  readonly captureId: string;
  readonly type: string;
  readonly detail: { readonly sha256?: string };
}

/** Takes a finding. */
export type Report = (invariant: Invariant, message: string) => void;
