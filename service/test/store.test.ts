import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { realIo } from '../lib/io.js';
import type { Io } from '../lib/io.js';
import { DEFAULT_LIMITS } from '../lib/store/options.js';
import { uuidOf } from './support/captures.js';
import { acquire, openReal, request, restore, storeWhole, temporaryFolder } from './support/real-store.js';

describe('the life of a capture', () => {
  test('requested, acquired, stored, acknowledged: with files, events and usage', async () => {
    const store = await openReal(await temporaryFolder());
    const heard: string[] = [];
    store.onEvent((event) => heard.push(event.type));
    const stored = await storeWhole(store, 1);
    expect(stored).toMatchObject({
      state: 'stored',
      level: 'network',
      retention: 'held',
      attempts: 1,
      restorations: 1,
    });
    expect(readFileSync(store.pathOf(stored, 'raw'), 'utf8')).toMatch(/^raw 1/);
    expect(readFileSync(store.pathOf(stored, 'product'), 'utf8')).toMatch(/^product 1/);
    expect(existsSync(store.pathOf(stored, 'manifest'))).toBe(true);
    await store.ack(stored.id, 'app');
    expect(heard).toEqual(['requested', 'acquiring', 'acquired', 'restoring', 'stored', 'acked']);
    const { events, firstSeq, lastSeq } = await store.events(0, 100);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect([firstSeq, lastSeq]).toEqual([1, 6]);
    expect(await store.get(stored.id)).toMatchObject({ acked: true, retention: 'released', report: { seconds: 1 } });
    const { bytesByClass } = store.usage();
    expect(bytesByClass).toMatchObject({ raw: 100, product: 200, thumbnail: 20 });
    const folder = join(store.pathOf(stored, 'raw'), '..');
    const manifests = ['acquired.json', 'manifest.json'].map((name) => readFileSync(join(folder, name)).length);
    expect(bytesByClass.manifest).toBe(manifests[0]! + manifests[1]!);
    expect(readdirSync(folder).sort()).toEqual([
      'acquired.json',
      'manifest.json',
      'raw.jpg',
      'restored.png',
      'thumbnail.jpg',
    ]);
  });

  test('is the same after the store was opened again', async () => {
    const folder = await temporaryFolder();
    const first = await openReal(folder);
    await storeWhole(first, 1);
    await request(first, 2);
    await request(first, 3);
    await acquire(first, 3);
    await first.setMemo('rates', { a: 1 });
    const before = [await first.list({ limit: 9 }), (await first.events(0, 100)).events, first.usage().bytesByClass];
    await first.close();
    const second = await openReal(folder);
    const after = [await second.list({ limit: 9 }), (await second.events(0, 100)).events, second.usage().bytesByClass];
    expect(after).toEqual(before);
    expect(second.memo('rates')).toEqual({ a: 1 });
    expect(second.live().map(({ order }) => order)).toEqual([2, 3]);
    expect(second.recovery).toMatchObject({ captures: 3, requeued: 0, completed: 0, rebuilt: false });
  });

  test('what was under way goes back into the queue', async () => {
    const folder = await temporaryFolder();
    const first = await openReal(folder);
    await request(first, 1);
    await first.advance(uuidOf(1), { to: 'acquiring' });
    writeFileSync(first.inboxPath(uuidOf(1)), 'half a fra');
    await request(first, 2);
    await acquire(first, 2);
    const draft = await first.beginProduct(uuidOf(2), 'jpeg');
    writeFileSync(draft.productPath, 'half a prod');
    await first.close();
    const second = await openReal(folder);
    expect(second.recovery).toMatchObject({ requeued: 2 });
    expect(second.live().map(({ state }) => state)).toEqual(['requested', 'acquired']);
    expect(existsSync(draft.productPath)).toBe(false);
    expect(existsSync(second.inboxPath(uuidOf(1)))).toBe(false);
    expect((await restore(second, 2)).restorations).toBe(2);
  });

  test('lists by state, camera and app, from either end', async () => {
    const store = await openReal(await temporaryFolder());
    for (let n = 1; n <= 5; n += 1) await request(store, n, { camera: n % 2 ? 'main' : 'star' });
    await store.cancel(uuidOf(3), 'app');
    const orders = async (query: object): Promise<number[]> =>
      (await store.list({ limit: 10, ...query })).map(({ order }) => order);
    expect(await orders({})).toEqual([1, 2, 3, 4, 5]);
    expect(await orders({ camera: 'star' })).toEqual([2, 4]);
    expect(await orders({ state: 'requested', after: 1 })).toEqual([2, 4, 5]);
    expect(await orders({ newestFirst: true, limit: 2 })).toEqual([5, 4]);
    expect(await orders({ newestFirst: true, after: 4 })).toEqual([3, 2, 1]);
    expect(await orders({ app: 'other' })).toEqual([]);
  });
});

