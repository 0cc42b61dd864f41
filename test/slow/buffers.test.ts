import { afterAll, expect, it } from 'vitest';
import { createFolder } from '../support/models.js';
import { runNode } from '../support/run-child.js';

const folder = createFolder();
afterAll(() => folder.remove());

it('memory that a caller takes away during a call ends no process: it is done, or refuses its argument', async () => {
  const { code, stdout, stderr } = await runNode(['test/support/buffers-child.mjs', folder.path('out.png')]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const outcomes = JSON.parse(stdout) as Record<string, string[]>;
  expect(Object.keys(outcomes).length).toBeGreaterThan(12);
  for (const [name, ended] of Object.entries(outcomes)) {
    expect(
      ended.filter((outcome) => !['done', 'ARGUMENT_INVALID'].includes(outcome)),
      name,
    ).toEqual([]);
  }
}, 180_000);
