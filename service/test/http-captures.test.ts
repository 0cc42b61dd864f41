import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../lib/store/options.js';
import { TOKENS, call, startApi } from './support/api.js';
import type { StartedApi } from './support/api.js';

/** Whether there is a second file system to try. */
const isOtherDisk = (): boolean => existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync(tmpdir()).dev;

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const path = (id: string, rest = ''): string => `/v1/captures/${id}${rest}`;
const request = { camera: 'front' };

/** A stored capture of alpha's, and its files. */
async function stored(size = 1000): Promise<{ id: string; raw: Buffer; product: Buffer }> {
  const id = randomUUID();
  await call(api, 'PUT', path(id), { body: request });
  const [raw, product] = [Buffer.alloc(size, 7), Buffer.from(Array.from({ length: size }, (_, i) => i % 251))];
  await api.finish(id, raw, product);
  return { id, raw, product };
}

describe('a request', () => {
  it('is taken once, and found again by the same id and body', async () => {
    const id = randomUUID();
    const body = { camera: 'front', priority: 5, deadlineMs: 8000, output: { format: 'jpeg', quality: 90 } };
    const first = await call(api, 'PUT', path(id), { body });
    expect(first.status).toBe(202);
    expect(first.headers.location).toBe(path(id));
    expect(first.json).toMatchObject({ id, app: 'alpha', state: 'requested', request: { priority: 5 } });
    const again = await call(api, 'PUT', path(id), { body });
    expect({ status: again.status, json: again.json }).toEqual({ status: 200, json: first.json });
    expect(api.log.filter(({ captureId }) => captureId === id)).toHaveLength(1);
  });

  it('with an id in upper case is the same', async () => {
    const id = randomUUID();
    await call(api, 'PUT', path(id.toUpperCase()), { body: request });
    expect((await call(api, 'PUT', path(id), { body: request })).status).toBe(200);
  });

  it.each([
    ['another body', 'alpha', { camera: 'front', priority: 2 }],
    ['another app', 'beta', request],
  ] as const)('with an id that is taken and %s is a conflict', async (_, as, body) => {
    const id = randomUUID();
    await call(api, 'PUT', path(id), { body: request });
    const reply = await call(api, 'PUT', path(id), { body, as });
    expect(reply).toMatchObject({ status: 409, json: { error: { code: 'CONFLICT', message: expect.any(String) } } });
  });

  it('beyond the limit of the queue is told when to come back', async () => {
    const own = await startApi({ storeLimits: { app: { ...DEFAULT_LIMITS.app, captures: 2 } } });
    const ask = () => call(own, 'PUT', path(randomUUID()), { body: request });
    const [, , reply] = [await ask(), await ask(), await ask()];
    await own.close();
    expect(reply.status).toBe(429);
    expect(reply.json.error).toMatchObject({ code: 'QUOTA', retryAfterSeconds: expect.any(Number) });
    expect(Number(reply.headers['retry-after'])).toBe(reply.json.error.retryAfterSeconds);
  });

  it.each([
    ['a camera that is unknown', { camera: 'side' }, 404, 'UNKNOWN', /side.*\/v1\/cameras/],
    ['a priority above what the app may', { camera: 'front', priority: 7 }, 403, 'FORBIDDEN', /7.*alpha.*6/],
    ['an unknown field', { camera: 'front', colour: 'red' }, 400, 'INVALID', /colour/],
    ['a priority that is text', { camera: 'front', priority: '4' }, 400, 'INVALID', /priority/],
    ['an unknown level', { camera: 'front', levels: ['best'] }, 400, 'INVALID', /levels.*network-small/],
    ['a quality of PNG', { camera: 'front', output: { format: 'png', quality: 9 } }, 400, 'INVALID', /quality/],
    ['no camera', {}, 400, 'INVALID', /camera/],
    ['a list', [], 400, 'INVALID', /object/],
    ['no JSON', '{"camera":', 400, 'INVALID', /JSON/],
    ['the key __proto__', '{"camera": "front", "__proto__": {}}', 400, 'INVALID', /__proto__/],
    ['nothing', '', 400, 'INVALID', /empty|object/],
    ['a prototype', '{"camera":"front","__proto__":{"x":1}}', 400, 'INVALID', /./],
    ['too much', { camera: 'front', params: { a: 'x'.repeat(70_000) } }, 413, 'TOO_LARGE', /larger/],
    ['deep params', `{"camera":"front","params":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`, 400, 'INVALID', /deep/],
  ] as const)('for %s is refused', async (_, body, status, code, message) => {
    const reply = await call(api, 'PUT', path(randomUUID()), { body });
    expect(reply).toMatchObject({ status, json: { error: { code, message: expect.stringMatching(message) } } });
  });

  it('of another type than JSON is refused', async () => {
    const headers = { 'content-type': 'text/plain' };
    const reply = await call(api, 'PUT', path(randomUUID()), { body: 'camera=front', headers });
    expect(reply).toMatchObject({ status: 415, json: { error: { code: 'MEDIA_TYPE' } } });
  });

  it.each(['7', 'not-a-uuid', '%00', '..%2f..%2fetc', `${randomUUID()}0`])('with the id %s is refused', async (id) => {
    const reply = await call(api, 'PUT', path(id), { body: request });
    expect(reply).toMatchObject({ status: 400, json: { error: { code: 'INVALID' } } });
  });
});

