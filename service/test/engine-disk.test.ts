import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ServiceError } from '../lib/errors.js';
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
