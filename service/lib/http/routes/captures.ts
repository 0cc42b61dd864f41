import type { FastifyInstance, FastifyReply } from 'fastify';
import { checkId, checkRequest } from '../../capture/request.js';
import type { CheckedRequest } from '../../capture/request.js';
import type { Capture, CaptureState, PublicCapture } from '../../capture/capture.js';
import { isTerminal } from '../../capture/machine.js';
import { ServiceError } from '../../errors.js';
import { includesRole } from '../access.js';
import type { Caller } from '../auth.js';
import type { Cameras, HttpContext } from '../context.js';
import type { EventFeed } from '../events/feed.js';
import { abortWhenGone } from '../events/waiting.js';
import type { Waiting } from '../events/waiting.js';
import { told } from '../told.js';
import { register } from './register.js';
import type { Call } from './register.js';

type OnCapture = Call<{ id: string }>;
type GetCall = Call<{ id: string }, { wait?: number }>;
type ListCall = Call<unknown, ListQuery>;

interface ListQuery {
  readonly after?: number;
  readonly newest?: boolean;
  readonly state?: CaptureState;
  readonly camera?: string;
  readonly app?: string;
  readonly limit?: number;
}

const DEFAULT_PAGE = 100;

/** The app whose captures a caller sees; null for an operator, who sees all. */
export const visibleApp = ({ role, app }: Caller): string | null => (includesRole(role, 'operator') ? null : app);

/** A capture that the caller may see. Another app's is as unknown as one that never was: UNKNOWN. */
export async function findCapture({ store }: HttpContext, caller: Caller, id: string): Promise<Capture> {
  const capture = await store.get(checkId(id));
  const app = visibleApp(caller);
  if (capture && (app === null || capture.app === app)) return capture;
  throw new ServiceError('UNKNOWN', `There is no capture ${id} of ${caller.app}: GET /v1/captures lists them`);
}

/** Requests, states and lists of captures. */
export function addCaptures(app: FastifyInstance, context: HttpContext, feed: EventFeed, waiting: Waiting): void {
  const { store } = context;
  register(app, 'requestCapture', (call: Call<{ id: string }, unknown, unknown>, reply) =>
    requestCapture(context, call, reply),
  );
  register(app, 'getCapture', async (call: GetCall, reply) => {
    const { wait = 0 } = call.query;
    // Who goes while the capture is looked for waits for nothing.
    const gone = abortWhenGone(reply);
    const capture = await findCapture(context, call.caller, call.params.id);
    if (wait === 0 || isTerminal(capture.state)) return told(capture, store.clock);
    using _slot = waiting.enter(call.caller);
    await feed.waitForEnd(capture.id, wait * 1000, gone);
    return told(await findCapture(context, call.caller, capture.id), store.clock);
  });
  register(app, 'listCaptures', ({ caller, query }: ListCall) => listCaptures(context, caller, query));
  register(app, 'ackCapture', async ({ caller, params }: OnCapture) => {
    const capture = await findCapture(context, caller, params.id);
    return told(await store.ack(capture.id, capture.app), store.clock);
  });
  register(app, 'holdCapture', async ({ caller, params, body }: Call<{ id: string }, unknown, { seconds: number }>) => {
    const capture = await findCapture(context, caller, params.id);
    return told(await store.hold(capture.id, capture.app, body.seconds), store.clock);
  });
  register(app, 'endCapture', async ({ caller, params }: OnCapture) => {
    const capture = await findCapture(context, caller, params.id);
    return told(await end(context, capture), store.clock);
  });
}

function end({ store }: HttpContext, capture: Capture): Promise<Capture> | Capture {
  if (capture.state === 'stored') return store.release(capture.id, capture.app);
  return isTerminal(capture.state) ? capture : store.cancel(capture.id, capture.app);
}

async function requestCapture(
  { store, cameras }: HttpContext,
  { caller, params, body }: Call<{ id: string }, unknown, unknown>,
  reply: FastifyReply,
): Promise<PublicCapture> {
  const id = checkId(params.id);
  const checked = checkRequest(body, store.clock.now(), store.clock.ahead);
  // What was taken before is the same again, whatever has been configured since.
  if ((await store.get(id))?.app !== caller.app) requireAllowed(cameras, caller, checked);
  const { capture, outcome } = await store.request(caller.app, id, checked);
  reply.code(outcome === 'created' ? 202 : 200).header('location', `/v1/captures/${capture.id}`);
  return told(capture, store.clock);
}

function requireAllowed(cameras: Cameras, caller: Caller, { request: { camera, priority } }: CheckedRequest): void {
  if (!cameras.list().some(({ id }) => id === camera)) {
    throw new ServiceError('UNKNOWN', `There is no camera '${camera}': GET /v1/cameras lists them`);
  }
  if (priority > caller.maxPriority) {
    const limit = `${caller.app} may ask for ${caller.maxPriority} at most`;
    throw new ServiceError('FORBIDDEN', `priority is ${priority}: ${limit}`);
  }
}

async function listCaptures({ store }: HttpContext, caller: Caller, query: ListQuery): Promise<object> {
  const { newest = false, limit = DEFAULT_PAGE, app: wanted, ...filter } = query;
  const visible = visibleApp(caller);
  if (wanted !== undefined && visible !== null && wanted !== visible) {
    throw new ServiceError('FORBIDDEN', `app is '${wanted}': ${caller.app} sees its own captures only`);
  }
  const app = visible ?? wanted;
  const only = app === undefined ? {} : { app };
  const captures = await store.list({ ...filter, ...only, newestFirst: newest, limit });
  return {
    captures: captures.map((capture) => told(capture, store.clock)),
    next: captures.length === limit ? captures.at(-1)!.order : null,
  };
}
