import { describe, expect, it } from 'vitest';
import { runNode } from '../support/run-child.js';

describe.runIf(process.platform === 'linux')(
  'a process that restores, deconvolves, estimates and measures stars at once',
  () => {
    it.each([1, 2])(
      'on a runtime of %i threads has no more of them busy',
      async (threads) => {
        const { code, stdout, stderr } = await runNode(['test/support/threads-child.mjs', String(threads)]);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        const found = JSON.parse(stdout) as { mostBusyThreads: number; busyThreads: number; busy: number };
        expect(found).toMatchObject({ mostBusyThreads: threads, busyThreads: 0 });
        // Processor time of all threads but the event loop's; V8 collects garbage and compiles on others.
        expect(found.busy).toBeLessThan(threads + 0.3);
      },
      120_000,
    );
  },
);
