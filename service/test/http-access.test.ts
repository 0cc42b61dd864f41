import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES, includesRole } from '../lib/http/access.js';
import type { Role, Route } from '../lib/http/access.js';
import { findGroup, findUser } from '../lib/http/accounts.js';
import { findByPeer, findByToken, readToken } from '../lib/http/auth.js';
import type { AccessRule } from '../lib/http/auth.js';
import { serveHttp } from '../lib/http/server.js';
import { readTokenFile } from '../lib/http/token-file.js';
import { realIo } from '../lib/io.js';
import { TOKENS, call, startApi } from './support/api.js';
import type { StartedApi } from './support/api.js';

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** Asks over the Unix socket. */
function ask(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the Unix socket', () => {
  it('has the mode that is asked for, and knows its peer by the user', async () => {
    expect(statSync(api.socketPath).mode & 0o777).toBe(0o660);
    expect((await ask(api.socketPath, '/v1/captures?app=beta')).status).toBe(200);
  });

  it('does not care for tokens', async () => {
    const strangers: AccessRule[] = [
      { app: 'x', role: 'operator', uid: process.getuid!() + 1, token: TOKENS.operator },
    ];
    const own = await startApi({ rules: strangers });
    const { status, body } = await ask(own.socketPath, '/v1/health');
    expect({ status, code: JSON.parse(body).error.code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
    await own.close();
  });

  it.skipIf(process.getuid!() !== 0)('tells users apart, whatever they say', async () => {
    const rules: AccessRule[] = [
      { app: 'service', role: 'operator', uid: 0 },
      { app: 'payload', role: 'observer', group: { gid: 65_534, uids: new Set() } },
    ];
    const own = await startApi({ rules });
    chmodSync(own.folder, 0o755);
    chmodSync(own.socketPath, 0o666);
    const arguments_ = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      'curl',
      '-s',
      '--unix-socket',
      own.socketPath,
    ];
    const asNobody = async (...more: string[]): Promise<string> =>
      (await promisify(execFile)('setpriv', [...arguments_, ...more])).stdout;
    expect(JSON.parse(await asNobody('http://x/v1/captures'))).toEqual({ captures: [], next: null });
    const put = await asNobody('-X', 'PUT', '-d', '{}', `http://x/v1/captures/${randomUUID()}`);
    expect(JSON.parse(put).error).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('payload') });
    await own.close();
  });

  it('is taken over from a crash, not from a service that lives, and never from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'perifocal-socket-'));
    const socket = { path: join(folder, 's.sock'), mode: 0o600, gid: null };
    const listening = { socket, tcp: null };
    await expect(
      serveHttp(api.context, { ...listening, socket: { ...socket, path: api.socketPath } }),
    ).rejects.toMatchObject({
      code: 'LOCKED',
    });
    const first = await serveHttp(api.context, listening);
    await first.close();
    const crashed = createServer().listen(join(folder, 'crashed'));
    await new Promise((resolve) => crashed.once('listening', resolve));
    await promisify(execFile)('ln', [join(folder, 'crashed'), socket.path]);
    await new Promise((resolve) => crashed.close(resolve));
    const second = await serveHttp(api.context, listening);
    expect((await ask(socket.path, '/v1/health')).status).toBe(200);
    await second.close();
    writeFileSync(socket.path, 'mine');
    await expect(serveHttp(api.context, listening)).rejects.toMatchObject({ code: 'INVALID' });
    expect(readFileSync(socket.path, 'utf8')).toBe('mine');
    rmSync(folder, { recursive: true });
  });
});

describe('TCP', () => {
  it.each([
    ['no token', null],
    ['another token', 'Bearer nobody-0123456789abcdef0123456789abcdef'],
    ['a part of a token', `Bearer ${TOKENS.alpha.slice(0, -1)}`],
    ['a user instead', 'Basic YWxwaGE6'],
    ['nothing after the scheme', 'Bearer '],
  ])('with %s is refused', async (_, authorization) => {
    const reply = await call(api, 'GET', '/v1/health', { as: null, headers: authorization ? { authorization } : {} });
    expect(reply).toMatchObject({ status: 401, json: { error: { code: 'UNAUTHENTICATED' } } });
    expect(reply.headers['www-authenticate']).toContain('Bearer');
  });

  it('takes a token as the password of a browser, for reading only', async () => {
    const authorization = `Basic ${Buffer.from(`me:${TOKENS.alpha}`).toString('base64')}`;
    const headers = { authorization };
    expect((await call(api, 'GET', '/v1/health', { as: null, headers })).status).toBe(200);
    const path = `/v1/captures/${randomUUID()}`;
    expect((await call(api, 'PUT', path, { as: null, headers, body: { camera: 'front' } })).status).toBe(401);
  });

  it.each(Object.entries<Route>(ROUTES))('lets %s be called by those whose role suffices', async (_, route) => {
    const path = route.url.replace('/cameras/:id', '/cameras/none').replace(':id', randomUUID());
    const roles: [keyof typeof TOKENS, Role][] = [
      ['viewer', 'observer'],
      ['alpha', 'requester'],
      ['operator', 'operator'],
    ];
    for (const [as, role] of roles) {
      const { status } = await call(api, route.method, path, { as, ...(route.method === 'PUT' ? { body: {} } : {}) });
      if (includesRole(role, route.role)) expect([401, 403, 405]).not.toContain(status);
      else expect(status).toBe(403);
    }
  });
});

