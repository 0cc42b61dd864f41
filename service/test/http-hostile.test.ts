import { randomUUID } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TOKENS, call, startApi } from './support/api.js';
import type { StartedApi } from './support/api.js';
import { Random } from './support/random.js';

let api: StartedApi;
beforeAll(async () => {
  api = await startApi({
    limits: { connections: 4, headSeconds: 1, bodySeconds: 0.5, frameSeconds: 2, idleSeconds: 3 },
  });
});
afterAll(() => api.close());
afterEach(async () => {
  expect((await call(api, 'GET', '/v1/health')).status).toBe(200);
});

const AUTH = `host: x\r\nauthorization: Bearer ${TOKENS.alpha}\r\n`;

/** Sends bytes as they are, and reads all that comes until the connection ends. */
function sendRaw(text: string | Buffer, then?: (socket: ReturnType<typeof connect>) => void): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port: api.port, host: '127.0.0.1', allowHalfOpen: true });
    let reply = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      reply += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(reply));
    socket.write(text);
    then?.(socket);
  });
}

const codeOf = (reply: string): string => JSON.parse(reply.slice(reply.indexOf('\r\n\r\n') + 4)).error.code;

describe('what is no request', () => {
  it.each([
    ['garbage', 'hello\r\n\r\n', 400, 'INVALID'],
    ['binary', '\x16\x03\x01\x02\x00\x01\r\n\r\n', 400, 'INVALID'],
    ['headers without end', `GET / HTTP/1.1\r\na: ${'b'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS'],
    ['a wrong length', `PUT /v1/captures/x HTTP/1.1\r\n${AUTH}content-length: -4\r\n\r\n`, 400, 'INVALID'],
    [
      'two lengths that differ',
      `PUT /v1/captures/x HTTP/1.1\r\n${AUTH}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n`,
      400,
      'INVALID',
    ],
    ['an expectation', `GET /v1/health HTTP/1.1\r\n${AUTH}expect: wonders\r\n\r\n`, 400, 'INVALID'],
    ['a proxy', 'CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n', 405, 'METHOD'],
  ])('%s is answered, and the connection ends', async (_, text, status, code) => {
    const reply = await sendRaw(text);
    expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(codeOf(reply)).toBe(code);
  });
});

describe('routes', () => {
  it.each([
    ['GET', '/v1/capture', 404, 'UNKNOWN'],
    ['GET', '/../etc/passwd', 404, 'UNKNOWN'],
    ['GET', '/v1/captures/', 400, 'INVALID'],
    ['GET', `/v1/captures/${randomUUID()}/raw/x`, 404, 'UNKNOWN'],
    ['POST', '/v1/captures', 405, 'METHOD'],
    ['PATCH', `/v1/captures/${randomUUID()}`, 405, 'METHOD'],
    ['DELETE', '/metrics', 405, 'METHOD'],
    ['GET', '/v1/%zz', 400, 'INVALID'],
    ['GET', '/v1/health?verbose=1', 400, 'INVALID'],
  ])('%s %s is refused', async (method, path, status, code) => {
    expect(await call(api, method, path)).toMatchObject({ status, json: { error: { code } } });
  });

  it('that do not take a method say which they take', async () => {
    const { headers } = await call(api, 'POST', `/v1/captures/${randomUUID()}`);
    expect(headers.allow).toBe('PUT, GET, HEAD, DELETE');
  });
});

describe('a slow client', () => {
  it('that does not finish its head is told so', async () => {
    const reply = await sendRaw(`GET /v1/health HTTP/1.1\r\n${AUTH}`);
    expect(reply).toMatch(/^HTTP\/1.1 408 /);
    expect(codeOf(reply)).toBe('TIMEOUT');
  });

  it('that does not finish its body is told so', async () => {
    const head = `PUT /v1/captures/${randomUUID()} HTTP/1.1\r\n${AUTH}content-type: application/json\r\n`;
    const reply = await sendRaw(`${head}content-length: 20\r\n\r\n{"cam`);
    expect(reply).toMatch(/^HTTP\/1.1 408 /);
    expect(codeOf(reply)).toBe('TIMEOUT');
  });

  it('that drips its body is told so too', async () => {
    const head = `PUT /v1/captures/${randomUUID()} HTTP/1.1\r\n${AUTH}content-type: application/json\r\n`;
    let timer: NodeJS.Timeout | undefined;
    const reply = await sendRaw(`${head}content-length: 2000\r\n\r\n{`, (socket) => {
      timer = setInterval(() => socket.write(' '), 50);
    });
    clearInterval(timer);
    expect(codeOf(reply)).toBe('TIMEOUT');
  });

  it('that says nothing at all is disconnected', async () => {
    const reply = await sendRaw('');
    expect(reply === '' || codeOf(reply) === 'TIMEOUT').toBe(true);
  });
});

describe('connections', () => {
  it('that are half closed after the request get their answer', async () => {
    const reply = await sendRaw(`GET /v1/captures?limit=1 HTTP/1.1\r\n${AUTH}\r\n`, (socket) => socket.end());
    expect(reply).toMatch(/^HTTP\/1.1 200 /);
  });

  it('that are closed within a body leave nothing behind', async () => {
    const id = randomUUID();
    const head = `PUT /v1/captures/${id} HTTP/1.1\r\n${AUTH}content-type: application/json\r\n`;
    await sendRaw(`${head}content-length: 200\r\n\r\n{"camera":`, (socket) => setTimeout(() => socket.destroy(), 50));
    expect((await call(api, 'GET', `/v1/captures/${id}`)).status).toBe(404);
  });

  it('beyond the limit are told so, and the others go on', async () => {
    const open = Array.from({ length: 4 }, () => connect(api.port, '127.0.0.1'));
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const reply = await call(api, 'GET', '/v1/health');
    expect(reply).toMatchObject({ status: 503, json: { error: { code: 'BUSY' } } });
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
  });

  it('carry several requests one after the other', async () => {
    const ask = `GET /v1/health HTTP/1.1\r\n${AUTH}\r\n`;
    const reply = await sendRaw(ask.repeat(3), (socket) => socket.end());
    expect(reply.match(/HTTP\/1.1 200 OK/g)).toHaveLength(3);
  });
});

describe('a client that goes away within a download', () => {
  it('leaves no open file', async () => {
    const id = randomUUID();
    await call(api, 'PUT', `/v1/captures/${id}`, { body: { camera: 'front' } });
    await api.finish(id, Buffer.from('raw'), Buffer.alloc(30_000_000, 1));
    const isOpen = (): boolean =>
      readdirSync('/proc/self/fd').some((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).includes(`${id}/restored`);
        } catch {
          return false;
        }
      });
    const socket = connect(api.port, '127.0.0.1');
    socket.write(`GET /v1/captures/${id}/product HTTP/1.1\r\n${AUTH}\r\n`);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    expect(isOpen()).toBe(true);
    socket.destroy();
    await expect.poll(isOpen).toBe(false);
  });

  it('or does not read it, is disconnected', async () => {
    const [capture] = await api.store.list({ newestFirst: true, limit: 1, state: 'stored' });
    const socket = connect(api.port, '127.0.0.1');
    socket.write(`GET /v1/captures/${capture!.id}/product HTTP/1.1\r\n${AUTH}\r\n`);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 4000));
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(received).toBeLessThan(30_000_000);
  });
});

