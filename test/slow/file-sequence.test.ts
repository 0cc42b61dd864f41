import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArgumentError, Restorer } from '../../lib/index.js';
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
    const { bytes, buffers } = restorer.plan({ width: 200, height: 120 });
    // Those of the other restorer, which stay in memory.
    const weights = buffers.find(({ name }) => name === 'weights')!.bytes;
    await using tight = await Restorer.open({ model, threads: 2, memory: bytes + weights });
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

  it.each([null, 0, new Error('pass over')])('end with the reason of an abort that is %s', async (reason) => {
    const controller = new AbortController();
    const run = outcomesOf(
      restorer.restoreFiles(jobsInto(`reason-${String(reason)}`), {
        signal: controller.signal,
        onProgress: () => controller.abort(reason),
      }),
    );
    expect(await run.catch((error: unknown) => ({ error }))).toEqual({ error: reason });
  });

  it('may not be written to one file, nor over an input, by whatever path', async () => {
    const [first, second, third] = jobsInto('clash') as [FileJob, FileJob, FileJob];
    symlinkSync(folder.path('2.png'), folder.path('clash/link.png'));
    const before = readFileSync(folder.path('2.png'));
    for (const [jobs, message] of [
      [[first, { ...second, output: folder.path('clash/./0.png') }], /Two jobs would be written to/],
      [[{ ...first, output: folder.path('clash/../1.png') }, second], /would overwrite the input .*1\.png/],
      [[{ ...first, output: folder.path('clash/link.png') }, third], /would overwrite the input .*2\.png/],
      [[null as unknown as FileJob], /Expected object of input and output for a job but received null/],
      [[5 as unknown as FileJob], /for a job/],
      [[{ input: first.input } as FileJob], /Expected non-empty string for output of a job/],
      [null as unknown as FileJob[], /Expected iterable for jobs/],
    ] as const) {
      const run = outcomesOf(restorer.restoreFiles(jobs));
      await expect(run).rejects.toThrow(message);
      await expect(run).rejects.toThrow(ArgumentError);
    }
    const link = restorer.restoreFile(folder.path('2.png'), folder.path('clash/link.png'));
    await expect(link).rejects.toThrow(/would overwrite the input/);
    expect(readFileSync(folder.path('2.png')).equals(before)).toBe(true);
    expect(readdirSync(folder.path('clash'))).toEqual(['link.png']);
  });

  it('end when their restorer is disposed of by whoever handles one', async () => {
    const own = await Restorer.open({ model, threads: 2 });
    const run = async (): Promise<void> => {
      for await (const _ of own.restoreFiles(jobsInto('disposed'))) await own.dispose();
    };
    await expect(run()).rejects.toThrow(/disposed during a run/);
  });

  it('report the peak of memory up to the end of writing', async () => {
    const [job] = jobsInto('peak') as [FileJob];
    const { report } = await restorer.restoreFile(job.input, job.output);
    expect(report.peakRssBytes).toBeGreaterThan(30e6);
    expect(report).toMatchObject({ operation: 'restore', input: job.input, method: 'network' });
    expect(report.inputSha256).toBe(
      createHash('sha256')
        .update(readFileSync(job.input as string))
        .digest('hex'),
    );
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
