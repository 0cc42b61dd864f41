import { join } from 'node:path';
import type { Capture, CaptureEvent, OutputFormat } from '../capture/capture.js';
import type { LiveQueue } from '../capture/live-queue.js';
import type { CaptureChange } from '../capture/machine.js';
import type { CheckedRequest } from '../capture/request.js';
import type { ServiceClock } from '../clock.js';
import { ServiceError } from '../errors.js';
import { quotaOf } from './quota.js';
import type { AppQuota } from './quota.js';
import { keepTime } from './time.js';
import type { Context } from './context.js';
import { TABLES } from './database.js';
import { retain } from './evict.js';
import { MANIFEST, folderOf } from './layout.js';
import type { Memos } from './memos.js';
import { beginProduct, commitProduct } from './products.js';
import { adopt, inboxPath } from './raw-files.js';
import type { Entry } from './records.js';
import { boundQuarantine } from './quarantine.js';
import { readThrough } from './load.js';
import { recoverRest } from './recovery.js';
import { beginRepair, commitRepair, discardRepair, needsRepair, nextRepair } from './repairs.js';
import { readManifest, recordOf, requireEntry } from './records-of.js';
import { takeRequest } from './requests.js';
import { Scrub } from './scrub.js';
import { holdStored, markStored, move } from './steps.js';
import type {
  CaptureQuery,
  EventPage,
  FileClass,
  ProductDraft,
  ProductFacts,
  RawFacts,
  RecoveryReport,
  Store,
  StoreHealth,
  StoreUsage,
} from './store.js';
import { tidyAll } from './tidy.js';

/** The store as everybody else sees it: every method is a few words, what they mean is in the files beside it. */
export class CaptureStore implements Store {
  readonly recovery: RecoveryReport;
  readonly #context: Context;
  readonly #memos: Memos;
  readonly #scrub = new Scrub();
  #freeBytes = 0;
  #quarantinedFiles = 0;
  #closed = false;

  constructor(context: Context, memos: Memos, recovery: RecoveryReport) {
    this.#context = context;
    this.#memos = memos;
    this.recovery = recovery;
  }

  request(app: string, id: string, checked: CheckedRequest): ReturnType<Store['request']> {
    return this.#inTurn(id, () => takeRequest(this.#context, app, id, checked));
  }

