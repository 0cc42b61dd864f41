import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AddressInfo, Socket } from 'node:net';
import { ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import { createApi } from './app.js';
import { Connections } from './connections.js';
import type { HttpContext } from './context.js';
import { ApiError, describeError } from './errors.js';
import { descriptorOf, identifyByPeer, identifyByToken } from './identify.js';
import type { Identify } from './identify.js';

/** Where the API listens. */
export interface Listening {
  readonly socket: {
    readonly path: string;
    /** Such as 0o660. */
    readonly mode: number;
    /** The group that it belongs to; null to leave it. */
    readonly gid: number | null;
  } | null;
  /** Loopback TCP; port 0 takes any. Null for none. */
  readonly tcp: { readonly host: '127.0.0.1' | '::1'; readonly port: number } | null;
}

/** A running API. */
export interface HttpService {
  /** The port of TCP, or null. */
  readonly port: number | null;
  /** Takes no more connections, ends streams and waits, lets the others finish for a moment, and closes. */
  close(): Promise<void>;
}

/** Connections that are taken beyond the limit to be told so; more are closed at once. */
const SPARE_CONNECTIONS = 16;
const CLOSING_MILLISECONDS = 2000;

/** Serves the API. Throws ServiceError LOCKED where another service listens on the socket. */
export async function serveHttp(context: HttpContext, { socket, tcp }: Listening): Promise<HttpService> {
  const { connections: most, connectionsPerUser } = context.limits;
  const connections = new Connections(most, connectionsPerUser);
  const byPeer = identifyByPeer(context.rules, context.peerCredentials);
  const byToken = identifyByToken(context.rules);
  const identify: Identify = (request) => (connections.isLocal(request.socket) ? byPeer(request) : byToken(request));
  const api = await createApi(context, identify, (connection) => connections.crowdOf(connection));
  const servers: Server[] = [];
  const open = (isLocal: boolean): Server => {
    const server = createHttpServer(context, (connection) =>
      connections.add(connection, isLocal, isLocal ? uidOf(context, connection) : null),
    );
    server.on('request', (request, response) => api.app.routing(request, response));
    servers.push(server);
    return server;
  };
  let isOurs = false;
  const close = async (): Promise<void> => {
    await Promise.all([...servers.map(closeServer), api.close()]);
    if (socket && isOurs) await context.io.unlink(socket.path).catch(() => undefined);
  };
  try {
    if (socket) await listenOnSocket(context.io, open(true), socket);
    isOurs = true;
    if (!tcp) return { port: null, close };
    const server = open(false);
    await listenOn(server, tcp);
    return { port: (server.address() as AddressInfo).port, close };
  } catch (error) {
    // What listens already would keep the process alive.
    await close();
    throw describeListening(error, { socket, tcp });
  }
}

/** The user at the other end; null where the connection has gone already. */
function uidOf({ peerCredentials }: HttpContext, connection: Socket): number | null {
  try {
    const descriptor = descriptorOf(connection);
    return descriptor === null ? null : peerCredentials(descriptor).uid;
  } catch {
    return null;
  }
}

/** An error of the system with where it was to listen. */
function describeListening(error: unknown, { socket, tcp }: Listening): ServiceError {
  if (error instanceof ServiceError) return error;
  const where = [socket?.path, tcp && `${tcp.host}:${tcp.port}`].filter((place) => place).join(' and ');
  const { code, message } = error as NodeJS.ErrnoException;
  const advice = code === 'EADDRINUSE' ? 'another program listens there' : 'see the configuration';
  return new ServiceError(
    code === 'EADDRINUSE' ? 'LOCKED' : 'INVALID',
    `Cannot listen on ${where}: ${message}: ${advice}`,
    {
      cause: error,
    },
  );
}

function createHttpServer({ limits }: HttpContext, onConnection: (socket: Socket) => void): Server {
  const server = createServer({
    headersTimeout: limits.headSeconds * 1000,
    requestTimeout: limits.frameSeconds * 1000,
    keepAliveTimeout: limits.idleSeconds * 1000,
    connectionsCheckingInterval: 1000,
    maxHeaderSize: 16 * 1024,
    // Nothing depends on it, and Node's own refusal would not be JSON.
    requireHostHeader: false,
  });
  server.maxConnections = limits.connections + SPARE_CONNECTIONS;
  server.timeout = limits.idleSeconds * 1000;
  server.on('connection', onConnection);
  server.on('clientError', answerMalformed);
  // Node by itself answers the one with an empty body, and the other not at all.
  server.on('checkExpectation', ({ headers, socket }) => refuseExpectation(headers.expect ?? '', socket));
  server.on('connect', (_request, socket) => refuse(socket, new ApiError('METHOD', 'CONNECT: this is no proxy')));
  return server;
}

function refuseExpectation(expect: string, socket: Duplex): void {
  refuse(socket, new ServiceError('INVALID', `expect is '${expect}': leave it out, or send 100-continue`));
}

/** What cannot be parsed has no request: its answer is written by hand. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  refuse(socket, toRefusal(error));
}

/** The last words on a connection. */
function refuse(socket: Duplex, error: ApiError | ServiceError): void {
  const { status, body } = describeError(error);
  const text = JSON.stringify(body);
  const head = `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\nconnection: close\r\n`;
  socket.end(`${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

function toRefusal({ code, message }: NodeJS.ErrnoException): ApiError | ServiceError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ApiError('TIMEOUT', 'The request did not arrive in time: send it faster');
  }
  if (code === 'HPE_HEADER_OVERFLOW') return new ApiError('HEADERS', 'The headers are larger than 16 KiB: send fewer');
  return new ServiceError('INVALID', `This is no HTTP/1.1 request (${message}): check the client`);
}

const listenOn = (server: Server, where: object): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });

/** A socket that a crash has left is taken away; one on which somebody answers is not. */
async function listenOnSocket(
  io: Io,
  server: Server,
  { path, mode, gid }: NonNullable<Listening['socket']>,
): Promise<void> {
  const found = await io.stat(path).catch(() => null);
  if (found && found.kind !== 'socket')
    throw new ServiceError('INVALID', `${path} is no socket: remove it, or name another`);
  if (found && (await answers(path))) {
    throw new ServiceError('LOCKED', `Another service listens on ${path}: stop it, or name another`);
  }
  // Nobody finds it before its mode and group are right.
  const hidden = `${path}.new`;
  await io.unlink(hidden).catch(() => undefined);
  try {
    await listenOn(server, { path: hidden });
    await io.share(hidden, mode, gid);
    await io.rename(hidden, path);
  } catch (error) {
    await io.unlink(hidden).catch(() => undefined);
    throw error;
  }
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSING_MILLISECONDS);
  await closed;
  clearTimeout(timer);
}
