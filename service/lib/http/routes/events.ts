import type { FastifyInstance, FastifyReply } from 'fastify';
import { ServiceError } from '../../errors.js';
import type { Caller } from '../auth.js';
import type { HttpContext } from '../context.js';
import { ApiError } from '../errors.js';
import type { EventFeed, VisibleEvents } from '../events/feed.js';
import { streamEvents } from '../events/stream.js';
import { abortWhenGone } from '../events/waiting.js';
import type { Waiting } from '../events/waiting.js';
import { visibleApp } from './captures.js';
import { register } from './register.js';
import type { Call } from './register.js';

interface EventQuery {
  readonly after?: number;
  readonly wait?: number;
  readonly limit?: number;
}

type EventCall = Call<unknown, EventQuery>;

const DEFAULT_PAGE = 100;

/** Events: at once, by long poll, or as a stream. */
export function addEvents(app: FastifyInstance, context: HttpContext, feed: EventFeed, waiting: Waiting): void {
  register(app, 'getEvents', async (call: EventCall, reply) => {
    const isStream = (call.headers.accept ?? '').includes('text/event-stream');
    const after = readCursor(call, isStream);
    checkCursor(after, context.store.lastSeq);
    const { wait = 0, limit = DEFAULT_PAGE } = call.query;
    if (!isStream && (wait === 0 || limit === 0)) return feed.read(after, limit, visibleApp(call.caller));
    using _slot = waiting.enter(call.caller);
    const signal = abortWhenGone(reply);
    if (!isStream) return await waitForEvents(context, feed, call.caller, { after, wait, limit, signal });
    if (call.method !== 'HEAD') await stream(context, feed, call.caller, reply, after, signal);
    return reply;
  });
}

function readCursor({ headers, query }: EventCall, isStream: boolean): number {
  const last = isStream ? headers['last-event-id'] : undefined;
  if (last === undefined || last === '') return query.after ?? 0;
  if (typeof last === 'string' && /^\d{1,15}$/.test(last)) return Number(last);
  throw new ServiceError('INVALID', `last-event-id is '${String(last)}': give the id of an event, a number`);
}

/** A log that was made anew from the files begins again: a cursor of the old one would wait for ever. */
function checkCursor(after: number, lastSeq: number): void {
  if (after <= lastSeq) return;
  const advice = 'list the captures, then go on after the last event';
  throw new ApiError('GONE', `after is ${after}, and the last event is ${lastSeq}: the log was made anew; ${advice}`);
}

interface Wish {
  readonly after: number;
  readonly wait: number;
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** Events after a cursor, as soon as there are any that the caller may see, or none once the time is over. */
async function waitForEvents(
  { io }: HttpContext,
  feed: EventFeed,
  caller: Caller,
  { after, wait, limit, signal }: Wish,
): Promise<VisibleEvents> {
  const end = io.monotonic() + wait * 1000;
  let cursor = after;
  for (;;) {
    const found = await feed.read(cursor, limit, visibleApp(caller));
    const left = end - io.monotonic();
    if (found.events.length > 0 || left <= 0 || signal.aborted || feed.isClosed) return found;
    cursor = found.next;
    await feed.waitBeyond(cursor, left, signal);
  }
}

async function stream(
  { limits, io }: HttpContext,
  feed: EventFeed,
  caller: Caller,
  reply: FastifyReply,
  after: number,
  signal: AbortSignal,
): Promise<void> {
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const heartbeatMilliseconds = limits.heartbeatSeconds * 1000;
  try {
    await streamEvents(reply.raw, feed, { after, app: visibleApp(caller), heartbeatMilliseconds, signal, io });
  } finally {
    // The status has been sent: a fault can only end the stream, and the client comes back with its cursor.
    reply.raw.end();
  }
}
