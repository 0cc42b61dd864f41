import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CaptureClient, CaptureClientError } from '../lib/client/index.js';
import type { CaptureEvent } from '../lib/client/index.js';
import { serveHttp } from '../lib/http/server.js';
import { readMessages } from '../lib/client/messages.js';
import { DEFAULT_LIMITS } from '../lib/store/options.js';
import { TOKENS, startApi } from './support/api.js';
import type { StartedApi } from './support/api.js';
import { openFlakyProxy } from './support/flaky-proxy.js';
import type { FlakyProxy } from './support/flaky-proxy.js';

let api: StartedApi;
let proxy: FlakyProxy;
let client: CaptureClient;
let shaky: CaptureClient;
beforeAll(async () => {
  api = await startApi({ limits: { heartbeatSeconds: 0.2 } });
  proxy = await openFlakyProxy(api.port);
  client = new CaptureClient({ socketPath: api.socketPath });
  shaky = new CaptureClient({ port: proxy.port, token: TOKENS.alpha });
});
afterEach(() => {
  proxy.cutAfter = null;
});
afterAll(async () => {
  client.close();
  shaky.close();
  await proxy.close();
  await api.close();
});

const wish = { camera: 'front' };
const product = Buffer.from(Array.from({ length: 2_000_000 }, (_, index) => (index * 31) % 253));

async function stored(by: CaptureClient): Promise<string> {
  const { id } = await by.request(wish);
  await api.finish(id, Buffer.from('raw'), product);
  return id;
}

describe('a client', () => {
  it('asks, waits, downloads and acknowledges', async () => {
    const id = randomUUID();
    const asked = await client.request({ ...wish, priority: 8, output: { format: 'jpeg' } }, id);
    expect(asked).toMatchObject({ id, state: 'requested', request: { priority: 8 } });
    const waiting = client.waitFor(id);
    await api.finish(id, Buffer.from('raw'), product);
    expect(await waiting).toMatchObject({ state: 'stored', level: 'network' });
    const path = join(api.folder, 'product.png');
    const file = await client.download(id, 'product', path);
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(file.sha256);
    expect(await client.ack(id)).toMatchObject({ acked: true });
    expect(await client.hold(id, 60)).toMatchObject({ retention: 'held' });
    expect(await client.end(id)).toMatchObject({ retention: 'released' });
  });

  it('asks once, however often it asks with the same id', async () => {
    const id = randomUUID();
    await Promise.all([1, 2, 3].map(() => client.request(wish, id)));
    expect(api.log.filter(({ captureId }) => captureId === id)).toHaveLength(1);
  });

  it('waits for captures that end otherwise, and for such that have ended', async () => {
    const { id } = await client.request(wish);
    const waiting = client.waitFor(id);
    await client.end(id);
    expect(await waiting).toMatchObject({ state: 'cancelled' });
    expect(await client.waitFor(id)).toMatchObject({ state: 'cancelled' });
  });

  it('stops waiting when it is told to', async () => {
    const { id } = await client.request(wish);
    const abort = new AbortController();
    const waiting = client.waitFor(id, abort.signal);
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(waiting).rejects.toThrow(/enough|abort/i);
  });

  it('lists more captures than fit a page', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 120; index++) ids.push((await shaky.request(wish)).id);
    const found: string[] = [];
    for await (const { id } of shaky.list({ state: 'requested' })) found.push(id);
    expect(found).toEqual(ids);
    const newest = await shaky.list({ newest: true }).next();
    expect(newest.value.id).toBe(ids.at(-1));
  });

  it('passes frames on, from bytes and from files', async () => {
    const path = join(api.folder, 'frame.jpg');
    writeFileSync(path, product);
    const id = randomUUID();
    expect(await client.pushFrame('front', path, 'image/jpeg', id)).toBe(id);
    expect(api.cameras.frames.at(-1)!.bytes.equals(product)).toBe(true);
    await client.pushFrame('front', Buffer.from('abc'), 'image/png');
    expect(api.cameras.frames.at(-1)!.facts).toMatchObject({ app: null, captureId: null });
    const large = client.pushFrame('front', Buffer.alloc(5_000_000), 'image/jpeg');
    await expect(large).rejects.toMatchObject({ code: 'TOO_LARGE', status: 413 });
  });

  it('links a product where it may', async () => {
    const id = await stored(shaky);
    const path = await shaky.link(id, 'product', join(api.folder, 'links'));
    expect(readFileSync(path).equals(product)).toBe(true);
    await expect(shaky.link(id, 'product', '/tmp')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('knows the cameras', async () => {
    expect((await client.cameras()).map(({ id }) => id)).toEqual(['front', 'rear']);
  });

  it.each([
    ['an unknown camera', () => client.request({ camera: 'side' }), 'UNKNOWN', 404],
    ['an unknown capture', () => client.get(randomUUID()), 'UNKNOWN', 404],
    ['a path in an id', () => client.get('../cameras'), 'INVALID', 400],
    ['a file that is not there', () => client.download(randomUUID(), 'raw', '/tmp/none'), 'UNKNOWN', 404],
  ] as const)('says of %s what the service says', async (_, ask, code, status) => {
    const error: unknown = await ask().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CaptureClientError);
    expect(error).toMatchObject({ code, status });
  });

  it('gives up on a service that is not there, after the time that it was given', async () => {
    const lost = new CaptureClient({ socketPath: join(api.folder, 'none.sock'), retrySeconds: 0.3 });
    await expect(lost.cameras()).rejects.toMatchObject({ code: 'UNREACHABLE', status: null });
  });
});

