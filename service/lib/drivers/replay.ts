import { join } from 'node:path';
import { ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import { withAnyOf } from '../signals.js';
import { copyFile } from './copy.js';
import type { Acquired, Arrival, CameraInfo, Driver, DriverHealth, DriverRequest, Intake, Sink } from './driver.js';
import { Mailbox } from './mailbox.js';
import { verifyFrame } from './verify.js';
import type { FrameSize } from './verify.js';

/** A folder of frames that are played as if a camera took them: for demonstrations and tests. */
export interface ReplayOptions extends FrameSize {
  readonly driver: 'replay';
  readonly folder: string;
  /** A frame comes every so many seconds; null: whenever one is wanted. Default null. */
  readonly everySeconds: number | null;
  /** So many frames come in all, from the first file again after the last; null: for ever. Default null. */
  readonly frames: number | null;
}

/** Plays the files of a folder, in the order of their names, over and over. */
export class ReplayDriver implements Driver {
  readonly #io: Io;
  readonly #name: string;
  readonly #options: ReplayOptions;
  readonly #mailbox: Mailbox;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #trouble: string | null = null;
  #played = 0;
  #missed = 0;

  constructor(io: Io, name: string, options: ReplayOptions, intake: Intake | null) {
    this.#io = io;
    this.#name = name;
    this.#options = options;
    this.#mailbox = new Mailbox(intake);
    this.#done = this.#run().catch((error: Error) => {
      if (!this.#closing.signal.aborted) this.#trouble = error.message;
    });
  }

  describe(): CameraInfo {
    const { driver, folder, width, height } = this.#options;
    return { driver, source: folder, width, height };
  }

  health(): DriverHealth {
    if (this.#trouble !== null) return { healthy: false, reason: this.#trouble };
    return { healthy: true, reason: this.#missed > 0 ? `nobody wanted ${this.#missed} frames` : null };
  }

  async acquire(request: DriverRequest, sink: Sink, signal: AbortSignal): Promise<Acquired> {
    return withAnyOf([signal, this.#closing.signal], async (either) => {
      if (this.#options.everySeconds !== null) return this.#mailbox.acquire(request, sink, either);
      const arrival = await this.#next();
      const facts = await arrival.write(sink, either);
      return { ...facts, settle: (captureId) => arrival.settle(captureId) };
    });
  }

  async close(): Promise<void> {
    this.#closing.abort(new ServiceError('CLOSED', `Camera ${this.#name} is being closed`));
    await this.#done;
  }

  /** A frame each time; the times do not drift. */
  async #run(): Promise<void> {
    const { everySeconds, frames } = this.#options;
    if (everySeconds === null) return;
    const start = this.#io.monotonic();
    for (let i = 1; i <= (frames ?? Number.POSITIVE_INFINITY); i += 1) {
      const wait = start + i * everySeconds * 1000 - this.#io.monotonic();
      await this.#io.sleep(Math.max(0, wait), this.#closing.signal);
      await this.#play();
    }
  }

  async #play(): Promise<void> {
    try {
      const answer = await this.#mailbox.offer(await this.#next());
      if (answer !== 'taken') this.#missed += 1;
      this.#trouble = null;
    } catch (error) {
      this.#trouble = (error as Error).message;
    }
  }

  async #next(): Promise<Arrival> {
    const { folder, frames } = this.#options;
    const names = (await this.#io.list(folder)).filter((name) => !name.startsWith('.'));
    if (names.length === 0) throw new ServiceError('CAMERA', `${folder} has no frames to replay: put some into it`);
    if (frames !== null && this.#played >= frames) {
      throw new ServiceError('CAMERA', `Camera ${this.#name} has played its ${frames} frames`);
    }
    const name = names[this.#played++ % names.length]!;
    return {
      name,
      captureId: null,
      app: null,
      write: async (sink, signal) => {
        await copyFile(this.#io, join(folder, name), sink, signal);
        return verifyFrame(this.#io, sink.path, this.#options, this.#name);
      },
      settle: async () => {},
    };
  }
}