describe('a capture', () => {
  it('is seen by its app and by operators, by nobody else', async () => {
    const { id } = await stored();
    expect((await call(api, 'GET', path(id))).json).toMatchObject({ id, state: 'stored', level: 'network' });
    expect((await call(api, 'GET', path(id), { as: 'operator' })).status).toBe(200);
    for (const rest of ['', '/raw', '/product', '/thumbnail']) {
      const reply = await call(api, 'GET', path(id, rest), { as: 'beta' });
      expect(reply).toMatchObject({ status: 404, json: { error: { code: 'UNKNOWN' } } });
    }
    expect((await call(api, 'DELETE', path(id), { as: 'beta' })).status).toBe(404);
    expect((await call(api, 'POST', path(id, '/ack'), { as: 'beta' })).status).toBe(404);
    expect((await call(api, 'POST', path(id, '/ack'), { as: 'viewer' })).status).toBe(403);
  });

  it('is acknowledged, once however often it is said', async () => {
    const { id } = await stored();
    expect((await call(api, 'POST', path(id, '/ack'))).json).toMatchObject({ acked: true, retention: 'released' });
    expect((await call(api, 'POST', path(id, '/ack'))).status).toBe(200);
    expect(api.log.filter(({ captureId, type }) => captureId === id && type === 'acked')).toHaveLength(1);
  });

  it('is held for longer, also after it was released', async () => {
    const { id } = await stored();
    await call(api, 'POST', path(id, '/ack'));
    const reply = await call(api, 'POST', path(id, '/hold'), { body: { seconds: 3600 } });
    expect(reply).toMatchObject({ status: 200, json: { retention: 'held', acked: true } });
    expect(Math.abs(reply.json.holdUntil - Date.now() - 3_600_000)).toBeLessThan(60_000);
    expect(api.log.at(-1)).toMatchObject({ captureId: id, type: 'held', detail: { by: 'alpha' } });
    for (const body of [{}, { seconds: -1 }, { seconds: 1e12 }, { seconds: 1, why: '' }]) {
      expect((await call(api, 'POST', path(id, '/hold'), { body })).status).toBe(400);
    }
    const waiting = randomUUID();
    await call(api, 'PUT', path(waiting), { body: request });
    expect((await call(api, 'POST', path(waiting, '/hold'), { body: { seconds: 1 } })).json.error.code).toBe('STATE');
  });

  it('that is not stored cannot be acknowledged', async () => {
    const id = randomUUID();
    await call(api, 'PUT', path(id), { body: request });
    expect(await call(api, 'POST', path(id, '/ack'))).toMatchObject({
      status: 409,
      json: { error: { code: 'STATE' } },
    });
  });

  it('is cancelled before it is stored and released after, and both may be said again', async () => {
    const id = randomUUID();
    await call(api, 'PUT', path(id), { body: request });
    expect((await call(api, 'DELETE', path(id))).json).toMatchObject({ state: 'cancelled' });
    expect((await call(api, 'DELETE', path(id))).json).toMatchObject({ state: 'cancelled' });
    const done = await stored();
    expect((await call(api, 'DELETE', path(done.id))).json).toMatchObject({ retention: 'released' });
    expect((await call(api, 'DELETE', path(done.id))).json).toMatchObject({ retention: 'released' });
  });
});

