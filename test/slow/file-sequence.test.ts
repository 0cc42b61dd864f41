import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Restorer } from '../../lib/index.js';
import type { FileJob, FileOutcome, NetworkReport, Progress } from '../../lib/index.js';
import { createFrame } from '../support/frames.js';
import { createFolder, randomModel } from '../support/models.js';

const folder = createFolder();
const model = randomModel(1, 4);
let restorer: Restorer;
beforeAll(async () => {
  restorer = await Restorer.open({ model, threads: 2 });
  for (const [index, width] of [64, 200, 90].entries()) {
    const { data, height } = createFrame({ width, height: 120 });
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(folder.path(`${index}.png`));
  }
});
afterAll(async () => {
  await restorer.dispose();
  folder.remove();
});

/** Jobs that write into a new folder. */
function jobsInto(name: string, inputs: readonly string[] = ['0.png', '1.png', '2.png']): FileJob[] {
  mkdirSync(folder.path(name));
  return inputs.map((input, index) => ({ input: folder.path(input), output: folder.path(`${name}/${index}.png`) }));
}

async function outcomesOf(
  outcomes: AsyncIterable<FileOutcome<FileJob, NetworkReport>>,
): Promise<FileOutcome<FileJob, NetworkReport>[]> {
  const all = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

describe('files restored in turn', () => {
  it('are those that are restored one by one, in their order', async () => {
    const jobs = jobsInto('turn');
    const outcomes = await outcomesOf(restorer.restoreFiles(jobs));
    expect(outcomes.map(({ job, error }) => ({ job, error }))).toEqual(jobs.map((job) => ({ job, error: null })));
    for (const { input, output } of jobs) {
      await restorer.restoreFile(input, folder.path('alone.png'));
      expect(readFileSync(output).equals(readFileSync(folder.path('alone.png')))).toBe(true);
    }
  });

  it('do not wait for one that fails', async () => {
    const jobs = jobsInto('failing', ['0.png', 'missing.png', '2.png']);
    const outcomes = await outcomesOf(restorer.restoreFiles(jobs));
    expect(outcomes.map(({ error }) => error?.message ?? null)).toEqual([
      null,
      expect.stringContaining('missing.png'),
      null,
    ]);
    expect(readdirSync(folder.path('failing')).sort()).toEqual(['0.png', '2.png']);
  });

  it('tell of an output that cannot be written', async () => {
    const [first, second] = jobsInto('unwritable') as [FileJob, FileJob];
    const outcomes = await outcomesOf(restorer.restoreFiles([{ ...first, output: folder.path('none/0.png') }, second]));
    expect(outcomes.map(({ error }) => error === null)).toEqual([false, true]);
  });

  it('are written before the next is decoded where the budget has no room for both', async () => {
    const { bytes } = restorer.plan({ width: 200, height: 120 });
    await using tight = await Restorer.open({ model, threads: 2, memory: bytes });
    const jobs = jobsInto('tight', ['1.png', '1.png']);
    const written: boolean[] = [];
    for await (const { error } of tight.restoreFiles(jobs, {
      onProgress: () => written.push(existsSync(jobs[0]!.output)),
    }))
      expect(error).toBeNull();
    // Progress of the first, then of the second.
    expect(written).toEqual([...written].sort((a, b) => Number(a) - Number(b)));
    expect(written.filter(Boolean)).toHaveLength(written.length / 2);
  });

  it('end with the reason of an abort, without halves of files', async () => {
    const jobs = jobsInto('aborted');
    const controller = new AbortController();
    let last = 0;
    const onProgress = ({ done }: Progress): void => {
      if (done < last) controller.abort();
      last = done;
    };
    await expect(outcomesOf(restorer.restoreFiles(jobs, { signal: controller.signal, onProgress }))).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
    expect(readdirSync(folder.path('aborted')).every((name) => name === '0.png')).toBe(true);
  });

  it('end when nobody asks for more, and leave the restorer free', async () => {
    const jobs = jobsInto('left');
    for await (const { error } of restorer.restoreFiles(jobs)) {
      expect(error).toBeNull();
      break;
    }
    expect(existsSync(jobs[2]!.output)).toBe(false);
    await restorer.restoreFile(jobs[2]!.input, jobs[2]!.output);
  });
});
