import type { Capture, CaptureEvent, CaptureState, Level, ModelFacts, OutputFormat } from '../capture/capture.js';
import type { ServiceClock } from '../clock.js';
import type { LiveQueue } from '../capture/live-queue.js';
import type { AppQuota } from './quota.js';
import type { CaptureChange } from '../capture/machine.js';
import type { CheckedRequest } from '../capture/request.js';

/** What bytes are counted as. */
export type FileClass = 'raw' | 'product' | 'thumbnail' | 'manifest';
export const FILE_CLASSES: readonly FileClass[] = ['raw', 'product', 'thumbnail', 'manifest'];

/** What a driver says of the frame in its inbox file. */
export interface RawFacts {
  /** Such as `image/jpeg`; it also gives the file its ending. */
  readonly mime: string;
  readonly width: number | null;
  readonly height: number | null;
  /** When the sensor was read, in milliseconds since the epoch; default: now. */
  readonly acquiredAt?: number;
}

/** A product in the making: whoever restores writes these two files, whole, and then commits the draft. */
export interface ProductDraft {
  readonly id: string;
  readonly productPath: string;
  readonly thumbnailPath: string;
}

/** What is said of a product that has been written. */
export interface ProductFacts {
  readonly level: Level;
  readonly levelReason: string;
  readonly model: ModelFacts | null;
  readonly mime: string;
  readonly width: number;
  readonly height: number;
  /** Of the JPEG at `thumbnailPath`; null where none was written. */
  readonly thumbnail: { readonly width: number; readonly height: number } | null;
  /** JSON, at most 64 KiB. */
  readonly report: unknown;
}

/** Which captures a list has. */
export interface CaptureQuery {
  /** Only those whose `order` is greater, or smaller where `newestFirst`. */
  readonly after?: number;
  readonly newestFirst?: boolean;
  readonly state?: CaptureState;
  readonly camera?: string;
  readonly app?: string;
  /** 1 to 1000. */
  readonly limit: number;
}

/** Events after a cursor. Between `firstSeq` and `lastSeq` none is missing. */
export interface EventPage {
  readonly events: readonly CaptureEvent[];
  /** The oldest event that is kept: a cursor before it has missed some, and its app should list its captures. */
  readonly firstSeq: number;
  /** 0 where there has been none. */
  readonly lastSeq: number;
}

export interface StoreUsage {
  readonly bytesByClass: Readonly<Record<FileClass, number>>;
  /** Files that recovery found and nobody knows: kept aside, counted. */
  readonly quarantinedBytes: number;
  readonly files: number;
  /** Captures that are not in a terminal state. */
  readonly queued: number;
  readonly quotaBytes: number;
  readonly freeBytes: number;
  /** Retention keeps so many free, where it can. */
  readonly minFreeBytes: number;
}

export interface StoreHealth {
  /** False: requests are refused with FULL or UNWRITABLE, reading goes on. */
  readonly writable: boolean;
  /** There is no room: that ends by itself, or by acknowledgements, and no new start helps. */
  readonly full: boolean;
  /** What is not as it should be, in words for an operator. */
  readonly reasons: readonly string[];
  readonly counters: StoreCounters;
}

/** Counted since the store was opened. */
export interface StoreCounters {
  readonly commits: number;
  readonly damagedRows: number;
  readonly healedRows: number;
  readonly damagedFiles: number;
  readonly healedFiles: number;
  /** Products that were damaged and have been made anew. */
  readonly repairedProducts: number;
  readonly scrubbedFiles: number;
  readonly syncFailures: number;
  readonly fullErrors: number;
  readonly evictedFiles: number;
  /** What was kept aside: files that nobody knows, a database that was damaged. A folder counts as one. */
  readonly quarantinedFiles: number;
  /** What was kept aside, and has gone to make room. */
  readonly discardedFiles: number;
}

/** What recovery found and did when the store was opened. */
export interface RecoveryReport {
  readonly seconds: number;
  readonly captures: number;
  readonly requeued: number;
  readonly completed: number;
  readonly quarantinedFiles: number;
  readonly healedRows: number;
  readonly damagedRows: number;
  /** The database was made anew from manifests. */
  readonly rebuilt: boolean;
}

