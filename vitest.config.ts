import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import type { TestProjectInlineConfiguration } from 'vitest/config';

/** Tests of one folder, each file in a process of its own. Groups run one after the other. */
const project = (
  name: string,
  folder: string,
  groupOrder: number,
  singleFork = false,
): TestProjectInlineConfiguration => ({
  test: {
    name,
    include: [`${folder}/*.test.ts`],
    setupFiles: ['test/support/equal-arrays.ts'],
    pool: 'forks',
    poolOptions: { forks: { singleFork } },
    sequence: { groupOrder },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

export default defineConfig({
  test: {
    poolOptions: { forks: { minForks: 1, maxForks: Math.min(2, availableParallelism()) } },
    projects: [
      project('fast', 'test', 0),
      project('slow', 'test/slow', 0),
      project('service', 'service/test', 0),
      // What a process takes is measured alone, after all others: one file at a time.
      project('memory', 'test/memory', 1, true),
    ],
  },
});
