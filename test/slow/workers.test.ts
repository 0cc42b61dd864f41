import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Restorer, deconvolve } from '../../lib/index.js';
import { createFrame, digest } from '../support/frames.js';
import { randomModel } from '../support/models.js';

const model = randomModel(2, 8);
const frame = createFrame({ width: 120, height: 200 });
const script = new URL('../support/worker.mjs', import.meta.url);

const start = (forever: boolean): Worker => new Worker(script, { workerData: { model, frame, forever } });

describe('worker threads', () => {
  it('restore with a restorer each, all to the same bytes', async () => {
    await using restorer = await Restorer.open({ model });
    const expected = digest((await restorer.restore(frame)).data);
    const results = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const worker = start(false);
        const [[data], [exitCode]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
        expect(exitCode).toBe(0);
        return digest(data as Uint8Array);
      }),
    );
    expect(results).toEqual([expected, expected, expected, expected]);
  });

  it('can be terminated in the middle of a frame', async () => {
    for (let round = 0; round < 6; round += 1) {
      const workers = [start(true), start(true)];
      await Promise.all(workers.map((worker) => once(worker, 'message')));
      await new Promise((resolve) => setTimeout(resolve, 7 * round));
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    await using restorer = await Restorer.open({ model });
    await restorer.restore(frame);
  });
});

describe('worker threads that deconvolve', () => {
  const options = { psf: 'disk:3', method: 'richardson-lucy', iterations: 12, threads: 2 } as const;
  const deconvolver = (forever: boolean): Worker =>
    new Worker(new URL('../support/deconvolve-worker.mjs', import.meta.url), {
      workerData: { frame, options, forever },
    });

  it('all come to the same bytes', async () => {
    const expected = digest((await deconvolve(frame, options)).data);
    const results = await Promise.all(
      [1, 2, 3].map(async () => {
        const worker = deconvolver(false);
        const [[data], [exitCode]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
        expect(exitCode).toBe(0);
        return digest(data as Uint8Array);
      }),
    );
    expect(results).toEqual([expected, expected, expected]);
  });

  it('can be terminated in the middle of an iteration', async () => {
    for (let round = 0; round < 6; round += 1) {
      const workers = [deconvolver(true), deconvolver(true)];
      await Promise.all(workers.map((worker) => once(worker, 'message')));
      await new Promise((resolve) => setTimeout(resolve, 7 * round));
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    await deconvolve(frame, options);
  });
});
