import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ServiceError } from '../lib/errors.js';
import { uuidOf } from './support/captures.js';
import { STORE_FOLDER, SimulatedStore } from './support/simulated-store.js';

const BIG = { bytes: 1e9, ageSeconds: 1e9 };
/** Products have to go as soon as they may. */
const NO_PRODUCTS = {
  classes: { raw: BIG, product: { bytes: 1, ageSeconds: 1e9 }, thumbnail: BIG, manifest: BIG },
};

describe('a full disk becomes free again', () => {
  test('with the reserve', async () => {
    const world = await SimulatedStore.open(NO_PRODUCTS);
    const { id } = await world.storeWhole(1);
    const path = world.store.pathOf((await world.store.get(id))!, 'product');
    await world.store.release(id, 'app');
    await world.leave(0);
    await world.store.tend();
    expect(await world.exists(path)).toBe(false);
    expect(world.store.usage().bytesByClass.product).toBe(0);
    world.disk.capacityBytes = Number.POSITIVE_INFINITY;
    await world.store.tend();
    expect(world.store.health()).toMatchObject({ writable: true, reasons: [] });
  });

  test('and where others have taken the reserve too', async () => {
    const world = await SimulatedStore.open({ ...NO_PRODUCTS, reserveBytes: 0 });
    const { id } = await world.storeWhole(1);
    const path = world.store.pathOf((await world.store.get(id))!, 'product');
    await world.store.release(id, 'app');
    await world.leave(0);
    await world.store.tend();
    expect(await world.exists(path)).toBe(false);
    expect(world.store.health().reasons).toEqual([]);
    expect(await world.store.get(id)).toMatchObject({ retention: 'evicted', report: { seconds: 1 } });
  });
});

describe('the store opens', () => {
  test('on a full disk, with what an earlier service has kept', async () => {
    const world = await SimulatedStore.open();
    await world.request(1);
    await world.acquire(1);
    await world.store.beginProduct(uuidOf(1), 'png');
    await world.leave(0);
    world.disk.databaseNeedsRoom = true;
    await world.reopen();
    expect(world.store.live()).toMatchObject([{ state: 'acquired' }]);
  });

  test('where one capture cannot be recovered, and goes on with it when there is room', async () => {
    const world = await SimulatedStore.open({ reserveBytes: 0 });
    await world.request(1);
    await world.store.advance(uuidOf(1), { to: 'acquiring' });
    world.disk.faults = { full: 1 };
    await world.reopen({ reserveBytes: 0 });
    expect(world.store.health().writable).toBe(false);
    world.disk.faults = {};
    await world.store.tend();
    expect(world.store.live()).toMatchObject([{ state: 'requested' }]);
    expect(world.store.health()).toMatchObject({ writable: true, reasons: [] });
  });
});

test('a folder in the inbox does not keep the store from opening, nor one in the way of a frame', async () => {
  const world = await SimulatedStore.open();
  await world.request(1);
  await world.store.advance(uuidOf(1), { to: 'acquiring' });
  await world.io.makeFolder(world.store.inboxPath(uuidOf(1)));
  // As a real disk does.
  const { unlink } = world.io;
  world.io = {
    ...world.io,
    unlink: async (path) => {
      if ((await world.io.stat(path))?.kind === 'folder') throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' });
      await unlink(path);
    },
  };
  await world.reopen();
  expect(world.store.live()).toMatchObject([{ state: 'requested' }]);
  expect(await world.io.list(join(STORE_FOLDER, 'inbox'))).toEqual([]);
  expect(await world.io.list(join(STORE_FOLDER, 'quarantine'))).toHaveLength(1);
  expect((await world.acquire(1)).state).toBe('acquired');
});

test('what a disk that failed has left of the format file goes', async () => {
  const world = await SimulatedStore.open();
  await world.write(join(STORE_FOLDER, 'format.1.tmp'), 'half of it');
  await world.reopen();
  expect(await world.exists(join(STORE_FOLDER, 'format.1.tmp'))).toBe(false);
});

test('what the library leaves of a product goes, and is not kept aside', async () => {
  const world = await SimulatedStore.open();
  await world.request(1);
  const capture = await world.acquire(1);
  const draft = await world.store.beginProduct(uuidOf(1), 'png');
  const folder = dirname(world.store.pathOf(capture, 'raw'));
  await world.write(join(folder, '.0123456789abcdef.tmp'), 'half a product');
  await world.store.discard(draft, 'the machine is busy');
  expect(await world.io.list(folder)).toEqual(['acquired.json', 'raw.jpg']);
  expect(await world.io.list(join(STORE_FOLDER, 'quarantine'))).toEqual([]);
});

test('a folder that could not be tidied is a problem only until it is', async () => {
  const world = await SimulatedStore.open();
  await world.request(1);
  await world.acquire(1);
  const { syncFolder } = world.io;
  let broken = true;
  Object.assign(world.io, {
    syncFolder: async (path: string) => {
      if (broken) throw new ServiceError('UNWRITABLE', 'no');
      await syncFolder(path);
    },
  });
  await world.store.cancel(uuidOf(1), 'app');
  expect(world.store.health().reasons).toHaveLength(1);
  broken = false;
  await world.store.tend();
  expect(world.store.health().reasons).toEqual([]);
});