describe('who calls', () => {
  const rules: AccessRule[] = [
    { app: 'crew', role: 'observer', group: { gid: 50, uids: new Set([7, 8]) } },
    { app: 'own', role: 'requester', uid: 7, maxPriority: 3 },
    { app: 'remote', role: 'operator', token: 'x'.repeat(40) },
  ];

  it('is found by the user before the group, and by members of a group', () => {
    expect(findByPeer(rules, { pid: 1, uid: 7, gid: 50 })).toMatchObject({ app: 'own', maxPriority: 3 });
    expect(findByPeer(rules, { pid: 1, uid: 8, gid: 1 })).toMatchObject({ app: 'crew', maxPriority: 9 });
    expect(findByPeer(rules, { pid: 1, uid: 9, gid: 50 })).toMatchObject({ app: 'crew' });
    expect(findByPeer(rules, { pid: 1, uid: 9, gid: 1 })).toBeNull();
    expect(findByPeer(rules, { pid: 1, uid: 0, gid: 0 })).toBeNull();
  });

  it('is found by the token and nothing else', () => {
    expect(findByToken(rules, 'x'.repeat(40))).toMatchObject({ app: 'remote' });
    for (const token of ['', 'x', 'x'.repeat(41), 'undefined']) expect(findByToken(rules, token)).toBeNull();
  });

  it('says so in a header', () => {
    expect(readToken('Bearer abc', false)).toBe('abc');
    expect(readToken('bearer abc', false)).toBe('abc');
    for (const header of [undefined, '', 'abc', 'Digest abc', `Bearer ${'x'.repeat(2000)}`]) {
      expect(readToken(header, true)).toBeUndefined();
    }
  });
});

describe('accounts', () => {
  const groups = 'root:x:0:\npayload:x:200:alice,bob\nempty:x:201:\nbroken\n:x:x:\n';
  const users = 'root:x:0:0::/:/bin/sh\nalice:x:100:100::/:/bin/sh\nbob:x:101:200::/:/bin/sh\ncarol:x:102:200:::\n';

  it('give the members of a group, and those whose own group it is', () => {
    expect(findGroup('payload', groups, users)).toEqual({ gid: 200, uids: new Set([100, 101, 102]) });
    expect(findGroup('empty', groups, users)).toEqual({ gid: 201, uids: new Set() });
    for (const name of ['none', 'broken', '']) expect(findGroup(name, groups, users)).toBeUndefined();
  });

  it('give the number of a user', () => {
    expect(findUser('bob', users)).toBe(101);
    expect(findUser('dave', users)).toBeUndefined();
  });
});

describe('a token file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'perifocal-token-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (text: string, mode: number): string => {
    const path = join(folder, randomUUID());
    writeFileSync(path, text, { mode });
    chmodSync(path, mode);
    return path;
  };

  it('holds one line', async () => {
    expect(await readTokenFile(realIo(), write(`${'a'.repeat(64)}\n`, 0o600))).toBe('a'.repeat(64));
  });

  it.each([
    ['that others may read', () => write('a'.repeat(64), 0o640), /640.*chmod 600/],
    ['with a short token', () => write('short', 0o600), /32/],
    ['of two lines', () => write(`${'a'.repeat(40)}\n${'b'.repeat(40)}`, 0o600), /one line/],
    ['that is too large', () => write('a'.repeat(5000), 0o600), /one line/],
    ['that is missing', () => join(folder, 'none'), /ENOENT/],
  ])('%s is refused', async (_, make, message) => {
    await expect(readTokenFile(realIo(), make())).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(message),
    });
  });
});
