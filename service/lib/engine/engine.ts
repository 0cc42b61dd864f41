import type { CaptureEvent } from '../capture/capture.js';
import type { Io } from '../io.js';
import type { Board } from '../limits/board.js';
import type { Store } from '../store/store.js';
import { CameraLoop } from './camera-loop.js';
import { Faults } from './faults.js';
import { Pace } from './pace.js';
import { RestoreLoop } from './restore-loop.js';
import type { Working } from './restore-loop.js';
import type { Restorers } from './restorers.js';
import type { CameraSettings, EngineSettings } from './settings.js';
import { tryStep } from './try-step.js';

/** How soon a capture is found to be too late. */
const EXPIRY_MS = 250;

export interface EngineOptions {
  readonly io: Io;
  readonly store: Store;
  readonly board: Board;
  readonly settings: EngineSettings;
  readonly cameras: readonly CameraSettings[];
}

/** Takes frames of all cameras, and restores them, one at a time. */
export class Engine {
  readonly cameras: ReadonlyMap<string, CameraLoop>;
  readonly pace: Pace;
  readonly faults = new Faults();
  readonly #options: EngineOptions;
  readonly #restorers: Restorers;
  readonly #restoring: RestoreLoop;
  readonly #closing = new AbortController();
  readonly #expiry: Promise<void>;
  readonly #unlisten: () => void;
  /** By the clock that never jumps. */
  #aliveAt: number;

  /** @param restorers whose plans were checked */
  constructor(options: EngineOptions, restorers: Restorers) {
    const { io, store, board, settings, cameras } = options;
    this.#options = options;
    this.#restorers = restorers;
    this.#aliveAt = io.monotonic();
    this.pace = new Pace(store.memo('pace'));
    const threads = (): 1 | 2 | 3 => (board.state.thermal === 'normal' ? settings.threads : settings.hotThreads);
    const { pace, faults } = this;
    const { attempts } = settings;
    const thermal = () => board.state.thermal;
    this.#restoring = new RestoreLoop({ io, store, restorers, pace, faults, thermal, threads, attempts });
    this.cameras = new Map(cameras.map((camera) => [camera.name, new CameraLoop(io, store, camera, restorers.levels)]));
    this.#unlisten = store.onEvent((event) => this.#ring(event));
    this.#expiry = this.#expire();
  }

  get working(): Working | null {
    return this.#restoring.working;
  }

  /** Without progress while something is being restored. */
  get stalledSeconds(): number {
    return this.#restoring.stalledSeconds;
  }

  /** Since its clock last ticked. */
  get silentSeconds(): number {
    return (this.#options.io.monotonic() - this.#aliveAt) / 1000;
  }

  /** How often a driver was opened anew. */
  get restarts(): number {
    return [...this.cameras.values()].reduce((sum, camera) => sum + camera.reopened, 0);
  }

  /** Cameras first, so that nothing new comes; what is being restored is given up until the next start. */
  async close(): Promise<void> {
    this.#unlisten();
    this.#closing.abort();
    await Promise.all([...this.cameras.values()].map((camera) => camera.close()));
    await this.#restoring.close();
    await this.#restorers.close();
    await this.#expiry;
  }

  /** Only who has something new to do is woken: events are many. */
  #ring({ type }: CaptureEvent): void {
    if (type === 'acquired') this.#restoring.ring();
    if (type === 'requested') for (const camera of this.cameras.values()) camera.ring();
  }

  /** Captures of a camera that is not configured any more would wait for ever. */
  async #rejectStray(): Promise<void> {
    const { store } = this.#options;
    const strange = store.queue.cameras.filter((camera) => !this.cameras.has(camera));
    const stray = strange.flatMap((camera) => store.queue.requestedOf(camera, store.clock.now()));
    for (const { id, request } of stray) {
      const reason = `there is no camera ${request.camera} any more: request another one`;
      await tryStep(store, id, { to: 'rejected', reason }).catch(() => undefined);
    }
  }

  /** Captures that have no frame when their time is over. */
  async #expire(): Promise<void> {
    const { io, store } = this.#options;
    while (!this.#closing.signal.aborted) {
      this.#aliveAt = io.monotonic();
      const late = store.queue.overdue(store.clock.now());
      for (const { id } of late) {
        const change = { to: 'expired', reason: 'its time was over before a frame was taken' } as const;
        // It may have been taken in this very moment.
        await store.advance(id, change).catch(() => undefined);
      }
      await this.#rejectStray();
      await io.sleep(EXPIRY_MS, this.#closing.signal).catch(() => undefined);
    }
  }
}
