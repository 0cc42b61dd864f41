import { decidePush } from '../capture/scheduler.js';
import { checkRequest } from '../capture/request.js';
import type { Arrival } from '../drivers/driver.js';
import { ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import type { Store } from '../store/store.js';
import type { CameraSettings, StandingRequest } from './settings.js';

/** Frames that came unasked and are no captures, by what became of them. */
export interface IntakeCounts {
  readonly droppedOldest: number;
  readonly droppedNewest: number;
  readonly refused: number;
}

/** Makes a capture of every frame that comes unasked, as long as not too many wait. */
export class FrameIntake {
  readonly #io: Io;
  readonly #store: Store;
  readonly #camera: CameraSettings;
  readonly #closing: AbortSignal;
  /** Captures whose frame is there: nobody else is to look for one. */
  readonly #own = new Set<string>();
  #counts: IntakeCounts = { droppedOldest: 0, droppedNewest: 0, refused: 0 };

  constructor(io: Io, store: Store, camera: CameraSettings, closing: AbortSignal) {
    this.#io = io;
    this.#store = store;
    this.#camera = camera;
    this.#closing = closing;
  }

  get counts(): IntakeCounts {
    return this.#counts;
  }

  /** Whether it has the frame of that capture. */
  owns(id: string): boolean {
    return this.#own.has(id);
  }

  /** Rejects where the store cannot be written. */
  async take(arrival: Arrival): Promise<'taken' | 'dropped' | 'later'> {
    const { name, queue, overflow } = this.#camera;
    const decision = decidePush(this.#store.live(), name, queue, overflow);
    if (!decision.take) {
      this.#count(decision.wait ? 'refused' : 'droppedNewest');
      return decision.wait ? 'later' : 'dropped';
    }
    if (decision.drop) {
      const reason = 'a newer frame has taken its place: too many of this camera wait';
      await this.#store.advance(decision.drop.id, { to: 'failed', reason });
      this.#count('droppedOldest');
    }
    return this.#adopt(arrival);
  }

  async #adopt(arrival: Arrival): Promise<'taken' | 'later'> {
    const id = this.#io.uuid();
    this.#own.add(id);
    try {
      return await this.#request(id, arrival);
    } finally {
      this.#own.delete(id);
    }
  }

  async #request(id: string, arrival: Arrival): Promise<'taken' | 'later'> {
    try {
      const { app, ...standing } = this.#camera.standing!;
      await this.#store.request(app, id, checkRequest(bodyOf(this.#camera.name, standing), this.#io.now()));
    } catch (error) {
      if (!(error instanceof ServiceError) || !['QUOTA', 'FULL'].includes(error.code)) throw error;
      this.#count('refused');
      return 'later';
    }
    await this.#fill(id, arrival);
    return 'taken';
  }

  /** Its capture has failed where the frame cannot be taken. */
  async #fill(id: string, arrival: Arrival): Promise<void> {
    const sink = { path: this.#store.inboxPath(id), mostBytes: this.#camera.mostBytes };
    try {
      await this.#store.advance(id, { to: 'acquiring' });
      const facts = await arrival.write(sink, this.#closing);
      await this.#store.adopt(id, sink.path, facts);
      await arrival.settle(id);
    } catch (error) {
      await this.#io.unlink(sink.path).catch(() => undefined);
      const reason = `${arrival.name}: ${(error as Error).message}`;
      await this.#store.advance(id, { to: 'failed', reason }).catch(() => undefined);
      await arrival.settle(null);
    }
  }

  #count(what: keyof IntakeCounts): void {
    this.#counts = { ...this.#counts, [what]: this.#counts[what] + 1 };
  }
}

/** The standing request as an app would send it. */
const bodyOf = (camera: string, { holdForSeconds, ...rest }: Omit<StandingRequest, 'app'>): object => ({
  camera,
  ...rest,
  holdFor: holdForSeconds,
});
