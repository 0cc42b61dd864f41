import type { Acquired, Arrival, DriverRequest, Intake, Sink } from './driver.js';

/** Somebody who waits for a frame. */
interface Waiting {
  readonly captureId: string;
  readonly app: string;
  resolve(arrival: Arrival): void;
}

/** Where frames that a camera sends on its own meet those who wait for one. */
export class Mailbox {
  readonly #intake: Intake | null;
  #waiting: Waiting[] = [];

  /** @param intake takes what nobody waits for; null: it waits at its source */
  constructor(intake: Intake | null) {
    this.#intake = intake;
  }

  /** Whether a frame would be looked at now. */
  get isWanted(): boolean {
    return this.#waiting.length > 0 || this.hasIntake;
  }

  get hasIntake(): boolean {
    return this.#intake !== null;
  }

  /** Gives a frame to who waits for it, else to the intake. `taken` only says that somebody has it now. */
  async offer(arrival: Arrival): Promise<'taken' | 'dropped' | 'later'> {
    const waiting = this.#waiting.find((candidate) => isFor(arrival, candidate));
    if (!waiting) return this.#intake && arrival.captureId === null ? this.#intake(arrival) : 'later';
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    waiting.resolve(arrival);
    return 'taken';
  }

  /** Waits for a frame and writes it. Rejects with the signal's reason, or as the frame's source does. */
  async acquire(request: DriverRequest, sink: Sink, signal: AbortSignal): Promise<Acquired> {
    const arrival = await this.#next(request, signal);
    try {
      const facts = await arrival.write(sink, signal);
      return { ...facts, settle: (captureId, why) => arrival.settle(captureId, why) };
    } catch (error) {
      await arrival.settle(null, signal.aborted ? signal.reason : error);
      throw error;
    }
  }

  #next({ captureId, app }: DriverRequest, signal: AbortSignal): Promise<Arrival> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        captureId,
        app,
        resolve: (arrival) => {
          signal.removeEventListener('abort', onAbort);
          resolve(arrival);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiting);
    });
  }
}

/** Nobody's frame is given to an app that its sender may not send for. */
const isFor = (arrival: Arrival, { captureId, app }: Waiting): boolean =>
  (arrival.captureId === null || arrival.captureId === captureId) && (arrival.app === null || arrival.app === app);
