import { join } from 'node:path';
import { expect, test } from 'vitest';
import { STORE_FOLDER, SimulatedStore } from './support/simulated-store.js';

const ASIDE = join(STORE_FOLDER, 'quarantine');

/** Lets a stranger's file turn up in the folder of a capture, and the store notice it. */
async function keepAside(world: SimulatedStore, n: number): Promise<void> {
  await world.request(n);
  const { id } = await world.acquire(n);
  await world.write(join(world.store.pathOf((await world.store.get(id))!, 'raw'), '..', `notes-${n}`), 'x');
  await world.store.cancel(id, 'app');
}

test('what is kept aside is bounded: the oldest goes first, and it is told', async () => {
  const world = await SimulatedStore.open({ quarantine: { bytes: 5000, files: 10 } });
  for (let n = 1; n <= 2; n += 1) await keepAside(world, n);
  await world.store.tend();
  expect(await world.io.list(ASIDE)).toEqual(['000001-notes-1', '000002-notes-2']);
  expect(world.store.usage().quarantinedBytes).toBe(4000);
  await keepAside(world, 3);
  await world.store.tend();
  expect(await world.io.list(ASIDE)).toEqual(['000002-notes-2', '000003-notes-3']);
  expect(world.store.health().counters).toMatchObject({ quarantinedFiles: 3, discardedFiles: 1 });
  const { events } = await world.store.events(0, 99);
  expect(events.at(-1)).toMatchObject({
    type: 'discarded',
    captureId: '',
    detail: { name: '000001-notes-1', bytes: 2000 },
  });
  await world.reopen({ quarantine: { bytes: 5000, files: 1 } });
  expect(await world.io.list(ASIDE)).toEqual(['000003-notes-3']);
  expect(world.store.usage().quarantinedBytes).toBe(2000);
});
