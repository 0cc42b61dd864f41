import type { Capture, Level } from '../capture/capture.js';
import { Bell } from '../bell.js';
import { ServiceError, isDiskFault } from '../errors.js';
import type { Store } from '../store/store.js';
import { withAnyOf } from '../signals.js';
import { blameSize } from './disk-fault.js';
import { watchEnd } from './ended.js';
import { FailedAttempts } from './failed-attempts.js';
import { NoLevel } from './level-ladder.js';
import { restoreCapture } from './restoration.js';
import type { RestorationContext } from './restoration.js';
import { tryStep } from './try-step.js';

/** Without a reason to wake, this often. */
const IDLE_MS = 1000;
/** What was learnt of levels is kept this often, and when the service stops. */
const KEEP_PACE_MS = 60_000;
/** After a disk that did not take a product. */
const DISK_PAUSE_MS = 2000;

export interface RestoreLoopOptions extends Omit<RestorationContext, 'onProgress'> {
  /** So often a capture is tried to be restored. */
  readonly attempts: number;
  /** Threads for the next frame. */
  readonly threads: () => 1 | 2 | 3;
}

/** What is being restored, and how much of it is done, 0 to 1. */
export interface Working {
  readonly id: string;
  readonly level: Level;
  readonly done: number;
}

/** Restores one capture after the other, the most urgent first. */
export class RestoreLoop {
  readonly #options: RestoreLoopOptions;
  readonly #bell: Bell;
  readonly #closing = new AbortController();
  readonly #failed: FailedAttempts;
  readonly #done: Promise<void>;
  #working: Working | null = null;
  #progressAt: number;
  /** When what was learnt was last kept. */
  #keptAt: number | null = null;

  constructor(options: RestoreLoopOptions) {
    this.#options = options;
    this.#bell = new Bell(options.io);
    this.#failed = new FailedAttempts(options.io);
    this.#progressAt = options.io.monotonic();
    this.#done = this.#run();
  }

  get working(): Working | null {
    return this.#working;
  }

  /** Since something last went on, in seconds; 0 while there is nothing to do. */
  get stalledSeconds(): number {
    return this.#working === null ? 0 : (this.#options.io.monotonic() - this.#progressAt) / 1000;
  }

  /** Something may be there to be restored. */
  ring(): void {
    this.#bell.ring();
  }

  /** Gives up what is being restored: it is restored after the next start. */
  async close(): Promise<void> {
    this.#closing.abort(new ServiceError('CLOSED', 'The service is stopping'));
    this.#bell.ring();
    await this.#done;
    await this.#keepPace(0);
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#step();
      } catch {
        // Only the disk is at fault here: what could not be recorded is found again.
        await this.#pause();
      }
    }
  }

  async #step(): Promise<void> {
    const { store } = this.#options;
    const { queue, clock } = store;
    this.#failed.keepOnly((id) => queue.find(id) !== undefined || store.needsRepair(id));
    await this.#requeue();
    const next = queue.nextToRestore(clock.now(), ({ id }) => !this.#failed.isPaused(id));
    const capture = next ?? (await this.#nextToRepair());
    if (capture === null) return this.#bell.wait(Math.min(IDLE_MS, this.#failed.msToNext));
    // What could not be stored is not worth the work.
    if (!hasRoom(store)) return this.#pause();
    await this.#restore(capture);
  }

  /** A product that was damaged has no deadline any more: nobody is to get less than there was. */
  async #nextToRepair(): Promise<Capture | null> {
    const capture = await this.#options.store.nextRepair((id) => !this.#failed.isPaused(id));
    return capture && { ...capture, request: { ...capture.request, deadline: null } };
  }

  /** Nobody restores them any more: the disk did not take the step that was to follow. */
  async #requeue(): Promise<void> {
    const { store } = this.#options;
    for (const { id } of store.queue.inState('restoring')) {
      await tryStep(store, id, { to: 'acquired', reason: 'what became of its product could not be recorded' });
    }
  }

  async #pause(): Promise<void> {
    await this.#options.io.sleep(DISK_PAUSE_MS, this.#closing.signal).catch(() => undefined);
  }

  async #restore(capture: Capture): Promise<void> {
    const { store, restorers, threads } = this.#options;
    const ending = watchEnd(store, capture.id);
    this.#advance(capture.id, 'pass-through', 0);
    try {
      await restorers.setThreads(threads());
      const onProgress = (level: Level, done: number): void => this.#advance(capture.id, level, done);
      const context = { ...this.#options, onProgress };
      const signals = [ending.signal, this.#closing.signal];
      await withAnyOf(signals, (signal) => restoreCapture(context, capture, signal));
      this.#failed.forget(capture.id);
      await this.#keepPace(KEEP_PACE_MS);
    } catch (error) {
      await this.#fail(capture, error);
    } finally {
      ending.close();
      this.#working = null;
    }
  }

  /** What was learnt is worth no product, and not a transaction each time. */
  async #keepPace(atMostEachMs: number): Promise<void> {
    const { io, store, pace } = this.#options;
    if (this.#keptAt !== null && io.monotonic() - this.#keptAt < atMostEachMs) return;
    this.#keptAt = io.monotonic();
    await store.setMemo('pace', pace.memo).catch(() => undefined);
  }

  #advance(id: string, level: Level, done: number): void {
    this.#working = { id, level, done };
    this.#progressAt = this.#options.io.monotonic();
  }

  /** The disk may be full, or the service stop: that is not the capture's fault. */
  async #fail(capture: Capture, failure: unknown): Promise<void> {
    const { attempts, store } = this.#options;
    if (this.#closing.signal.aborted) return;
    const isRepair = store.needsRepair(capture.id);
    if (!isRepair && !store.queue.find(capture.id)) return;
    const error = await blameSize(this.#options, 'product', failure);
    if (isDiskFault(error)) return this.#pause();
    const failures = this.#failed.add(capture.id);
    const isHopeless = error instanceof NoLevel;
    // A damaged product stays stored: it is tried again, ever more seldom.
    if (isRepair || (failures < attempts && !isHopeless)) return;
    const { message } = error as Error;
    const reason = isHopeless ? message : `restoration failed ${failures} times, at last: ${message}`;
    await tryStep(store, capture.id, { to: 'failed', reason });
  }
}

/** Whether the store would take a product. */
function hasRoom(store: Store): boolean {
  const { bytesByClass, quotaBytes } = store.usage();
  const used = Object.values(bytesByClass).reduce((sum, bytes) => sum + bytes, 0);
  return store.health().writable && used <= quotaBytes;
}
