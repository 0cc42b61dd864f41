import { dirname } from 'node:path';
import { Bell } from '../bell.js';
import type { Capture, Level } from '../capture/capture.js';
import type { Acquired, CameraInfo, Driver, DriverHealth } from '../drivers/driver.js';
import { openDriver } from '../drivers/open.js';
import { PushDriver } from '../drivers/push.js';
import type { Pushed } from '../drivers/push.js';
import { ServiceError, isDiskFault } from '../errors.js';
import type { Io } from '../io.js';
import type { Store } from '../store/store.js';
import { OVER, whenAborted, withAnyOf } from '../signals.js';
import { clear } from '../drivers/clear.js';
import { blame, blameSize } from './disk-fault.js';
import { CaptureEnded, watchEnd } from './ended.js';
import { FrameIntake } from './intake.js';
import type { IntakeCounts } from './intake.js';
import type { CameraSettings } from './settings.js';
import { tryStep } from './try-step.js';

const IDLE_MS = 1000;
/** After the first failure; twice as long after each further one. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** After a disk that did not take a frame or a record. */
const DISK_PAUSE_MS = 2000;
/** So many failures in turn, and the driver is opened anew. */
const FAILURES_TO_REOPEN = 3;
/** A driver that has not stopped by then hangs, and is replaced. */
const GRACE_MS = 10_000;

/** Takes frames of one camera for those who ask, one after the other, and sees to it that its driver lives. */
export class CameraLoop {
  readonly settings: CameraSettings;
  readonly #levels: readonly Level[];
  readonly #io: Io;
  readonly #store: Store;
  readonly #bell: Bell;
  readonly #closing = new AbortController();
  readonly #intake: FrameIntake;
  readonly #done: Promise<void>;
  #driver: Driver;
  #failures = 0;
  #reopened = 0;
  /** Attempts at captures that the disk has spoilt: not the fault of the camera. */
  readonly #excused = new Map<string, number>();
  #lastFailure: string | null = null;
  /** When this loop is to be heard of again, by the clock that never jumps. */
  #dueAt = 0;

  /** @param levels that there are, for whoever asks for a frame */
  constructor(io: Io, store: Store, settings: CameraSettings, levels: readonly Level[]) {
    this.settings = settings;
    this.#levels = levels;
    this.#io = io;
    this.#store = store;
    this.#bell = new Bell(io);
    this.#intake = new FrameIntake(io, store, settings, this.#closing.signal);
    this.#driver = this.#open();
    this.#expect(0);
    this.#done = this.#run();
  }

  /** How often the driver was opened anew. */
  get reopened(): number {
    return this.#reopened;
  }

