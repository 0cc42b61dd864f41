import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { Restorer, createReport, deconvolve, estimate, metrics, stars } from '../lib/index.js';
import type { ImageOptions } from '../lib/index.js';
import { createFrame, digest } from './support/frames.js';
import { createFolder, randomModel } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

const [width, height] = [64, 48];
const input = folder.path('in.png');
const output = folder.path('out.png');
const { data } = createFrame({ width, height });
writeFileSync(
  input,
  await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer(),
);
const right = digest(await readFile(input));
const wrong = 'ab'.repeat(32);

/** Every operation of the package on the file. */
const operations: Readonly<Record<string, (options: ImageOptions) => Promise<unknown>>> = {
  restore: async (options) => {
    await using restorer = await Restorer.open({ model: randomModel(1, 32) });
    return await restorer.restore(input, options);
  },
  restoreFile: async (options) => {
    await using restorer = await Restorer.open({ model: randomModel(1, 32) });
    return await restorer.restoreFile(input, output, options);
  },
  restoreFiles: async (options) => {
    await using restorer = await Restorer.open({ model: randomModel(1, 32) });
    for await (const { error } of restorer.restoreFiles([{ input, output, ...options }])) if (error) throw error;
  },
  deconvolve: (options) => deconvolve(input, { psf: 'disk:1', ...options }),
  estimate: (options) => estimate(input, options),
  measure: (options) => metrics.measure(input, { reference: input, ...options }),
  createReport: (options) => createReport(input, input, options),
  restoreStars: (options) => stars.restoreStars(input, { method: 'none', ...options }),
  'StarTracker.next': async (options) => {
    await using tracker = await stars.StarTracker.open({ method: 'none' });
    return await tracker.next(input, options);
  },
};

describe.each(Object.keys(operations))('%s', (name) => {
  const run = operations[name]!;

  it('refuses a file of another digest than is expected, and takes the right one', async () => {
    await expect(run({ expectSha256: wrong })).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: `${input} has SHA-256 ${right}, expected was ${wrong}`,
    });
    await run({ expectSha256: right.toUpperCase() });
  });

  it('refuses what is no digest', async () => {
    await expect(run({ expectSha256: 'abc' })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});
