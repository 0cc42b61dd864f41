import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureEvent } from '../capture/capture.js';
import { Backoff } from './backoff.js';
import { CaptureClientError, isPassing } from './errors.js';
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
 * cursor are not kept any more, `GONE` where the log was made anew.
 */
export async function* followEvents(transport: Transport, options: EventOptions): AsyncGenerator<CaptureEvent> {
  const { signal } = options;
  let cursor = options.after ?? 0;
  const backoff = new Backoff();
  for (;;) {
    let failure: unknown;
    signal?.throwIfAborted();
    try {
      for await (const { id, event } of openStream(transport, cursor, signal)) {
        backoff.reset();
        if (event && event.seq > cursor) yield event;
        cursor = Math.max(cursor, id);
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!isPassing(error)) throw error;
      failure = error;
    }
    await sleep(backoff.next(failure), undefined, signal ? { signal } : {});
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