/**
 * Captures, their files and their events. Every promise of a change resolves once the change is durable: after a crash
 * it is still there. A promise that rejects has changed nothing, or what it says (`SYNC`: make the file again).
 */
export interface Store {
  /** By which all is counted: ages, holds, deadlines and waiting. */
  readonly clock: ServiceClock;
  /**
   * Takes a request, or finds it again: the same id, app and digest is the same capture.
   * Rejects with CONFLICT, QUOTA or FULL.
   */
  request(
    app: string,
    id: string,
    checked: CheckedRequest,
  ): Promise<{ readonly capture: Capture; readonly outcome: 'created' | 'same' }>;
  /** With its report. Rejects with DAMAGED where its record is damaged and cannot be healed. */
  get(id: string): Promise<Capture | undefined>;
  /** Without reports, and without captures whose record is damaged for good. */
  list(query: CaptureQuery): Promise<Capture[]>;
  /** What waits and is worked on. */
  readonly queue: LiveQueue;
  /** All captures that are in no terminal state, in the order of their requests. */
  live(): readonly Capture[];
  /** One step of the state machine with its event, in one transaction. Rejects with UNKNOWN or STATE. */
  advance(id: string, change: CaptureChange): Promise<Capture>;

  /** Where a driver writes the frame of a capture. Leftovers there are removed when the store is opened. */
  inboxPath(id: string): string;
  /** Takes the frame in the inbox: durable, named, acquired. SYNC: acquire it again. */
  adopt(id: string, path: string, facts: RawFacts): Promise<Capture>;
  /** `acquired` -> `restoring`, and where to write the product. */
  beginProduct(id: string, format: OutputFormat): Promise<ProductDraft>;
  /** Files durable, manifest last, then `stored`. SYNC or FULL: the draft is gone; begin again. */
  commit(draft: ProductDraft, facts: ProductFacts): Promise<Capture>;
  /**
   * The next stored capture whose product is damaged, and whose frame is whole; null where there is none.
   * @param isAllowed whether it may be this one; default: any
   */
  nextRepair(isAllowed?: (id: string) => boolean): Promise<Capture | null>;
  /** Whether it is stored, and its product is damaged and still to be made anew. */
  needsRepair(id: string): boolean;
  /**
   * Begins to make its product anew; `commit` then puts it in the place of the old one (event `repaired`), `discard`
   * leaves it for later. The capture stays `stored` all the time. STATE: there is nothing to make anew.
   */
  beginRepair(id: string, format: OutputFormat): Promise<ProductDraft>;
  /** Gives a draft up; the capture is `acquired` again. */
  discard(draft: ProductDraft, reason: string): Promise<Capture>;

  /** The app has the product: it is released. */
  ack(id: string, app: string): Promise<Capture>;
  /** The product need not be held any more. */
  release(id: string, app: string): Promise<Capture>;
  /** The product is held for so long from now, also where it was released. STATE: it is gone. */
  hold(id: string, app: string, seconds: number): Promise<Capture>;
  /** Cancels a capture that is in no terminal state. */
  cancel(id: string, app: string): Promise<Capture>;

  /** Events whose seq is greater than `after`; `limit` is 1 to 1000. */
  events(after: number, limit: number): Promise<EventPage>;
  readonly lastSeq: number;
  /** Calls the listener after each commit, in order; returns what takes it away again. */
  onEvent(listener: (event: CaptureEvent) => void): () => void;

  /** A small value that outlives restarts, such as what the engine has learnt; undefined where there is none. */
  memo(name: string): unknown;
  /** JSON, at most 64 KiB. */
  setMemo(name: string, value: unknown): Promise<void>;

  pathOf(capture: Capture, what: FileClass): string;
  usage(): StoreUsage;
  /** What an app takes, and may take. */
  quotaOf(app: string): AppQuota;
  /** The same of all apps that have captures. */
  quotas(): readonly AppQuota[];
  health(): StoreHealth;
  readonly recovery: RecoveryReport;
  /** One round of housekeeping: room, reserve, retention, scrub. The service calls it every two seconds. */
  tend(): Promise<void>;
  /** Reads all records and all files, mends what can be mended, and marks products that are to be made anew. */
  scrub(): Promise<void>;
  close(): Promise<void>;
}
