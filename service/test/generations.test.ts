import { expect, test } from 'vitest';
import { crashGenerations } from './support/crash-generations.js';
import { SURVIVALS } from './support/simulated-disk.js';

test.each(SURVIVALS)('a crash leaves the old file or the new one, each whole; left: %s', async (survival) => {
  expect(await crashGenerations(survival)).toBeGreaterThan(15);
});