  /**
   * For how long this loop is behind the time that it has given itself. A driver that hangs does not keep it: that is
   * given up in time, and opened anew.
   */
  get overdueSeconds(): number {
    return Math.max(0, this.#io.monotonic() - this.#dueAt) / 1000;
  }

  get counts(): IntakeCounts {
    return this.#intake.counts;
  }

  describe(): CameraInfo {
    return this.#driver.describe();
  }

  health(): DriverHealth {
    const health = this.#driver.health();
    if (health.healthy && this.#failures > 0) return { healthy: false, reason: this.#lastFailure };
    return health;
  }

  /** Whether frames may be pushed to it. */
  get takesFrames(): boolean {
    return this.#driver instanceof PushDriver;
  }

  /** See {@link PushDriver.push}. Rejects with `UNKNOWN` where the camera takes none. */
  async push(frame: Pushed): Promise<string> {
    if (this.#driver instanceof PushDriver) return this.#driver.push(frame);
    throw new ServiceError('UNKNOWN', `Camera ${this.settings.name} takes no frames: only those of the kind push do`);
  }

  /** A capture may be there to be taken. */
  ring(): void {
    this.#bell.ring();
  }

  async close(): Promise<void> {
    this.#closing.abort(new ServiceError('CLOSED', 'The service is stopping'));
    this.#bell.ring();
    await this.#driver.close();
    await this.#done;
  }

  #open(): Driver {
    const { name, driver, standing } = this.settings;
    return openDriver(this.#io, name, driver, standing === null ? null : (arrival) => this.#intake.take(arrival));
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#step();
      } catch (error) {
        this.#lastFailure = (error as Error).message;
        await this.#pause(DISK_PAUSE_MS);
      }
    }
  }

  async #step(): Promise<void> {
    const { queue, clock } = this.#store;
    for (const id of this.#excused.keys()) if (!queue.find(id)) this.#excused.delete(id);
    await this.#requeue();
    const capture = queue.nextToAcquire(this.settings.name, clock.now(), ({ id }) => !this.#intake.owns(id));
    this.#expect(IDLE_MS);
    if (capture === null) return this.#bell.wait(IDLE_MS);
    const { levels } = capture.request;
    if (levels.some((level) => this.#levels.includes(level))) return this.#acquire(capture);
    const has = this.#levels.join(', ');
    const reason = `its levels are ${levels.join(', ')}, and there are ${has} here: allow one of them`;
    await tryStep(this.#store, capture.id, { to: 'rejected', reason });
  }

  /** Nobody takes them any more: the disk did not take the step that was to follow. */
  async #requeue(): Promise<void> {
    const stranded = this.#store.queue
      .inState('acquiring')
      .filter(({ id, request }) => request.camera === this.settings.name && !this.#intake.owns(id));
    for (const { id } of stranded) {
      await tryStep(this.#store, id, { to: 'requested', reason: 'what became of its frame could not be recorded' });
    }
  }

  async #acquire(capture: Capture): Promise<void> {
    const { id } = capture;
    const ending = watchEnd(this.#store, id);
    const path = this.#store.inboxPath(id);
    try {
      await this.#store.advance(id, { to: 'acquiring' });
      const acquired = await this.#take(capture, path, ending.signal);
      await this.#adopt(id, path, acquired);
      this.#failures = 0;
    } catch (error) {
      await clear(this.#io, path);
      const blamed = await blame(this.#io, dirname(path), error);
      await this.#fail(capture, await blameSize({ io: this.#io, store: this.#store }, 'frame', blamed));
    } finally {
      ending.close();
    }
  }

  /** One frame, within the time that it may take, from a driver that may hang. */
  async #take({ id, app, request }: Capture, path: string, ended: AbortSignal): Promise<Acquired> {
    const { timeoutSeconds, mostBytes, name } = this.settings;
    this.#expect(timeoutSeconds * 1000 + GRACE_MS);
    const timer = new AbortController();
    const over = new AbortController();
    const late = new ServiceError('CAMERA', `${name} delivered nothing within ${timeoutSeconds} s: look at the camera`);
    void this.#io.sleep(timeoutSeconds * 1000, over.signal).then(
      () => timer.abort(late),
      () => {},
    );
    try {
      return await withAnyOf([ended, this.#closing.signal, timer.signal], (signal) => {
        const acquired = this.#driver.acquire(
          { captureId: id, app, params: request.params },
          { path, mostBytes },
          signal,
        );
        return Promise.race([acquired, this.#hung(signal, over.signal)]);
      });
    } finally {
      over.abort(OVER);
      this.#expect(0);
    }
  }

  /** Rejects some time after the signal, when the driver should have stopped. */
  async #hung(signal: AbortSignal, over: AbortSignal): Promise<never> {
    await whenAborted(signal, over);
    // A driver that stops in time is no reason to open it anew.
    await this.#io.sleep(GRACE_MS, over);
    this.#failures = FAILURES_TO_REOPEN;
    throw new ServiceError('CAMERA', `The driver of ${this.settings.name} hangs: it is opened anew`);
  }

  async #adopt(id: string, path: string, { settle, ...facts }: Acquired): Promise<void> {
    try {
      await this.#store.adopt(id, path, facts);
    } catch (error) {
      await settle(null, error).catch(() => undefined);
      throw error;
    }
    await settle(id);
  }

  async #fail(capture: Capture, error: unknown): Promise<void> {
    if (error instanceof CaptureEnded || this.#closing.signal.aborted) return;
    const reason = (error as Error).message;
    const excused = this.#excused.get(capture.id) ?? 0;
    if (isDiskFault(error)) {
      this.#lastFailure = reason;
      this.#excused.set(capture.id, excused + 1);
      await this.#pause(DISK_PAUSE_MS);
      return tryStep(this.#store, capture.id, { to: 'requested', reason });
    }
    // The driver refuses what is asked for, and works.
    if (error instanceof ServiceError && error.code === 'INVALID') {
      return tryStep(this.#store, capture.id, { to: 'rejected', reason });
    }
    this.#lastFailure = reason;
    this.#failures += 1;
    const isLast = capture.attempts + 1 - excused >= this.settings.attempts;
    await tryStep(this.#store, capture.id, { to: isLast ? 'failed' : 'requested', reason });
    await this.#recover();
  }

  async #recover(): Promise<void> {
    if (this.#failures >= FAILURES_TO_REOPEN) {
      const former = this.#driver;
      this.#reopened += 1;
      this.#driver = this.#open();
      void former.close().catch(() => undefined);
    }
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(16, this.#failures - 1));
    await this.#pause(pause);
  }

  /** What comes next takes no longer, but for the disk. */
  #expect(milliseconds: number): void {
    this.#dueAt = this.#io.monotonic() + milliseconds;
  }

  async #pause(milliseconds: number): Promise<void> {
    this.#expect(milliseconds);
    await this.#io.sleep(milliseconds, this.#closing.signal).catch(() => undefined);
  }
}
