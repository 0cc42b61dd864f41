import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeManifest } from '../lib/store/manifest.js';
import { SimulatedStore } from './support/simulated-store.js';
import { uuidOf } from './support/captures.js';

test.each(['manifest.json', 'acquired.json'])('%s that is damaged is written anew from the record', async (name) => {
  const world = await SimulatedStore.open({ scrubSeconds: 0 });
  const capture = await world.storeWhole(1);
  const path = join(dirname(world.store.pathOf(capture, 'raw')), name);
  const before = decodeManifest(await world.io.readFile(path, 1e6))!;
  await world.io.unlink(path);
  await world.write(path, 'rays');
  await world.store.tend();
  const after = decodeManifest(await world.io.readFile(path, 1e6))!;
  expect({ ...after.capture, report: null }).toEqual({
    ...before.capture,
    report: null,
    restorations: expect.anything(),
  });
  const { counters, reasons } = world.store.health();
  expect(counters).toMatchObject({ damagedFiles: 1, healedFiles: 1 });
  expect(reasons.join()).toMatch(new RegExp(`${name} of capture ${uuidOf(1)} is not as it was written`));
  await world.store.tend();
  expect(world.store.health().counters).toMatchObject({ damagedFiles: 1, healedFiles: 1 });
});
