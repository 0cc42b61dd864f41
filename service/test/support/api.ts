import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { peerCredentials } from 'perifocal/system';
import { ServiceError } from '../../lib/errors.js';
import type { AccessRule } from '../../lib/http/auth.js';
import { DEFAULT_LIMITS } from '../../lib/http/context.js';
import type { Cameras, HttpContext, PushedFrame } from '../../lib/http/context.js';
import { serveHttp } from '../../lib/http/server.js';
import type { HttpService, Listening } from '../../lib/http/server.js';
import type { Health, Vitals } from '../../lib/http/vitals.js';
import { realIo } from '../../lib/io.js';
import { openStore } from '../../lib/store/open.js';
import type { StoreLimits } from '../../lib/store/options.js';
import type { CaptureEvent, Level } from '../../lib/capture/capture.js';
import type { Store } from '../../lib/store/store.js';
import { SMALL_LIMITS } from './real-store.js';

/** Tokens of TCP, by app. */
export const TOKENS = {
  operator: 'operator-token-0123456789abcdef0123456789',
  alpha: 'alpha-token-0123456789abcdef0123456789',
  beta: 'beta-token-0123456789abcdef0123456789',
  viewer: 'viewer-token-0123456789abcdef0123456789',
} as const;
export type AppName = keyof typeof TOKENS;

/** A camera of the kind push that keeps what it is given. */
export class PushedCamera implements Cameras {
  readonly frames: { readonly facts: PushedFrame; readonly bytes: Buffer }[] = [];
  /** So many times nobody waits for a frame yet. */
  refusals = 0;
  /** Milliseconds that it takes for each piece. */
  delay = 0;

  list() {
    const base = { healthy: true, reason: null, width: 640, height: 480 };
    return [
      { ...base, id: 'front', driver: 'push' },
      { ...base, id: 'rear', driver: 'replay', healthy: false, reason: 'no frame for 30 s' },
    ];
  }

  frameLimit(id: string) {
    return id === 'front' ? 4_000_000 : null;
  }

  async push(_id: string, facts: PushedFrame) {
    if (this.refusals-- > 0) throw new ServiceError('STATE', 'No capture waits for a frame of front');
    const chunks: Uint8Array[] = [];
    for await (const chunk of facts.bytes) {
      chunks.push(chunk);
      if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    }
    this.frames.push({ facts, bytes: Buffer.concat(chunks) });
    return { captureId: facts.captureId ?? '00000000-0000-4000-8000-000000000000' };
  }
}

export const VITALS: Vitals = {
  startedAt: 1_790_000_000_000,
  uptimeSeconds: 3600,
  residentBytes: 181e6,
  peakResidentBytes: 240e6,
  cpuSeconds: 321.5,
  throttledSeconds: null,
  loopLagSeconds: 0.004,
  temperatureCelsius: 51.2,
  thermal: 'normal',
  memoryErrors: { corrected: 3, uncorrected: 0 },
  integrity: { found: 2, healed: 2, lost: 0 },
  syncs: { bounds: [0.001, 0.01, 0.1], counts: [5, 3, 1, 0], sum: 0.09 },
  levelSeconds: { network: 7.5, 'pass-through': 0.12 },
  working: null,
  restarts: 1,
};

/** What a test may change of the API that it starts. */
export interface ApiSettings {
  readonly rules?: readonly AccessRule[];
  readonly limits?: Partial<HttpContext['limits']>;
  readonly health?: () => Health;
  readonly vitals?: () => Vitals;
  readonly listening?: Partial<Listening>;
  readonly storeLimits?: Partial<StoreLimits>;
}

/** A real API on a Unix socket and on TCP over a real store. */
export async function startApi(settings: ApiSettings = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'perifocal-api-'));
  mkdirSync(join(folder, 'links'));
  const io = realIo();
  const limits = { ...SMALL_LIMITS, ...settings.storeLimits };
  const store = await openStore({ folder: join(folder, 'store'), io, limits });
  const log: CaptureEvent[] = [];
  store.onEvent((event) => log.push(event));
  const cameras = new PushedCamera();
  const socketPath = join(folder, 'api.sock');
  const context: HttpContext = {
    store,
    cameras,
    io,
    rules: settings.rules ?? defaultRules(folder),
    peerCredentials,
    vitals: settings.vitals ?? (() => VITALS),
    health: settings.health ?? (() => ({ live: true, ready: true, degraded: [] })),
    limits: { ...DEFAULT_LIMITS, ...settings.limits },
    version: '0.1.0',
  };
  const service: HttpService = await serveHttp(context, {
    socket: { path: socketPath, mode: 0o660, gid: null },
    tcp: { host: '127.0.0.1', port: 0 },
    ...settings.listening,
  });
  const close = async (): Promise<void> => {
    await service.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const finish = (id: string, raw: Uint8Array, product: Uint8Array, level?: Level, thumbnail?: Uint8Array) =>
    finishCapture(store, id, { raw, product, level, thumbnail });
  return { store, log, finish, cameras, context, folder, socketPath, port: service.port!, service, close };
}

export type StartedApi = Awaited<ReturnType<typeof startApi>>;

interface Files {
  readonly raw: Uint8Array;
  readonly product: Uint8Array;
  readonly level: Level | undefined;
  readonly thumbnail: Uint8Array | undefined;
}

/** Brings a capture to `stored` with these bytes as its files, as camera and restoration would. */
async function finishCapture(store: Store, id: string, files: Files) {
  const { raw, product, level = 'network', thumbnail = product } = files;
  await store.advance(id, { to: 'acquiring' });
  await writeFile(store.inboxPath(id), raw);
  await store.adopt(id, store.inboxPath(id), { mime: 'image/png', width: 400, height: 200 });
  const draft = await store.beginProduct(id, 'png');
  await writeFile(draft.productPath, product);
  await writeFile(draft.thumbnailPath, thumbnail);
  return store.commit(draft, {
    level,
    levelReason: 'there was time for it',
    model: null,
    mime: 'image/png',
    width: 400,
    height: 200,
    thumbnail: { width: 128, height: 64 },
    report: { seconds: 1.25 },
  });
}

function defaultRules(folder: string): AccessRule[] {
  return [
    { app: 'operator', role: 'operator', uid: process.getuid!(), token: TOKENS.operator },
    { app: 'alpha', role: 'requester', token: TOKENS.alpha, maxPriority: 6, linkFolders: [join(folder, 'links')] },
    { app: 'beta', role: 'requester', token: TOKENS.beta },
    { app: 'viewer', role: 'observer', token: TOKENS.viewer },
  ];
}

/** A reply, read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies freely
  readonly json: any;
}

/** What is sent. */
export interface Sent {
  readonly as?: AppName | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls the API over TCP as an app (default alpha), or as nobody. */
export function call(api: StartedApi, method: string, path: string, sent: Sent = {}): Promise<Reply> {
  const { as = 'alpha', body, headers = {} } = sent;
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        port: api.port,
        host: '127.0.0.1',
        method,
        path,
        agent: false,
        headers: {
          ...(as === null ? {} : { authorization: `Bearer ${TOKENS[as]}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const isJson = response.headers['content-type']?.startsWith('application/json') && bytes.length > 0;
          const json = isJson ? JSON.parse(bytes.toString('utf8')) : undefined;
          resolve({ status: response.statusCode!, headers: response.headers, bytes, json });
        });
      },
    );
    request.on('error', reject);
    request.end(body === undefined ? undefined : isRaw ? body : JSON.stringify(body));
  });
}
