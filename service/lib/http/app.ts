import type { Socket } from 'node:net';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ServiceError } from '../errors.js';
import { ROUTES, includesRole, methodsOf } from './access.js';
import type { HttpContext } from './context.js';
import { ApiError, describeError, toApiError } from './errors.js';
import { EventFeed } from './events/feed.js';
import { Waiting } from './events/waiting.js';
import type { Identify } from './identify.js';
import { createMetrics } from './metrics.js';
import { addCameras } from './routes/cameras.js';
import { addCaptures } from './routes/captures.js';
import { addEvents } from './routes/events.js';
import { addFiles } from './routes/files.js';
import { addPage } from './routes/page.js';
import { addSystem } from './routes/system.js';
import { RequestRate } from './rate.js';
import { Tally } from './tally.js';

/** Of JSON; frames have limits of their own. */
const MOST_JSON_BYTES = 64 * 1024;

/** The API without its sockets. */
export interface Api {
  /** Ready to answer: `app.routing` takes what a server receives. */
  readonly app: FastifyInstance;
  /** Ends streams and waits, then all routes. */
  close(): Promise<void>;
}

/** Makes the API. `identify` tells who is at the other end; `crowdOf` why a connection is one too many, or null. */
export async function createApi(
  context: HttpContext,
  identify: Identify,
  crowdOf: (socket: Socket) => string | null = () => null,
): Promise<Api> {
  const app = fastify({
    bodyLimit: MOST_JSON_BYTES,
    exposeHeadRoutes: false,
    frameworkErrors: (error, _request, reply) => void sendError(error, reply),
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false, strict: false } },
  });
  const feed = new EventFeed(context.store, context.io);
  const waiting = new Waiting(context.limits.waitsPerApp);
  const rate = new RequestRate(context.limits.requestsPerSecond, () => context.io.monotonic());
  const tally = new Tally(context.store, context.store.clock);
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('caller');
  app.addHook('onRequest', async (request) => {
    requirePlace(crowdOf(request.socket));
    admit(request, identify);
    if (request.caller) rate.count(request.caller.app);
  });
  app.addHook('onRequest', (request, reply, done) => {
    limitBody(context, request, reply);
    done();
  });
  app.setErrorHandler((error, _request, reply) => sendError(error, reply));
  app.setNotFoundHandler((request, reply) => refuseUnknown(request, reply));
  addCaptures(app, context, feed, waiting);
  addFiles(app, context);
  addEvents(app, context, feed, waiting);
  addCameras(app, context);
  addSystem(app, context, tally, createMetrics(context, tally));
  addPage(app, context, tally);
  await tally.fill();
  await app.ready();
  const close = async (): Promise<void> => {
    feed.close();
    tally.close();
    await app.close();
  };
  return { app, close };
}

function requirePlace(crowd: string | null): void {
  if (crowd !== null) throw new ApiError('BUSY', `${crowd}: close one, or try again in a second`, 1);
}

/** Finds out who calls and whether they may. */
function admit(request: FastifyRequest, identify: Identify): void {
  const name = request.routeOptions.config.route;
  if (!name) return;
  const caller = identify(request.raw);
  if (!caller) {
    const advice = 'over TCP send authorization: Bearer TOKEN, over the socket have your user in the table of roles';
    throw new ApiError('UNAUTHENTICATED', `Nobody is known by these credentials: ${advice}`);
  }
  const needed = ROUTES[name].role;
  if (!includesRole(caller.role, needed)) {
    throw new ServiceError('FORBIDDEN', `${caller.app} is ${caller.role}: this needs the role ${needed}`);
  }
  request.caller = caller;
}

/** Refuses a body that takes too long to arrive. */
function limitBody({ limits }: HttpContext, request: FastifyRequest, reply: FastifyReply): void {
  const seconds = request.routeOptions.config.route === 'pushFrame' ? limits.frameSeconds : limits.bodySeconds;
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const refuse = (): void => {
    if (request.raw.complete || reply.sent) return;
    void sendError(new ApiError('TIMEOUT', `The body did not arrive within ${seconds} s: send it faster`), reply);
    // What is still to come is of no use: the reply goes out, then the connection ends.
    reply.raw.once('finish', () => request.raw.destroy());
  };
  const timer = setTimeout(refuse, seconds * 1000);
  reply.raw.once('close', () => clearTimeout(timer));
}

function refuseUnknown({ method, url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = url.split('?')[0]!;
  const allowed = methodsOf(path);
  if (allowed.length === 0) {
    return sendError(new ServiceError('UNKNOWN', `There is nothing at ${path}: see /v1/openapi.json`), reply);
  }
  reply.header('allow', allowed.join(', '));
  return sendError(new ApiError('METHOD', `${path} does not take ${method}: use ${allowed.join(', ')}`), reply);
}

function sendError(error: unknown, reply: FastifyReply): FastifyReply {
  if (reply.sent) return reply;
  const { status, headers, body } = describeError(toApiError(error));
  if (status === 401) reply.header('www-authenticate', ['Basic realm="perifocal"', 'Bearer']);
  // A body that has not been read must not be taken for the next request.
  if (hasUnreadBody(reply.request)) reply.header('connection', 'close');
  for (const name of ['content-length', 'content-type', 'etag', 'accept-ranges']) reply.removeHeader(name);
  return reply.code(status).headers(headers).type('application/json').send(JSON.stringify(body));
}

const hasUnreadBody = ({ raw, headers }: FastifyRequest): boolean =>
  !raw.complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);