describe('files', () => {
  it('come whole, with their digest as entity tag', async () => {
    const { id, product, raw } = await stored(300_000);
    const reply = await call(api, 'GET', path(id, '/product'));
    expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'image/png', 'accept-ranges': 'bytes' } });
    expect(reply.bytes.equals(product)).toBe(true);
    const { sha256 } = (await call(api, 'GET', path(id))).json.product;
    expect(reply.headers.etag).toBe(`"${sha256}"`);
    expect((await call(api, 'GET', path(id, '/raw'))).bytes.equals(raw)).toBe(true);
    const known = await call(api, 'GET', path(id, '/product'), { headers: { 'if-none-match': `"x", "${sha256}"` } });
    expect({ status: known.status, length: known.bytes.length }).toEqual({ status: 304, length: 0 });
  });

  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=990-', 990, 1000],
    ['bytes=-5', 995, 1000],
    ['bytes=500-5000', 500, 1000],
  ])('come in parts: %s', async (range, from, to) => {
    const { id, product } = await stored();
    const reply = await call(api, 'GET', path(id, '/product'), { headers: { range } });
    expect(reply.status).toBe(206);
    expect(reply.headers['content-range']).toBe(`bytes ${from}-${to - 1}/1000`);
    expect(reply.bytes.equals(product.subarray(from, to))).toBe(true);
  });

  it('have no part beyond their end; headers that mean nothing give all', async () => {
    const { id } = await stored();
    const beyond = await call(api, 'GET', path(id, '/product'), { headers: { range: 'bytes=1000-' } });
    expect(beyond).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */1000' } });
    expect(beyond.json.error.code).toBe('RANGE');
    for (const range of ['bytes=9-3', 'lines=1-2', 'bytes=0-1,5-6']) {
      expect((await call(api, 'GET', path(id, '/product'), { headers: { range } })).status).toBe(200);
    }
    const stale = { range: 'bytes=0-9', 'if-range': '"other"' };
    expect((await call(api, 'GET', path(id, '/product'), { headers: stale })).status).toBe(200);
  });

  it('answer to HEAD with their size and no bytes', async () => {
    const { id } = await stored();
    const reply = await call(api, 'HEAD', path(id, '/product'));
    expect(reply).toMatchObject({ status: 200, headers: { 'content-length': '1000' } });
    expect(reply.bytes).toHaveLength(0);
  });

  it('say why there are none', async () => {
    const id = randomUUID();
    await call(api, 'PUT', path(id), { body: request });
    expect(await call(api, 'GET', path(id, '/product'))).toMatchObject({
      status: 409,
      json: { error: { code: 'STATE' } },
    });
    await call(api, 'DELETE', path(id));
    expect((await call(api, 'GET', path(id, '/product'))).json.error.code).toBe('UNKNOWN');
  });

  it('that retention has taken are gone', async () => {
    const { classes } = DEFAULT_LIMITS;
    const own = await startApi({ storeLimits: { classes: { ...classes, product: { bytes: 10, ageSeconds: 1e6 } } } });
    const id = randomUUID();
    await call(own, 'PUT', path(id), { body: request });
    await own.finish(id, Buffer.from('raw'), Buffer.alloc(1000));
    await call(own, 'POST', path(id, '/ack'));
    await own.store.tend();
    const reply = await call(own, 'GET', path(id, '/product'));
    expect(reply).toMatchObject({ status: 410, json: { error: { code: 'GONE' } } });
    expect((await call(own, 'GET', path(id))).json).toMatchObject({
      retention: 'evicted',
      product: { present: false },
    });
    await own.close();
  });

  it('that have vanished from the disk are an error, and the service goes on', async () => {
    const { id } = await stored();
    unlinkSync(api.store.pathOf((await api.store.get(id))!, 'product'));
    expect((await call(api, 'GET', path(id, '/product'))).status).toBe(500);
    expect((await call(api, 'GET', '/v1/health')).status).toBe(200);
  });
});

