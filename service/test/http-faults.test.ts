import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventFeed } from '../lib/http/events/feed.js';
import { serveHttp } from '../lib/http/server.js';
import type { Health } from '../lib/http/vitals.js';
import { realIo } from '../lib/io.js';
import type { Store } from '../lib/store/store.js';
import { TOKENS, call, startApi } from './support/api.js';
import type { StartedApi } from './support/api.js';

const SAID = 'camera front: take of camera front ended with code 9; it said: frame of beta is at /home/beta/secret.raw';

let api: StartedApi;
let folder: string;
beforeAll(async () => {
  const health = (): Health => ({ live: true, ready: true, degraded: [SAID] });
  const linkFolders = (home: string): string[] => [join(home, 'links')];
  const uid = process.getuid!();
  api = await startApi({ health });
  folder = join(api.folder, 'links');
  const { rules } = api.context;
  expect(rules.find(({ app }) => app === 'alpha')).toMatchObject({ linkFolders: linkFolders(api.folder) });
  expect(rules.find(({ app }) => app === 'operator')).toMatchObject({ uid, token: TOKENS.operator });
});
afterAll(() => api.close());

async function stored(): Promise<string> {
  const id = randomUUID();
  await call(api, 'PUT', `/v1/captures/${id}`, { body: { camera: 'front' } });
  await api.finish(id, Buffer.from('the raw frame'), Buffer.from('the product'));
  return id;
}

const link = (id: string) => call(api, 'GET', `/v1/captures/${id}/product?link=${encodeURIComponent(folder)}`);

describe('a link', () => {
  it('is durable before it is told, and lets nobody write the file', async () => {
    const synced: string[] = [];
    const { openFolder } = api.context.io;
    api.context.io.openFolder = async (path) => {
      const opened = await openFolder(path);
      return {
        realPath: opened.realPath,
        link: (existing: string, name: string) => opened.link(existing, name),
        isSameFile: (name: string, other: string) => opened.isSameFile(name, other),
        close: () => opened.close(),
        sync: async () => {
          synced.push(path);
          await opened.sync();
        },
      };
    };
    const id = await stored();
    const { status, json } = await link(id);
    expect(status).toBe(200);
    expect(synced).toContain(folder);
    expect(statSync(json.path).mode & 0o777).toBe(0o440);
    synced.length = 0;
    expect((await link(id)).status).toBe(200);
    expect(synced).toContain(folder);
    api.context.io.openFolder = openFolder;
  });

  it('goes into the folder that was looked at, also where another has taken its place since', async () => {
    const elsewhere = join(api.folder, 'private');
    mkdirSync(elsewhere);
    const { openFolder } = api.context.io;
    api.context.io.openFolder = async (path) => {
      const opened = await openFolder(path);
      renameSync(folder, `${folder}.kept`);
      symlinkSync(elsewhere, folder);
      return opened;
    };
    const id = await stored();
    const { status } = await link(id);
    api.context.io.openFolder = openFolder;
    rmSync(folder);
    renameSync(`${folder}.kept`, folder);
    expect([status, readdirSync(elsewhere), readdirSync(folder).includes(`${id}-restored.png`)]).toEqual([
      200,
      [],
      true,
    ]);
  });

  it('is refused where the folder has become a link', async () => {
    const elsewhere = join(api.folder, 'elsewhere');
    mkdirSync(elsewhere);
    renameSync(folder, `${folder}.kept`);
    symlinkSync(elsewhere, folder);
    expect(await link(await stored())).toMatchObject({ status: 403, json: { error: { code: 'FORBIDDEN' } } });
    rmSync(folder);
    renameSync(`${folder}.kept`, folder);
  });

  it('is refused where another file of that size has its name', async () => {
    const id = await stored();
    writeFileSync(join(folder, `${id}-restored.png`), 'THE PRODUCT');
    expect((await link(id)).status).toBe(409);
  });
});

describe('what other apps have', () => {
  it('is not in the health that an app sees', async () => {
    const seen = (await call(api, 'GET', '/v1/health')).json.degraded;
    expect(seen).toEqual(['camera front: take of camera front ended with code 9']);
    expect((await call(api, 'GET', '/v1/health', { as: 'operator' })).json.degraded).toEqual([SAID]);
    expect((await call(api, 'GET', '/')).bytes.toString()).not.toContain('secret');
  });
});

it('a request that is sent again is the same, although its camera is gone', async () => {
  const id = randomUUID();
  const body = { camera: 'front', priority: 3 };
  expect((await call(api, 'PUT', `/v1/captures/${id}`, { body })).status).toBe(202);
  const { list } = api.cameras;
  api.cameras.list = () => [];
  expect((await call(api, 'PUT', `/v1/captures/${id}`, { body })).status).toBe(200);
  expect((await call(api, 'PUT', `/v1/captures/${randomUUID()}`, { body })).status).toBe(404);
  api.cameras.list = list;
});

it('a cursor from before the first event is not waited for in a hot loop', async () => {
  let reads = 0;
  const store = {
    lastSeq: 40,
    events: async () => {
      reads += 1;
      return { events: [], firstSeq: 41, lastSeq: 40 };
    },
    onEvent: () => () => undefined,
  } as unknown as Store;
  const feed = new EventFeed(store, realIo());
  const { next } = await feed.read(7, 10, null);
  expect({ next, reads }).toEqual({ next: 40, reads: 1 });
  const begun = performance.now();
  await feed.waitBeyond(next, 100, new AbortController().signal);
  expect(performance.now() - begun).toBeGreaterThan(80);
});

it('a start that fails leaves nothing that listens', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as AddressInfo;
  const path = join(api.folder, 'second.sock');
  const start = () =>
    serveHttp(api.context, { socket: { path, mode: 0o660, gid: null }, tcp: { host: '127.0.0.1', port } });
  await expect(start()).rejects.toMatchObject({ code: 'LOCKED' });
  expect(() => statSync(path)).toThrow(/ENOENT/);
  taken.close();
});
