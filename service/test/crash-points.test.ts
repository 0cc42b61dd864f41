import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { crashEverywhere } from './support/crash-points.js';
import { SCENARIOS } from './support/scenarios.js';

test.each(SCENARIOS)(
  '$name: an end at every operation, and every failed sync',
  { timeout: 600_000 },
  async (scenario) => {
    await setImmediate();
    expect(await crashEverywhere(scenario)).toBeGreaterThan(100);
  },
);
