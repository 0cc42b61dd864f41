import diagnostics from 'node:diagnostics_channel';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { realIo } from '../lib/io.js';
import { Generations } from '../lib/store/generations.js';
import { SqliteFile } from '../lib/store/sqlite-file.js';
import { SqliteDatabase } from '../lib/store/sqlite.js';
import { uuidOf } from './support/captures.js';
import { openReal, request, temporaryFolder } from './support/real-store.js';

const row = (key: number, text = 'x'.repeat(2000)) => ({ table: 'memos' as const, key, body: JSON.stringify(text) });

/** Threads that are started from now on. */
function watchThreads(): Worker[] {
  const threads: Worker[] = [];
  const take = (message: unknown): void => void threads.push((message as { worker: Worker }).worker);
  diagnostics.subscribe('worker_threads', take);
  onTestFinished(() => void diagnostics.unsubscribe('worker_threads', take));
  return threads;
}

test('a thread that dies is started again: nothing that was promised is lost', async () => {
  const threads = watchThreads();
  const store = await openReal(await temporaryFolder());
  await request(store, 1);
  await threads.at(-1)!.terminate();
  await request(store, 2);
  expect(await store.list({ limit: 9 })).toMatchObject([{ id: uuidOf(1) }, { id: uuidOf(2) }]);
  expect((await store.events(0, 9)).events).toMatchObject([{ type: 'requested' }, { type: 'requested' }]);
  await threads.at(-1)!.terminate();
  await request(store, 3);
  const dying = request(store, 4);
  await threads.at(-1)!.terminate();
  await dying;
  await store.tend();
  expect(store.health()).toMatchObject({ writable: true, reasons: [] });
  expect((await store.list({ limit: 9 })).map(({ id }) => id)).toEqual([1, 2, 3, 4].map(uuidOf));
  expect((await store.events(0, 9)).events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(threads).toHaveLength(4);
});

test('a file is finished when all its rows are in the one file, and says so where they are not', async () => {
  const folder = await temporaryFolder();
  const [good, short] = [join(folder, 'good.db'), join(folder, 'short.db')];
  const file = new SqliteFile(good);
  file.commit({ writes: [row(1), row(2)], dropEventsBelow: null });
  file.finish(good, 2);
  expect(existsSync(`${good}-wal`)).toBe(false);
  const other = new SqliteFile(short);
  other.commit({ writes: [row(1)], dropEventsBelow: null });
  expect(() => other.finish(short, 2)).toThrow(/has 1 rows, and 2 were written/);
});

test('where the next file cannot be opened, none is taken for open: a new one is made from the newest', async () => {
  const folder = await temporaryFolder();
  const generations = new Generations(realIo(), folder);
  const database = await SqliteDatabase.lock(folder, generations);
  onTestFinished(() => database.close());
  await database.open();
  await database.commit({ writes: [row(1)], dropEventsBelow: null });
  const { current } = generations;
  generations.current = async () => folder;
  await expect(database.open()).rejects.toMatchObject({ code: 'UNWRITABLE' });
  await expect(database.commit({ writes: [row(2)], dropEventsBelow: null })).rejects.toMatchObject({ code: 'CLOSED' });
  generations.current = current;
  await database.renew();
  await database.commit({ writes: [row(3)], dropEventsBelow: null });
  expect((await database.scan('memos', 0, 9)).map(({ key }) => key)).toEqual([1, 3]);
});

test('after a transaction that fails, the next one is whole', async () => {
  const folder = await temporaryFolder();
  mkdirSync(join(folder, 'database'));
  const file = new SqliteFile(join(folder, 'database', 'one.db'));
  onTestFinished(() => file.close());
  const broken = { table: 'nowhere' as 'memos', key: 2, body: '{}' };
  expect(() => file.commit({ writes: [row(1), broken], dropEventsBelow: null })).toThrow(/no such table/);
  file.commit({ writes: [row(3)], dropEventsBelow: null });
  expect(file.scan('memos', 0, 9).map(({ key }) => key)).toEqual([3]);
});