  async get(id: string): Promise<Capture | undefined> {
    const entry = this.#context.catalogue.find(id);
    if (!entry) return undefined;
    const { capture } = await recordOf(this.#context, entry);
    // One that has become stored just now is known with its report.
    if (capture.state !== 'stored' || capture.report !== null) return capture;
    const manifest = await readManifest(this.#context.io, this.pathOf(capture, 'manifest'));
    return { ...capture, report: manifest?.capture.report ?? null };
  }

  async list(query: CaptureQuery): Promise<Capture[]> {
    const limit = Math.min(1000, Math.max(1, query.limit));
    const entries = this.#context.catalogue.select({ ...query, limit });
    const found = await Promise.all(entries.map((entry) => this.#captureOrNull(entry)));
    return found.filter((capture) => capture !== null);
  }

  get clock(): ServiceClock {
    return this.#context.clock;
  }

  get queue(): LiveQueue {
    return this.#context.catalogue.queue;
  }

  live(): readonly Capture[] {
    return this.queue.all();
  }

  advance(id: string, change: CaptureChange): Promise<Capture> {
    return this.#inTurn(id, () => move(this.#context, id, change));
  }

  inboxPath(id: string): string {
    return inboxPath(this.#context.folder, id);
  }

  adopt(id: string, path: string, facts: RawFacts): Promise<Capture> {
    return this.#inTurn(id, () => adopt(this.#context, id, path, facts));
  }

  beginProduct(id: string, format: OutputFormat): Promise<ProductDraft> {
    return this.#inTurn(id, () => beginProduct(this.#context, id, format));
  }

  commit(draft: ProductDraft, facts: ProductFacts): Promise<Capture> {
    const isRepair = this.#context.repairs.isActive(draft.id);
    return this.#inTurn(draft.id, () => (isRepair ? commitRepair : commitProduct)(this.#context, draft, facts));
  }

  nextRepair(isAllowed: (id: string) => boolean = () => true): Promise<Capture | null> {
    return nextRepair(this.#context, isAllowed);
  }

  needsRepair(id: string): boolean {
    return needsRepair(this.#context, id);
  }

  beginRepair(id: string, format: OutputFormat): Promise<ProductDraft> {
    return this.#inTurn(id, () => beginRepair(this.#context, id, format));
  }

  discard(draft: ProductDraft, reason: string): Promise<Capture> {
    if (!this.#context.repairs.isActive(draft.id)) return this.advance(draft.id, { to: 'acquired', reason });
    return this.#inTurn(draft.id, () => discardRepair(this.#context, draft, reason));
  }

  ack(id: string, app: string): Promise<Capture> {
    return this.#inTurn(id, () => markStored(this.#context, requireEntry(this.#context, id), 'acked', app));
  }

  release(id: string, app: string): Promise<Capture> {
    return this.#inTurn(id, () => markStored(this.#context, requireEntry(this.#context, id), 'released', app));
  }

  hold(id: string, app: string, seconds: number): Promise<Capture> {
    return this.#inTurn(id, () => holdStored(this.#context, requireEntry(this.#context, id), seconds, app));
  }

  cancel(id: string, app: string): Promise<Capture> {
    return this.advance(id, { to: 'cancelled', reason: `cancelled by ${app}` });
  }

  events(after: number, limit: number): Promise<EventPage> {
    return this.#context.ledger.events(Math.max(0, after), Math.min(1000, Math.max(1, limit)));
  }

  get lastSeq(): number {
    return this.#context.ledger.meta.lastSeq;
  }

  onEvent(listener: (event: CaptureEvent) => void): () => void {
    return this.#context.ledger.onEvent(listener);
  }

  memo(name: string): unknown {
    return this.#memos.get(name);
  }

  setMemo(name: string, value: unknown): Promise<void> {
    return this.#memos.set(this.#context.ledger, name, value);
  }

  pathOf(capture: Capture, what: FileClass): string {
    const name = what === 'manifest' ? MANIFEST : capture[what]?.name;
    if (name !== undefined) return join(folderOf(this.#context.folder, capture), name);
    throw new ServiceError('UNKNOWN', `Capture ${capture.id} is ${capture.state} and has no ${what}`);
  }

  usage(): StoreUsage {
    const { catalogue, counts, limits } = this.#context;
    return {
      bytesByClass: catalogue.bytesByClass,
      quarantinedBytes: counts.quarantinedBytes,
      files: catalogue.files,
      queued: catalogue.queue.size,
      quotaBytes: limits.quotaBytes,
      freeBytes: this.#freeBytes,
      minFreeBytes: limits.minFreeBytes,
    };
  }

  quotaOf(app: string): AppQuota {
    return quotaOf(this.#context, app);
  }

  quotas(): readonly AppQuota[] {
    return this.#context.catalogue.apps.map(([app]) => this.quotaOf(app));
  }

  health(): StoreHealth {
    const { problems, counts, ledger, database, damaged } = this.#context;
    const { quarantinedBytes: _, ...counted } = counts;
    const rows = database.counters;
    return {
      writable: !this.#closed && !problems.has('full') && !problems.has('database'),
      full: problems.has('full'),
      reasons: [...problems.values(), ...lostEvents(ledger.lostEvents)],
      counters: {
        ...counted,
        commits: ledger.commits,
        healedRows: counted.healedRows + rows.healedRows,
        damagedRows: rows.damagedRows + ledger.missingEvents + badRecords(damaged),
      },
    };
  }

  async tend(): Promise<void> {
    const { io, folder, ledger, problems, reserve } = this.#context;
    const { freeBytes } = await io.room(folder);
    this.#freeBytes = freeBytes;
    await this.#attempt('full', () => keepTime(this.#context));
    // What goes first makes room for what comes after; each is tried, whatever becomes of the others.
    await this.#attempt('full', () => recoverRest(this.#context));
    await this.#attempt('full', () => tidyAll(this.#context));
    await this.#attempt('full', () => retain(this.#context, freeBytes));
    await this.#attempt('full', () => this.#boundQuarantine());
    if (problems.has('full') || !reserve.present) {
      await this.#attempt('full', async () => {
        await reserve.ensure();
        problems.delete('full');
      });
    }
    if (problems.has('database') && !problems.has('full')) {
      await this.#attempt('database', async () => {
        await this.#context.database.renew();
        problems.delete('database');
      });
    }
    if (ledger.untidy.length === 0) await this.#scrub.step(this.#context);
  }

  async scrub(): Promise<void> {
    for (const table of TABLES) await readThrough(this.#context.database, table);
    for (const entry of this.#context.catalogue.entries) await this.#scrub.look(this.#context, entry);
    await tidyAll(this.#context);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#context.database.close();
  }

  /** Only what was kept aside since has to be looked at. */
  async #boundQuarantine(): Promise<void> {
    const { counts } = this.#context;
    const { quarantinedFiles } = counts;
    if (quarantinedFiles === this.#quarantinedFiles) return;
    await boundQuarantine(this.#context);
    this.#quarantinedFiles = quarantinedFiles;
  }

  /** Null where the record is damaged for good: the others are still listed, and health says it. */
  async #captureOrNull(entry: Entry): Promise<Capture | null> {
    try {
      return { ...(await recordOf(this.#context, entry)).capture, report: null };
    } catch (error) {
      if ((error as ServiceError).code !== 'DAMAGED') throw error;
      return null;
    }
  }

  async #attempt(problem: 'full' | 'database', run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#context.problems.set(problem, (error as Error).message);
    }
  }

  /** One thing at a time for each capture. A full disk is remembered, until housekeeping finds room. */
  #inTurn<T>(id: string, run: () => Promise<T>): Promise<T> {
    return this.#context.turns.take(id, async () => {
      if (this.#closed) throw new ServiceError('CLOSED', 'The store is closed');
      try {
        return await run();
      } catch (error) {
        this.#notice(error as ServiceError);
        throw error;
      }
    });
  }

  /** A quota that is reached is no fault of the disk: it has no cause. */
  #notice({ code, message, cause }: ServiceError): void {
    const { counts, problems } = this.#context;
    if (code === 'SYNC') counts.syncFailures += 1;
    if (code !== 'FULL' || cause === undefined || problems.has('full')) return;
    counts.fullErrors += 1;
    problems.set('full', message);
  }
}

/** Records that are whole as rows, and say something else than they should. */
const badRecords = (damaged: ReadonlySet<string>): number => [...damaged].filter((what) => !what.includes('/')).length;

const lostEvents = (count: number): string[] => (count > 0 ? [`the records of ${count} events are damaged`] : []);