describe('requests', () => {
  test('again with the same body are the same, with another a conflict', async () => {
    const store = await openReal(await temporaryFolder());
    const capture = await request(store, 1);
    expect(await request(store, 1)).toEqual(capture);
    expect(store.lastSeq).toBe(1);
    await expect(request(store, 1, { priority: 9 })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('are limited by app and in all', async () => {
    const store = await openReal(await temporaryFolder(), { app: { ...DEFAULT_LIMITS.app, captures: 2 } });
    await request(store, 1);
    await request(store, 2);
    await expect(request(store, 3)).rejects.toMatchObject({ code: 'QUOTA', retryAfterSeconds: 8 });
    await store.cancel(uuidOf(1), 'app');
    await request(store, 3);
  });

  test('of many at once each get an order and a seq of their own', async () => {
    const store = await openReal(await temporaryFolder());
    const all = await Promise.all(Array.from({ length: 50 }, (_, n) => request(store, n % 25)));
    expect(new Set(all.map(({ order }) => order)).size).toBe(25);
    expect(store.lastSeq).toBe(25);
  });
});

describe('what is refused', () => {
  test('a second service, by name', async () => {
    const folder = await temporaryFolder();
    await openReal(folder);
    await expect(openReal(folder)).rejects.toMatchObject({ code: 'LOCKED', message: /Another service has the store/ });
  });

  test('a disk that has become read-only', async () => {
    const folder = await temporaryFolder();
    await (await openReal(folder)).close();
    const io: Io = {
      ...realIo(),
      unlink: async (path) => {
        throw Object.assign(new Error(`EROFS: read-only file system, unlink '${path}'`), { code: 'EROFS' });
      },
    };
    await expect(openReal(folder, {}, io)).rejects.toMatchObject({
      code: 'UNWRITABLE',
      message: /opening the store .*EROFS/,
    });
  });

  test('a store of a newer version, and a folder that is none', async () => {
    const folder = await temporaryFolder();
    await (await openReal(folder)).close();
    writeFileSync(join(folder, 'store', 'format'), 'perifocal store 7\n');
    await expect(openReal(folder)).rejects.toMatchObject({ code: 'FORMAT', message: /of version 7.*knows 1/ });
    writeFileSync(join(folder, 'store', 'format'), 'something else');
    await expect(openReal(folder)).rejects.toMatchObject({ code: 'FORMAT', message: /this is no store/ });
    const other = await temporaryFolder();
    mkdirSync(join(other, 'store'));
    writeFileSync(join(other, 'store', 'notes.txt'), '');
    await expect(openReal(other)).rejects.toMatchObject({ code: 'FORMAT', message: /is no store, and has notes.txt/ });
  });

  test('frames and steps that make no sense', async () => {
    const store = await openReal(await temporaryFolder());
    await request(store, 1);
    const id = uuidOf(1);
    await expect(store.advance(id, { to: 'restoring' })).rejects.toMatchObject({ code: 'STATE' });
    await expect(store.advance(uuidOf(9), { to: 'acquiring' })).rejects.toMatchObject({ code: 'UNKNOWN' });
    await store.advance(id, { to: 'acquiring' });
    const facts = { mime: 'image/jpeg', width: null, height: null };
    await expect(store.adopt(id, '/etc/passwd', facts)).rejects.toMatchObject({ code: 'INVALID' });
    await expect(store.adopt(id, store.inboxPath(id), facts)).rejects.toMatchObject({ code: 'CAMERA' });
    writeFileSync(store.inboxPath(id), '');
    await expect(store.adopt(id, store.inboxPath(id), facts)).rejects.toMatchObject({ message: /is empty/ });
    await store.cancel(id, 'app');
    await expect(store.cancel(id, 'app')).rejects.toMatchObject({
      code: 'STATE',
      message: /cancelled, and that is final/,
    });
    await expect(store.ack(id, 'app')).rejects.toMatchObject({ code: 'STATE' });
  });
});