describe('over connections that break', () => {
  it('a download asks for the rest, and the file is whole', async () => {
    const id = await stored(shaky);
    const before = proxy.cuts();
    proxy.cutAfter = 700_000;
    const path = join(api.folder, 'shaky.png');
    await shaky.download(id, 'product', path);
    expect(proxy.cuts() - before).toBeGreaterThanOrEqual(2);
    expect(readFileSync(path).equals(product)).toBe(true);
  });

  it('events are each seen once, in order', async () => {
    const after = api.store.lastSeq;
    const seen: CaptureEvent[] = [];
    const abort = new AbortController();
    const reading = (async () => {
      for await (const event of shaky.events({ after, signal: abort.signal })) {
        seen.push(event);
        if (seen.length === 30) return;
      }
    })();
    for (let index = 0; index < 30; index++) {
      await api.store.request('alpha', randomUUID(), someRequest());
      if (index % 6 === 5) {
        proxy.cut();
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    }
    await reading;
    expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, index) => after + 1 + index));
    abort.abort();
  });

  it('a service that starts again is found again', async () => {
    const own = await startApi();
    const asker = new CaptureClient({ socketPath: own.socketPath });
    const { id } = await asker.request(wish);
    await own.service.close();
    const asking = asker.request(wish, id);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const socket = { path: own.socketPath, mode: 0o600, gid: null };
    const again = await serveHttp(own.context, { socket, tcp: null });
    expect((await asking).id).toBe(id);
    asker.close();
    await again.close();
    await own.close();
  });
});

describe('events that are not kept any more', () => {
  it('are said to be missed', async () => {
    const own = await startApi({ storeLimits: { events: 20 } });
    const asker = new CaptureClient({ socketPath: own.socketPath });
    for (let index = 0; index < 200; index++) await asker.request(wish);
    await own.store.tend();
    const page = await own.store.events(1, 10);
    expect(page.firstSeq).toBeGreaterThan(2);
    await expect(asker.events({ after: 1 }).next()).rejects.toMatchObject({ code: 'MISSED' });
    const first = await asker.events({ after: page.firstSeq - 1 }).next();
    expect(first.value.seq).toBe(page.firstSeq);
    await expect(asker.events({ after: 1e6 }).next()).rejects.toMatchObject({ code: 'GONE', status: 410 });
    asker.close();
    await own.close();
  });
});

