import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FullError, ServiceError } from '../lib/errors.js';
import { Bench, camera } from './support/engine.js';

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.make();
});
afterEach(() => bench.remove());

it('waits for a disk that takes nothing, and then goes on by itself', async () => {
  await bench.start([camera('nadir', bench.replay())]);
  const { adopt, commit } = bench.store;
  const full = async (): Promise<never> => {
    throw new ServiceError('FULL', 'no room');
  };
  bench.store.adopt = full;
  const id = await bench.request({ camera: 'nadir' });
  await sleep(400);
  expect((await bench.store.get(id))!.state).not.toBe('failed');
  bench.store.adopt = adopt.bind(bench.store);
  bench.store.commit = async (draft) => {
    await bench.store.discard(draft, 'no room');
    return full();
  };
  await bench.until(id, ({ restorations }) => restorations > 0);
  await sleep(400);
  bench.store.commit = commit.bind(bench.store);
  expect(await bench.ended(id)).toMatchObject({ state: 'stored', level: 'network' });
});

it('fails a frame that does not fit on a disk that has room', async () => {
  await bench.start([camera('nadir', bench.replay())]);
  bench.disk.fullAt = 'inbox/';
  const id = await bench.request({ camera: 'nadir' });
  const ended = await bench.ended(id);
  expect(ended).toMatchObject({ state: 'failed', attempts: 2 });
  expect(ended.reason).toMatch(/^The frame does not fit on the disk, which has \d+ bytes free without it/);
  const { events } = await bench.store.events(0, 100);
  expect(events.find(({ type }) => type === 'failed')!.detail).toMatchObject({ reason: ended.reason });
  expect(bench.engine.cameras.get('nadir')!.health()).toEqual({ healthy: false, reason: ended.reason });
});

const noRoom = (): FullError => {
  const cause = Object.assign(new Error('ENOSPC: simulated'), { code: 'ENOSPC' });
  return new FullError('The disk is full', { cause });
};

it('fails a product that does not fit on a disk that has room', async () => {
  await bench.start([camera('nadir', bench.replay())]);
  bench.store.commit = async () => {
    throw noRoom();
  };
  const id = await bench.request({ camera: 'nadir', levels: ['pass-through'] });
  const ended = await bench.ended(id);
  expect(ended).toMatchObject({ state: 'failed' });
  expect(ended.reason).toMatch(/^restoration failed 3 times, at last: The product does not fit on the disk/);
});

it('lets others go first after a product that does not fit, and takes it when it fits', async () => {
  await bench.start([camera('nadir', bench.replay())]);
  const passed = { camera: 'nadir', levels: ['pass-through'] };
  const commit = bench.store.commit.bind(bench.store);
  const tried: string[] = [];
  bench.store.commit = async (draft, facts) => {
    tried.push(draft.id);
    if (tried.length > 1) return commit(draft, facts);
    await bench.until(other, ({ state }) => state === 'acquired');
    throw noRoom();
  };
  const large = await bench.request({ ...passed, priority: 9 });
  const other = await bench.request({ ...passed, priority: 1 });
  expect(await bench.ended(large)).toMatchObject({ state: 'stored', restorations: 2 });
  expect(tried).toEqual([large, other, large]);
});
