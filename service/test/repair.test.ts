import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Capture } from '../lib/capture/capture.js';
import { decodeManifest } from '../lib/store/manifest.js';
import { uuidOf } from './support/captures.js';
import { FACTS } from './support/facts.js';
import { SimulatedStore } from './support/simulated-store.js';

const SCRUB = { scrubSeconds: 0 };
const BIG = { bytes: 1e9, ageSeconds: 1e9 };

/** A store with a stored capture whose product has gone bad, and which has noticed it. */
async function withBadProduct(limits: Parameters<typeof SimulatedStore.open>[0] = {}) {
  const world = await SimulatedStore.open({ ...SCRUB, ...limits });
  const capture = await world.storeWhole(1);
  await rot(world, capture, 'product');
  await world.store.tend();
  return { world, capture };
}

async function rot(world: SimulatedStore, capture: Capture, what: 'raw' | 'product' | 'thumbnail'): Promise<void> {
  const path = world.store.pathOf(capture, what);
  await world.io.unlink(path);
  await world.write(path, 'rays');
}

async function makeAnew(world: SimulatedStore, text: string): Promise<Capture> {
  const draft = await world.store.beginRepair(uuidOf(1), 'png');
  await world.write(draft.productPath, text);
  await world.write(draft.thumbnailPath, 'thumbnail');
  return world.store.commit(draft, FACTS);
}

const namesOf = (world: SimulatedStore, capture: Capture): Promise<string[]> =>
  world.io.list(dirname(world.store.pathOf(capture, 'raw')));

describe('a product that has gone bad while its frame is whole', () => {
  test('is made anew and takes the place of the old one', async () => {
    const { world, capture } = await withBadProduct();
    expect((await world.store.nextRepair())?.id).toBe(capture.id);
    await world.store.ack(capture.id, 'app');
    const made = await makeAnew(world, 'another product');
    expect(made).toMatchObject({ state: 'stored', acked: true, storedAt: capture.storedAt, level: 'network' });
    expect(made.product!.sha256).not.toBe(capture.product!.sha256);
    expect(await namesOf(world, made)).toEqual([
      'acquired.json',
      'manifest.json',
      'raw.jpg',
      'restored.2.png',
      'thumbnail.2.jpg',
    ]);
    const manifest = decodeManifest(await world.io.readFile(world.store.pathOf(made, 'manifest'), 1e6))!;
    expect(manifest.capture.product).toEqual(made.product);
    const { events } = await world.store.events(0, 99);
    expect(events.map(({ type }) => type)).toEqual([
      'requested',
      'acquiring',
      'acquired',
      'restoring',
      'stored',
      'acked',
      'repaired',
    ]);
    expect(events.at(-1)!.detail).toEqual({ level: 'network', sha256: made.product!.sha256 });
    expect(world.store.health().counters).toMatchObject({ damagedFiles: 1, healedFiles: 1, repairedProducts: 1 });
    expect(await world.store.nextRepair()).toBeNull();
    await world.reopen(SCRUB);
    await world.store.tend();
    expect((await world.store.get(capture.id))!.product).toEqual(made.product);
    expect(world.store.health().reasons).toEqual([]);
  });

  test('is known after a restart, counts once, and is tried again only after a while when it failed', async () => {
    const { world, capture } = await withBadProduct();
    for (let round = 0; round < 3; round += 1) await world.store.tend();
    expect(world.store.health().counters).toMatchObject({ damagedFiles: 1, healedFiles: 0 });
    await world.reopen();
    expect((await world.store.nextRepair())?.id).toBe(capture.id);
    const draft = await world.store.beginRepair(capture.id, 'png');
    await expect(world.store.beginRepair(capture.id, 'png')).rejects.toMatchObject({ code: 'STATE' });
    await world.write(draft.productPath, 'half of it');
    await world.store.tend();
    expect(await namesOf(world, capture)).toContain('draft-2.restored.2.png');
    expect(await world.store.discard(draft, 'no memory')).toMatchObject({ state: 'stored' });
    expect(await namesOf(world, capture)).not.toContain('draft-2.restored.2.png');
    expect(await world.store.nextRepair()).toBeNull();
    world.disk.advance(700_000);
    expect((await world.store.nextRepair())?.id).toBe(capture.id);
  });

  test('keeps its frame, whatever retention wants, until it is whole', async () => {
    const limits = { classes: { raw: { bytes: 1, ageSeconds: 1e9 }, product: BIG, thumbnail: BIG, manifest: BIG } };
    const { world, capture } = await withBadProduct();
    await world.reopen(limits);
    await world.store.tend();
    expect(await world.exists(world.store.pathOf(capture, 'raw'))).toBe(true);
    await makeAnew(world, 'product 1');
    await world.store.tend();
    expect(await world.exists(world.store.pathOf(capture, 'raw'))).toBe(false);
  });

  test('that is evicted meanwhile stays evicted', async () => {
    const { world, capture } = await withBadProduct();
    await world.reopen({
      classes: { raw: BIG, product: { bytes: 1, ageSeconds: 1e9 }, thumbnail: BIG, manifest: BIG },
    });
    const draft = await world.store.beginRepair(capture.id, 'png');
    await world.write(draft.productPath, 'product');
    await world.write(draft.thumbnailPath, 'thumbnail');
    await world.store.release(capture.id, 'app');
    await world.store.tend();
    await expect(world.store.commit(draft, FACTS)).rejects.toMatchObject({ code: 'STATE' });
    await world.store.discard(draft, 'evicted');
    expect(await namesOf(world, capture)).toEqual(['acquired.json', 'manifest.json', 'raw.jpg']);
    expect(await world.store.nextRepair()).toBeNull();
  });
});

test('a product whose frame is bad as well is not made anew', async () => {
  const world = await SimulatedStore.open(SCRUB);
  const capture = await world.storeWhole(1);
  await rot(world, capture, 'product');
  await rot(world, capture, 'raw');
  await world.store.tend();
  expect(await world.store.nextRepair()).toBeNull();
  expect(world.store.health().counters.damagedFiles).toBe(2);
});

test('a thumbnail that has gone bad goes', async () => {
  const world = await SimulatedStore.open(SCRUB);
  const capture = await world.storeWhole(1);
  await rot(world, capture, 'thumbnail');
  await world.store.tend();
  expect(await world.store.nextRepair()).toBeNull();
  expect(await world.store.get(capture.id)).toMatchObject({
    product: { present: true },
    thumbnail: { present: false },
  });
  expect(await namesOf(world, capture)).toEqual(['acquired.json', 'manifest.json', 'raw.jpg', 'restored.png']);
});
