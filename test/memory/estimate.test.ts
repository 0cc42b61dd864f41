import { afterAll, describe, expect, it } from 'vitest';
import { createFolder } from '../support/models.js';
import { runNode } from '../support/run-child.js';

/** What bench/memory.mjs measures of one case, in a fresh process. */
interface Measured {
  readonly name: string;
  readonly peakBytes: number;
  readonly plannedBytes: number;
}

const folder = createFolder();
afterAll(() => folder.remove());

async function measure(size: string, samples: string, cases: readonly string[]): Promise<Measured[]> {
  const { code, stdout, stderr } = await runNode([
    'bench/memory.mjs',
    ...['--sizes', size, '--samples', samples, '--cases', cases.join(','), '--folder', folder.path(''), '--json'],
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Measured);
}

const ALONE = ['estimate-auto', 'estimate-blind', 'metrics'];
const COMPARED = ['estimate-reference', 'metrics-reference', 'report', 'report-reference'];

describe.runIf(process.platform === 'linux')('a fresh process', () => {
  it.each([
    ['640x480', 'rgb8', [...ALONE, ...COMPARED, 'estimate-grid']],
    ['2048x1536', 'rgb8', [...ALONE, ...COMPARED]],
    ['2048x1536', 'rgb16', [...ALONE, 'report']],
    ['2048x1536', 'grey8', [...ALONE, 'report']],
    ['4096x3072', 'rgb8', ['estimate-auto', 'metrics']],
  ])(
    'estimates, measures and reports %s frames of %s within its plan',
    async (size, samples, cases) => {
      for (const { name, peakBytes, plannedBytes } of await measure(size, samples, cases)) {
        expect(peakBytes, name).toBeLessThanOrEqual(plannedBytes);
        // A plan far above what is taken would keep others waiting.
        if (size === '2048x1536') expect(plannedBytes, name).toBeLessThanOrEqual(1.35 * peakBytes);
        if (name === 'estimate-auto' && size === '2048x1536' && samples === 'rgb8')
          expect(peakBytes).toBeLessThanOrEqual(150e6);
      }
    },
    600_000,
  );
});