describe('requests at random', () => {
  it('are answered or refused, and the service goes on', async () => {
    const random = new Random(2026);
    const pick = <T>(items: readonly T[]): T => random.pick(items);
    const paths = [
      '/v1/captures',
      `/v1/captures/${randomUUID()}`,
      '/v1/events?wait=0',
      '/metrics',
      '/',
      '/v1/cameras/front/frames',
    ];
    for (let index = 0; index < 300; index++) {
      const body = pick([
        '',
        '{}',
        '[]',
        'null',
        '{"camera":"front"}',
        '{"camera":{}}',
        '\u0000',
        '"x"',
        '1e999',
        '{"a":'.repeat(50),
      ]);
      const head = `${pick(['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'])} ${pick(paths)} HTTP/1.1`;
      const extra = pick([
        '',
        'range: bytes=9-\r\n',
        'accept: */*\r\n',
        'if-none-match: *\r\n',
        'content-encoding: gzip\r\n',
      ]);
      const type = pick(['application/json', 'image/png', 'x']);
      const headers = `${AUTH}${extra}connection: close\r\ncontent-type: ${type}\r\n`;
      const bytes = Buffer.from(`${head}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      for (let flips = pick([0, 0, 1, 3]); flips > 0; flips--)
        bytes[random.below(bytes.length)] = pick([0, 10, 32, 65, 255]);
      const reply = await sendRaw(bytes, (socket) => socket.end());
      // A request that was broken may never be whole: then the end of it is the answer.
      if (reply !== '') expect(reply).toMatch(/^HTTP\/1\.1 [2-5]\d\d /);
      expect(reply).not.toMatch(/"INTERNAL"/);
    }
  });
});

describe('a fault within', () => {
  it('is an INTERNAL error that names what happened, and the next request works', async () => {
    const { list } = api.store;
    api.store.list = async () => {
      throw new TypeError('x is not a function');
    };
    const reply = await call(api, 'GET', '/v1/captures');
    api.store.list = list;
    expect(reply).toMatchObject({ status: 500, json: { error: { code: 'INTERNAL' } } });
  });
});

describe('a frame', () => {
  const put = (path: string, body: Uint8Array, headers = {}) =>
    call(api, 'PUT', path, { body, headers: { 'content-type': 'image/jpeg', ...headers } });

  it('goes to its camera as it is', async () => {
    const frame = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
    const id = randomUUID();
    const reply = await put(`/v1/cameras/front/frames?capture=${id}`, frame);
    expect(reply).toMatchObject({ status: 201, json: { captureId: id } });
    const { bytes, facts } = api.cameras.frames.at(-1)!;
    expect(bytes.equals(frame)).toBe(true);
    expect(facts).toMatchObject({ captureId: id, app: 'alpha' });
  });

  it('that comes a little before the camera asks for it is kept waiting, not refused', async () => {
    api.cameras.refusals = 3;
    expect((await put('/v1/cameras/front/frames', Buffer.from('early'))).status).toBe(201);
    expect(api.cameras.frames.at(-1)!.bytes.toString()).toBe('early');
  });

  it('may be JSON for all that the API cares', async () => {
    expect(
      (await put('/v1/cameras/front/frames', Buffer.from('{'), { 'content-type': 'application/json' })).status,
    ).toBe(201);
  });

  it.each([
    ['a camera that takes none', '/v1/cameras/rear/frames', 404, 'UNKNOWN'],
    ['no camera', '/v1/cameras/none/frames', 404, 'UNKNOWN'],
    ['a name that is none', '/v1/cameras/A%2fB/frames', 400, 'INVALID'],
    ['a capture that is none', '/v1/cameras/front/frames?capture=7', 400, 'INVALID'],
  ])('for %s is refused', async (_, path, status, code) => {
    expect(await put(path, Buffer.alloc(10))).toMatchObject({ status, json: { error: { code } } });
  });

  it('that is too large is refused by its length, and by its bytes where it has none', async () => {
    const head = `PUT /v1/cameras/front/frames HTTP/1.1\r\n${AUTH}content-type: image/jpeg\r\n`;
    const said = await sendRaw(`${head}content-length: 4000001\r\n\r\n`, (socket) => socket.end());
    expect(codeOf(said)).toBe('TOO_LARGE');
    const chunk = `${(100_000).toString(16)}\r\n${'x'.repeat(100_000)}\r\n`;
    const sent = await sendRaw(`${head}transfer-encoding: chunked\r\n\r\n${chunk.repeat(41)}`);
    expect(sent).toMatch(/^HTTP\/1.1 413 /);
  });

  it('whose sender is gone ends at the camera', async () => {
    const before = api.cameras.frames.length;
    const head = `PUT /v1/cameras/front/frames HTTP/1.1\r\n${AUTH}content-type: image/jpeg\r\n`;
    await sendRaw(`${head}content-length: 1000\r\n\r\nabc`, (socket) => setTimeout(() => socket.destroy(), 50));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(api.cameras.frames).toHaveLength(before);
  });

  it('that comes too slowly is refused', async () => {
    const head = `PUT /v1/cameras/front/frames HTTP/1.1\r\n${AUTH}content-type: image/jpeg\r\n`;
    const reply = await sendRaw(`${head}content-length: 1000\r\n\r\nabc`);
    expect(codeOf(reply)).toBe('TIMEOUT');
  });
});
