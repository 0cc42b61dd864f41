import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const shared = {
  pool: 'forks' as const,
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    poolOptions: { forks: { maxForks: Math.min(2, availableParallelism()), minForks: 1 } },
    projects: [
      { test: { ...shared, name: 'parallel', include: ['test/*.test.ts'], sequence: { groupOrder: 0 } } },
      {
        // What a process takes is measured alone, after all others: one file at a time.
        test: {
          ...shared,
          name: 'memory',
          include: ['test/memory/*.test.ts'],
          poolOptions: { forks: { singleFork: true } },
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
