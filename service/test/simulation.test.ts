import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { noSimulationCounts, simulate } from './support/simulation.js';

/** `SIMULATION_SEEDS=100000-110000 npx vitest run --project service service/test/simulation.test.ts` runs others. */
const [first = 0, end = 600] = (process.env.SIMULATION_SEEDS ?? '0-600').split('-').map(Number);

/** A long run is given as long as it takes: on a busy machine some seconds a seed. */
const timeout = Math.max(600_000, (end - first) * 5_000);

test(`a store on a simulated disk loses nothing, seeds ${first} to ${end - 1}`, { timeout }, async () => {
  const counts = noSimulationCounts();
  for (let seed = first; seed < end; seed += 1) {
    await simulate(seed, 4, counts);
    // Nothing in it waits for anything real: the runner is to be heard too.
    await setImmediate();
  }
  console.log(JSON.stringify(counts));
  const seeds = end - first;
  // It tests what it says.
  expect(counts.crashes).toBeGreaterThan(seeds);
  expect(counts.stored).toBeGreaterThan(seeds);
  for (const often of [counts.evicted, counts.completed, counts.requeued, counts.rebuilds]) {
    expect(often).toBeGreaterThan(seeds / 50);
  }
});
