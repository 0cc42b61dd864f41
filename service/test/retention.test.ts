import { describe, expect, test } from 'vitest';
import { decodeManifest, encodeManifest } from '../lib/store/manifest.js';
import { uuidOf } from './support/captures.js';
import { SimulatedStore } from './support/simulated-store.js';

const BIG = { bytes: 1e9, ageSeconds: 1e9 };
/** Products have to go as soon as they may. */
const NO_PRODUCTS = {
  classes: { raw: BIG, product: { bytes: 1, ageSeconds: 1e9 }, thumbnail: BIG, manifest: BIG },
};
const MONTH_SECONDS = 30 * 86_400;

describe('retention', () => {
  test('never takes a product that has just been held', async () => {
    const world = await SimulatedStore.open(NO_PRODUCTS);
    const { store } = world;
    for (const n of [1, 2]) {
      await world.storeWhole(n);
      await store.release(uuidOf(n), 'app');
    }
    // While the first goes, the second is held.
    store.onEvent(({ type, captureId }) => {
      if (type === 'evicted' && captureId === uuidOf(1)) void store.hold(uuidOf(2), 'app', MONTH_SECONDS);
    });
    await store.tend();
    expect(await store.get(uuidOf(1))).toMatchObject({ retention: 'evicted' });
    expect(await store.get(uuidOf(2))).toMatchObject({ retention: 'held', product: { present: true } });
  });

  test('goes on beside a record that is damaged', async () => {
    const world = await SimulatedStore.open(NO_PRODUCTS);
    // So many that the first record is not in memory any more.
    for (let n = 1; n <= 20; n += 1) {
      const capture = await world.storeWhole(n);
      await world.store.release(uuidOf(n), 'app');
      if (n === 1) await world.io.unlink(world.store.pathOf(capture, 'manifest'));
    }
    world.tables.captures.set(1, '{}');
    await world.store.tend();
    expect(world.store.health().reasons.join()).toMatch(/damaged/);
    expect(await world.store.get(uuidOf(2))).toMatchObject({ retention: 'evicted' });
  });
});

test('a record that is healed keeps its order, its hold and its acknowledgement', async () => {
  const world = await SimulatedStore.open();
  const { store, io } = world;
  for (const n of [1, 2]) await world.storeWhole(n);
  await store.ack(uuidOf(2), 'app');
  await store.hold(uuidOf(2), 'app', MONTH_SECONDS);
  const before = await store.get(uuidOf(2));
  // A manifest of another database, in which it was the first.
  const path = store.pathOf(before!, 'manifest');
  const { capture } = decodeManifest(await io.readFile(path, 1e6))!;
  expect(capture.holdUntil).toBe(before!.holdUntil);
  await io.unlink(path);
  const file = await io.create(path);
  await file.write(encodeManifest({ capture: { ...capture, order: 1, acked: false, holdUntil: 5 }, lastSeq: 3 }));
  world.tables.captures.set(2, '{}');
  expect(await store.get(uuidOf(2))).toEqual(before);
  expect(await store.get(uuidOf(1))).toMatchObject({ order: 1, id: uuidOf(1) });
});

test('events that are dropped while they are read are not lost ones', async () => {
  const world = await SimulatedStore.open({ events: 20 });
  for (let n = 1; n <= 20; n += 1) await world.request(n);
  const reading = world.store.events(0, 100);
  const more = (async () => {
    for (let n = 21; n <= 30; n += 1) await world.request(n);
  })();
  const { events, firstSeq } = await reading;
  await more;
  expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
  expect(events[0]!.seq).toBeGreaterThanOrEqual(firstSeq);
  expect(world.store.health().counters.damagedRows).toBe(0);
});
