import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureEvent } from '../capture/capture.js';
import { Backoff } from './backoff.js';
import { CaptureClientError, isPassing, isRefusal } from './errors.js';
import { readMessages } from './messages.js';
import type { Transport } from './transport.js';

/** Where to begin, and when to end. */
export interface EventOptions {
  /** The number of the last event that has been seen; default 0: from the oldest. Keep it where a crash cannot. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

/**
 * Events after a cursor, each once and in order, for ever: a connection that breaks is made anew, and nothing is
 * missed. Ends when the loop over them ends; throws the signal's reason when it aborts, `MISSED` where events after the
 * cursor are not kept any more, `GONE` where the log was made anew, and the refusal (`QUOTA`, `RATE`, `BUSY`) where the
 * service gives nothing else for `retrySeconds`.
 */
export async function* followEvents(transport: Transport, options: EventOptions): AsyncGenerator<CaptureEvent> {
  const { signal } = options;
  let cursor = options.after ?? 0;
  const backoff = new Backoff();
  const refusals = new Refusals(transport.retrySeconds);
  for (;;) {
    let failure: unknown;
    signal?.throwIfAborted();
    try {
      for await (const { id, event } of openStream(transport, cursor, signal)) {
        backoff.reset();
        refusals.end();
        if (event && event.seq > cursor) yield event;
        cursor = Math.max(cursor, id);
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!isPassing(error)) throw error;
      failure = error;
    }
    const pause = backoff.next(failure);
    refusals.check(failure, pause);
    await sleep(pause, undefined, signal ? { signal } : {});
  }
}

/** Refusals that come one after the other, which are borne for so long: a break may be waited for, not a full place. */
class Refusals {
  readonly #seconds: number;
  #since: number | null = null;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** There was a sign of life. */
  end(): void {
    this.#since = null;
  }

  /** Throws a refusal where the next try, after a pause in milliseconds, comes too late. */
  check(failure: unknown, pause: number): void {
    const now = performance.now();
    this.#since = isRefusal(failure) ? (this.#since ?? now) : null;
    if (this.#since !== null && now + pause > this.#since + this.#seconds * 1000) throw failure;
  }
}

interface Sign {
  readonly id: number;
  readonly event: CaptureEvent | null;
}

/** One connection: its events, and the cursor that it moves past those of others. */
async function* openStream(transport: Transport, after: number, signal?: AbortSignal): AsyncGenerator<Sign> {
  const headers = { accept: 'text/event-stream' };
  const response = await transport.open({ method: 'GET', path: `/v1/events?after=${after}`, headers, signal });
  try {
    for await (const { id, event, data } of readMessages(response)) {
      if (event === 'missed') {
        throw new CaptureClientError('MISSED', `Events after ${after} are not kept any more (${data}): list captures`);
      }
      yield { id: Number(id), event: data === null ? null : (JSON.parse(data) as CaptureEvent) };
    }
  } catch (error) {
    if (error instanceof CaptureClientError || error instanceof SyntaxError) throw error;
    throw new CaptureClientError('UNREACHABLE', `The stream broke off: ${(error as Error).message}`);
  } finally {
    response.destroy();
  }
}