describe('a link', () => {
  const linkTo = (folder: string): string => `/product?link=${encodeURIComponent(folder)}`;

  it('is a second name of the same file, and may be asked for again', async () => {
    const { id, product } = await stored();
    const folder = join(api.folder, 'links');
    const reply = await call(api, 'GET', path(id, linkTo(folder)));
    expect(reply).toMatchObject({ status: 200, json: { path: join(folder, `${id}-restored.png`), bytes: 1000 } });
    expect(readFileSync(reply.json.path).equals(product)).toBe(true);
    expect(statSync(reply.json.path).nlink).toBe(2);
    expect((await call(api, 'GET', path(id, linkTo(folder)))).status).toBe(200);
  });

  it.each(['/etc', '/tmp', 'links', '../links'])('to %s is refused', async (folder) => {
    const { id } = await stored();
    const reply = await call(api, 'GET', path(id, linkTo(folder)));
    expect(reply).toMatchObject({ status: 403, json: { error: { code: 'FORBIDDEN' } } });
    const other = await call(api, 'GET', path(id, linkTo(`${api.folder}/links/../links`)));
    expect(other.status).toBe(403);
    expect(existsSync(join(folder, `${id}-restored.png`))).toBe(false);
  });

  it.skipIf(!isOtherDisk())('to another file system is refused: download it', async () => {
    const folder = mkdtempSync('/dev/shm/perifocal-link-');
    const own = await startApi({
      rules: [{ app: 'alpha', role: 'requester', token: TOKENS.alpha, linkFolders: [folder] }],
    });
    const id = randomUUID();
    await call(own, 'PUT', path(id), { body: request });
    await own.finish(id, Buffer.from('raw'), Buffer.from('product'));
    const reply = await call(own, 'GET', path(id, linkTo(folder)));
    expect(reply.json.error).toMatchObject({ code: 'STATE', message: expect.stringMatching(/download/) });
    rmSync(folder, { recursive: true });
    await own.close();
  });

  it('never takes the place of another file', async () => {
    const { id } = await stored();
    const folder = join(api.folder, 'links');
    writeFileSync(join(folder, `${id}-restored.png`), 'mine');
    expect((await call(api, 'GET', path(id, linkTo(folder)))).status).toBe(409);
    expect(readFileSync(join(folder, `${id}-restored.png`), 'utf8')).toBe('mine');
    expect(readdirSync(folder).filter((name) => name.startsWith(id))).toHaveLength(1);
  });
});

describe('a list', () => {
  it('goes page by page through the captures of the app, in order', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 7; index++) {
      const id = randomUUID();
      ids.push(id);
      await call(api, 'PUT', path(id), { body: request, as: 'beta' });
    }
    const found: string[] = [];
    let cursor: number | null = 0;
    while (cursor !== null) {
      const { json } = await call(api, 'GET', `/v1/captures?after=${cursor}&limit=3&state=requested`, { as: 'beta' });
      found.push(...json.captures.map(({ id }: { id: string }) => id));
      cursor = json.next;
    }
    expect(found.slice(-7)).toEqual(ids);
    expect((await api.store.get(found[0]!))!.app).toBe('beta');
    const newest = await call(api, 'GET', '/v1/captures?newest=true&limit=2', { as: 'beta' });
    expect(newest.json.captures.map(({ id }: { id: string }) => id)).toEqual([ids[6], ids[5]]);
  });

  it('of another app is for operators', async () => {
    expect((await call(api, 'GET', '/v1/captures?app=beta')).status).toBe(403);
    const { json } = await call(api, 'GET', '/v1/captures?app=beta&limit=1', { as: 'operator' });
    expect(json.captures[0].app).toBe('beta');
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'after=-1', 'after=1&after=2', 'state=done', 'colour=red', 'after='])(
    'with %s is refused',
    async (query) => {
      const reply = await call(api, 'GET', `/v1/captures?${query}`);
      expect(reply).toMatchObject({
        status: 400,
        json: { error: { code: 'INVALID', message: expect.stringMatching(/query/) } },
      });
    },
  );
});
