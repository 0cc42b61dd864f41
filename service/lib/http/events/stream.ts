import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { CaptureEvent } from '../../capture/capture.js';
import type { Io } from '../../io.js';
import type { EventFeed } from './feed.js';

/** Events that are written before the client has taken those before. */
const BATCH = 100;

/** What an event stream is told. */
export interface StreamOptions {
  /** Events after this one. */
  readonly after: number;
  /** The app whose events they are; null for all. */
  readonly app: string | null;
  readonly heartbeatMilliseconds: number;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  readonly io: Io;
}

/**
 * Sends events as a stream (HTML standard, server-sent events) until the client goes or the service stops. Each has its
 * number as id, so that a client that comes back says where it was. It is read from the store only as fast as the
 * client takes it: a slow client costs no memory. A heartbeat moves the cursor past the events of other apps.
 */
export async function streamEvents(response: ServerResponse, feed: EventFeed, options: StreamOptions): Promise<void> {
  const { app, heartbeatMilliseconds, signal, io } = options;
  let cursor = options.after;
  let writtenAt = io.monotonic();
  await write(response, 'retry: 1000\n\n', signal);
  while (!signal.aborted && !feed.isClosed) {
    const { events, next, firstSeq } = await feed.read(cursor, BATCH, app);
    const isSilent = io.monotonic() - writtenAt >= heartbeatMilliseconds;
    const heartbeat = isSilent ? `: alive\nid: ${next}\n\n` : '';
    const text = tellMissed(cursor, firstSeq) + events.map(toMessage).join('') || heartbeat;
    if (text !== '') {
      await write(response, text, signal);
      writtenAt = io.monotonic();
    }
    cursor = next;
    if (events.length === BATCH) continue;
    await feed.waitBeyond(cursor, Math.max(writtenAt + heartbeatMilliseconds - io.monotonic(), 0), signal);
  }
}

const toMessage = (event: CaptureEvent): string => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;

/** An event of its own where events after the cursor are not kept any more: the app should list its captures. */
const tellMissed = (cursor: number, firstSeq: number): string =>
  cursor > 0 && cursor < firstSeq - 1 ? `event: missed\ndata: ${JSON.stringify({ firstSeq })}\n\n` : '';

async function write(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (response.write(text)) return;
  await once(response, 'drain', { signal }).catch(() => undefined);
}
