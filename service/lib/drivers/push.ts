import { QuotaError, ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import { withAnyOf } from '../signals.js';
import { writeChunks } from './copy.js';
import type { Acquired, Arrival, CameraInfo, Driver, DriverHealth, DriverRequest, Intake, Sink } from './driver.js';
import { Mailbox } from './mailbox.js';
import { verifyFrame } from './verify.js';
import type { FrameSize } from './verify.js';

/** Other software delivers frames over HTTP. */
export interface PushOptions extends FrameSize {
  readonly driver: 'push';
}

/** A frame as it comes in. */
export interface Pushed {
  /** Meant for this capture; null for whichever waits. */
  readonly captureId: string | null;
  /** The app whose captures it may be for; null for those of all. */
  readonly app: string | null;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Aborts when the sender is gone. */
  readonly signal: AbortSignal;
}

/** After how long a sender that must wait is to try again. */
const RETRY_SECONDS = 2;

/** Frames come by `PUT /v1/cameras/{id}/frames`. */
export class PushDriver implements Driver {
  readonly #io: Io;
  readonly #name: string;
  readonly #options: PushOptions;
  readonly #mailbox: Mailbox;
  readonly #closing = new AbortController();

  constructor(io: Io, name: string, options: PushOptions, intake: Intake | null) {
    this.#io = io;
    this.#name = name;
    this.#options = options;
    this.#mailbox = new Mailbox(intake);
  }

  describe(): CameraInfo {
    const { driver, width, height } = this.#options;
    return { driver, source: `PUT /v1/cameras/${this.#name}/frames`, width, height };
  }

  health(): DriverHealth {
    return { healthy: true, reason: null };
  }

  acquire(request: DriverRequest, sink: Sink, signal: AbortSignal): Promise<Acquired> {
    return withAnyOf([signal, this.#closing.signal], (either) => this.#mailbox.acquire(request, sink, either));
  }

  /**
   * Takes a frame. Resolves with the capture that has it once it is durable. Rejects with `STATE` where nobody waits
   * for it, with `QUOTA` where too many wait, with `CAMERA` where it is no whole frame.
   */
  push(frame: Pushed): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#mailbox.offer(this.#arrivalOf(frame, resolve, reject)).then((answer) => {
        if (answer !== 'taken') reject(this.#refusal(frame));
      }, reject);
    });
  }

  async close(): Promise<void> {
    this.#closing.abort(new ServiceError('CLOSED', `The service is stopping: push to ${this.#name} later`));
  }

  #arrivalOf(
    { captureId, app, bytes, signal: gone }: Pushed,
    resolve: (captureId: string) => void,
    reject: (reason: unknown) => void,
  ): Arrival {
    const failure = new ServiceError('CAMERA', `The frame was not kept by ${this.#name}: send it again`);
    return {
      name: 'a pushed frame',
      captureId,
      app,
      write: async (sink, signal) => {
        const signals = [gone, signal, this.#closing.signal];
        await withAnyOf(signals, (any) => writeChunks(this.#io, bytes, sink, any));
        return verifyFrame(this.#io, sink.path, this.#options, this.#name);
      },
      settle: async (kept, why) => (kept === null ? reject(why ?? failure) : resolve(kept)),
    };
  }

  #refusal({ captureId, app }: Pushed): ServiceError {
    if (this.#mailbox.hasIntake && captureId === null) {
      return new QuotaError(`Too many frames of ${this.#name} wait: send this one again later`, RETRY_SECONDS);
    }
    const advice = 'request a capture first, or give the camera standing captures in the configuration';
    const whose = app === null ? '' : ` of ${app}`;
    return new ServiceError('STATE', `No capture${whose} waits for a frame of ${this.#name}: ${advice}`);
  }
}
