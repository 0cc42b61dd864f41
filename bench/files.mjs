import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Restorer } from '../dist/index.js';
import { writeModel } from './models.mjs';
import { median, spread, timeOnce } from './sampling.mjs';
import { createFrame } from './test-frame.mjs';

/** Files of one sequence. */
const FILES = 3;

/**
 * JPEG files into PNG files: one after the other, and each written while the next is restored, alternately.
 * @param {{ blocks: number, base: number, width: number, height: number, rounds: number, threads: number, isa: string,
 * report: (line: string) => void }} options
 */
export async function benchmarkFiles({ blocks, base, width, height, rounds, threads, isa, report }) {
  report(`${FILES} files of ${width}x${height}, n ${blocks}, base ${base}, ${threads} threads`);
  const folder = await mkdtemp(join(tmpdir(), 'perifocal-'));
  const restorer = await Restorer.open({ model: await writeModel(blocks, base), threads, isa });
  try {
    const input = join(folder, 'in.jpg');
    await sharp(createFrame(width, height).data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 95 })
      .toFile(input);
    const jobs = Array.from({ length: FILES }, (_, index) => ({ input, output: join(folder, `${index}.png`) }));
    const inTurn = async () => {
      for (const job of jobs) await restorer.restoreFile(job.input, job.output);
    };
    const overlapping = async () => {
      for await (const { error } of restorer.restoreFiles(jobs)) if (error) throw error;
    };
    const seconds = { inTurn: /** @type {number[]} */ ([]), overlapping: /** @type {number[]} */ ([]) };
    await restorer.restoreFile(input, jobs[0].output);
    for (let round = 0; round < rounds; round += 1) {
      seconds.inTurn.push((await timeOnce('one by one', inTurn)) / FILES);
      seconds.overlapping.push((await timeOnce('overlapping', overlapping)) / FILES);
    }
    return {
      blocks,
      base,
      width,
      height,
      threads,
      secondsInTurn: median(seconds.inTurn),
      secondsOverlapping: median(seconds.overlapping),
      ratio: median(seconds.inTurn.map((time, round) => time / seconds.overlapping[round])),
      spread: spread(seconds.overlapping),
    };
  } finally {
    await restorer.dispose();
    await rm(folder, { recursive: true });
  }
}
