import { dirname } from 'node:path';
import { decidePush } from '../capture/scheduler.js';
import { checkRequest } from '../capture/request.js';
import type { Arrival } from '../drivers/driver.js';
import { ServiceError, isDiskFault } from '../errors.js';
import type { Io } from '../io.js';
import type { Store } from '../store/store.js';
import { clear } from '../drivers/clear.js';
import { blame, blameSize } from './disk-fault.js';
import { tryStep } from './try-step.js';
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
  /** Captures that the disk has cost their frame: it is offered again, and is theirs. */
  readonly #robbed = new Set<string>();
  /** One decision at a time: several at once would all take the same place. */
  #turn: Promise<unknown> = Promise.resolve();
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
    this.#requireSender(arrival);
    // The camera asks for their frames in a moment.
    if (this.#isAnyRobbed()) return 'later';
    const id = this.#io.uuid();
    this.#own.add(id);
    try {
      const answer = await this.#inTurn(() => this.#request(id));
      if (answer !== 'taken') return answer;
      await this.#fill(id, arrival);
      return 'taken';
    } finally {
      this.#own.delete(id);
    }
  }

  /** Who may not send for the app of the standing request is told so. */
  #requireSender({ app }: Arrival): void {
    const { name, standing } = this.#camera;
    if (app === null || app === standing!.app) return;
    const message = `Frames of ${name} become captures of ${standing!.app}, and ${app} may not send them`;
    throw new ServiceError(
      'FORBIDDEN',
      `${message}: name it among the pushers of the camera, or give a capture of yours`,
    );
  }

  #isAnyRobbed(): boolean {
    for (const id of this.#robbed) if (this.#store.queue.find(id)?.raw !== null) this.#robbed.delete(id);
    return this.#robbed.size > 0;
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(run);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** A capture for the frame, where it may have one. */
  async #request(id: string): Promise<'taken' | 'dropped' | 'later'> {
    const { name, queue, overflow } = this.#camera;
    const decision = decidePush(this.#store.queue.ofCamera(name), queue, overflow);
    if (!decision.take) {
      this.#count(decision.wait ? 'refused' : 'droppedNewest');
      return decision.wait ? 'later' : 'dropped';
    }
    try {
      const { app, ...standing } = this.#camera.standing!;
      await this.#store.request(app, id, checkRequest(bodyOf(name, standing), this.#store.clock.now()));
      return 'taken';
    } catch (error) {
      if (!(error instanceof ServiceError) || !['QUOTA', 'FULL'].includes(error.code)) throw error;
      this.#count('refused');
      return 'later';
    }
  }

  /** Only once the new frame is safe, an older one goes for it. */
  async #makePlace(id: string): Promise<void> {
    const { name, queue, overflow } = this.#camera;
    const decision = decidePush(this.#store.queue.ofCamera(name, id), queue, overflow);
    if (!decision.take || !decision.drop) return;
    const reason = 'a newer frame has taken its place: too many of this camera wait';
    await tryStep(this.#store, decision.drop.id, { to: 'failed', reason });
    this.#count('droppedOldest');
  }

  /**
   * Its capture has failed where the frame cannot be taken; where the disk is at fault, it waits for the frame to be
   * offered again.
   */
  async #fill(id: string, arrival: Arrival): Promise<void> {
    const sink = { path: this.#store.inboxPath(id), mostBytes: this.#camera.mostBytes };
    try {
      await this.#store.advance(id, { to: 'acquiring' });
      const facts = await arrival.write(sink, this.#closing);
      await this.#store.adopt(id, sink.path, facts);
    } catch (failure) {
      await clear(this.#io, sink.path);
      const blamed = await blame(this.#io, dirname(sink.path), failure);
      const error = await blameSize({ io: this.#io, store: this.#store }, 'frame', blamed);
      const reason = `${arrival.name}: ${(error as Error).message}`;
      if (isDiskFault(error)) this.#robbed.add(id);
      await arrival.settle(null, error).catch(() => undefined);
      // Where not even this is taken, the loop of the camera has it requested again.
      return tryStep(this.#store, id, { to: isDiskFault(error) ? 'requested' : 'failed', reason });
    }
    await arrival.settle(id);
    await this.#inTurn(() => this.#makePlace(id)).catch(() => undefined);
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