describe('a download', () => {
  it('that comes damaged leaves no file', async () => {
    const id = await stored(client);
    const capture = (await api.store.get(id))!;
    const damaged = Buffer.from(product);
    damaged[1000]! ^= 1;
    writeFileSync(api.store.pathOf(capture, 'product'), damaged);
    const path = join(api.folder, 'damaged.png');
    await expect(client.download(id, 'product', path)).rejects.toMatchObject({ code: 'DAMAGED' });
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(api.folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('leaves what was there before until it is whole', async () => {
    const path = join(api.folder, 'before.png');
    writeFileSync(path, 'before');
    await expect(client.download(randomUUID(), 'product', path)).rejects.toMatchObject({ code: 'UNKNOWN' });
    expect(readFileSync(path, 'utf8')).toBe('before');
  });
});

describe('a stream of messages', () => {
  it('is the same in whatever pieces it comes', async () => {
    const text =
      'retry: 1\n\nid: 3\ndata: {"a":"\u00e9\u4e2d"}\n\n: alive\nid: 9\n\nevent: missed\ndata: x\ndata: y\n\n';
    const bytes = Buffer.from(text);
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      const messages = [];
      for await (const message of readMessages(
        (async function* () {
          yield* pieces;
        })(),
      )) {
        messages.push(message);
      }
      expect(messages).toEqual([
        { id: '', event: 'message', data: null },
        { id: '3', event: 'message', data: '{"a":"\u00e9\u4e2d"}' },
        { id: '9', event: 'message', data: null },
        { id: '9', event: 'missed', data: 'x\ny' },
      ]);
    }
  });
});

function someRequest() {
  const request = {
    camera: 'front',
    priority: 4,
    expiresAt: null,
    deadline: null,
    levels: ['network'] as const,
    output: { format: 'png' as const },
    holdForSeconds: 60,
    params: {},
  };
  return { request, sha256: '0'.repeat(64) };
}

describe('a client that asks too often', () => {
  it('waits as long as the service says, and asks again', async () => {
    const busy = await startApi({ limits: { requestsPerSecond: 2 } });
    const eager = new CaptureClient({ socketPath: busy.socketPath });
    const hasty = new CaptureClient({ socketPath: busy.socketPath, retrySeconds: 0 });
    const before = performance.now();
    await eager.request(wish);
    for (let index = 0; index < 4; index++) await eager.cameras();
    expect(performance.now() - before).toBeGreaterThan(900);
    const refused = await Promise.allSettled(Array.from({ length: 6 }, () => hasty.cameras()));
    const reasons = refused.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(reasons[0]).toMatchObject({ code: 'RATE', status: 429, retryAfterSeconds: 1 });
    expect((await eager.events().next()).value.type).toBe('requested');
    eager.close();
    hasty.close();
    await busy.close();
  });

  it('waits for a place in the queue where it comes in time', async () => {
    const full = await startApi({ storeLimits: { app: { ...DEFAULT_LIMITS.app, captures: 1 } } });
    const patient = new CaptureClient({ socketPath: full.socketPath });
    const hasty = new CaptureClient({ socketPath: full.socketPath, retrySeconds: 0.5 });
    const first = await patient.request({ camera: 'front', deadlineMs: 1000 });
    await expect(hasty.request({ camera: 'front' })).rejects.toMatchObject({ code: 'QUOTA', retryAfterSeconds: 1 });
    const second = patient.request({ camera: 'front' });
    await patient.end(first.id);
    expect((await second).state).toBe('requested');
    patient.close();
    hasty.close();
    await full.close();
  });

  it('waits for no place longer than the product may take', async () => {
    const full = await startApi({ storeLimits: { app: { ...DEFAULT_LIMITS.app, captures: 1 } } });
    const patient = new CaptureClient({ socketPath: full.socketPath, retrySeconds: 600 });
    await patient.request({ camera: 'front', deadlineMs: 1000 });
    const urgent = patient.request({ camera: 'front', deadlineMs: 100 });
    await expect(urgent).rejects.toMatchObject({ code: 'QUOTA', retryAfterSeconds: 1 });
    patient.close();
    await full.close();
  }, 20_000);

  it('is told that its stream is refused', async () => {
    const crowded = await startApi({ limits: { waitsPerApp: 1, heartbeatSeconds: 0.2 } });
    const first = new CaptureClient({ socketPath: crowded.socketPath });
    const abort = new AbortController();
    const reading = first.events({ signal: abort.signal }).next();
    await first.request({ camera: 'front' });
    expect((await reading).value.type).toBe('requested');
    const hasty = new CaptureClient({ socketPath: crowded.socketPath, retrySeconds: 0.5 });
    await expect(hasty.events().next()).rejects.toMatchObject({ code: 'QUOTA', message: /wait already/ });
    abort.abort();
    first.close();
    hasty.close();
    await crowded.close();
  });
});
