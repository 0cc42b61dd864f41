import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { Restorer, formatPlan } from '../lib/index.js';
import type { Frame, Progress, RestoreFileOptions } from '../lib/index.js';
import { RegularFile } from '../lib/files/read-file.js';
import { openImage } from '../lib/image/open-image.js';
import { encodeTiff } from '../lib/image/tiff/write-frame.js';
import { createFrame, digest } from './support/frames.js';
import type { FrameOptions } from './support/frames.js';
import { createFolder, randomModel } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

const output = folder.path('stream.tif');
afterEach(() => {
  for (const end of ['', '.part', '.resume.json']) rmSync(`${output}${end}`, { force: true });
});

const restorer = await Restorer.open({ model: randomModel(1, 4), threads: 1 });

/** Missing pixels across windows, over some rows of them whole, and where the last band of filled rows has one row. */
const isHole = (x: number, y: number): boolean => x + y / 4 < 12 || (y > 90 && y < 117) || (y > 250 && x > 20);

/** A TIFF of waves and noise, 0 where nothing is known. */
async function writeScene(
  options: Partial<FrameOptions> & Pick<Frame, 'alpha' | 'rgb'>,
  hole: typeof isHole = () => false,
): Promise<string> {
  const { alpha, rgb, ...size } = options;
  const given = { ...(alpha !== undefined && { alpha }), ...(rgb && { rgb }) };
  const frame = { ...createFrame({ width: 36, height: 257, depth: 16, ...size }), ...given };
  const { data, width, channels } = frame;
  data.forEach((_, at) => {
    const pixel = Math.floor(at / channels);
    if (hole(pixel % width, Math.floor(pixel / width))) data[at] = 0;
  });
  const path = folder.path('scene.tif');
  writeFileSync(path, await encodeTiff(frame, data));
  return path;
}

async function digestOf(path: string): Promise<string> {
  const { signal } = new AbortController();
  const source = await openImage(path, { signal });
  return digest((await source.read(signal)).frame.data as Frame['data']);
}

/** Ends a run after some rows. */
async function interrupt(input: string, row: number, options: RestoreFileOptions): Promise<void> {
  const controller = new AbortController();
  const onProgress = ({ phase, done }: Progress): void => {
    if (phase === 'restore' && done > row) controller.abort(new Error('interrupted'));
  };
  const run = restorer.restoreFile(input, output, { ...options, signal: controller.signal, onProgress });
  await expect(run).rejects.toThrow('interrupted');
}

describe('a file that is too large for memory', () => {
  it('is read once for its SHA-256', async () => {
    const [width, height] = [900, 6000];
    const input = folder.path('large.tif');
    const frame: Frame = { width, height, channels: 3, depth: 8, data: new Uint8Array(width * height * 3) };
    writeFileSync(input, await encodeTiff(frame, frame.data));
    const memory = `${Math.floor(restorer.plan(frame).bytes / 1e6) - 5}MB`;
    await using small = await Restorer.open({ model: randomModel(1, 4), threads: 1, memory });
    const visits = vi.spyOn(RegularFile.prototype, 'visit');
    const controller = new AbortController();
    const onProgress = (): void => controller.abort(new Error('interrupted'));
    const run = small.restoreFile(input, output, { signal: controller.signal, onProgress });
    await expect(run).rejects.toThrow('interrupted');
    expect(visits).toHaveBeenCalledTimes(1);
    visits.mockRestore();
  });
});

describe('a scene whose rows go through the network as one stream', () => {
  it.each([
    ['4 bands, red, green and blue among them', { channels: 4, alpha: false, rgb: [[0, 1, 2]] }],
    ['2 bands, each for itself', { channels: 2, alpha: false }],
    ['1 band of 8 bits', { channels: 1, depth: 8 }],
  ] as const)('has the bytes of the whole frame, pixels missing: %s', async (_, size) => {
    const input = await writeScene(size as FrameOptions, isHole);
    const whole = await restorer.restore(input, { nodata: 0 });
    for (const windowRows of [64, 192]) {
      const { report } = await restorer.restoreFile(input, output, { nodata: 0, windowRows });
      expect(report.scene).toMatchObject({ isStream: true, rows: windowRows, fromRow: 0 });
      expect(report.missingPixels).toBe(whole.report.missingPixels);
      expect(await digestOf(output)).toBe(digest(whole.data));
    }
  });

  it('computes no row twice, and says so', async () => {
    const input = await writeScene({ channels: 4, alpha: false, rgb: [[0, 1, 2]] });
    const { plan } = (await restorer.restoreFile(input, output, { windowRows: 64 })).report;
    expect(plan.macs).toBe(plan.pipeline.macs * 2);
    expect(plan.pipelines).toBe(2);
    expect(formatPlan(plan)).toMatch(/^scene {6}36 x 257, 5 windows of 64 rows, one stream$/m);
    expect(formatPlan(plan)).toMatch(/^2 pipelines/m);
  });

  it('goes on where a run was interrupted, with the same file', async () => {
    const input = await writeScene({ channels: 2, alpha: false }, isHole);
    const options = { nodata: 0, windowRows: 64 };
    await restorer.restoreFile(input, output, options);
    const uninterrupted = readFileSync(output);
    rmSync(output);
    await interrupt(input, 150, options);
    const phases = new Set<string>();
    const onProgress = ({ phase }: Progress): void => void phases.add(phase);
    const { report } = await restorer.restoreFile(input, output, { nodata: 0, resume: true, onProgress });
    expect(report.scene).toMatchObject({ isStream: true, fromRow: 128 });
    expect(phases).toEqual(new Set(['verify', 'white', 'repeat', 'restore']));
    expect(readFileSync(output)).toEqual(uninterrupted);
  });

  it('can be used again after an abort', async () => {
    const input = await writeScene({ channels: 1 });
    await interrupt(input, 10, { windowRows: 64 });
    const whole = await restorer.restore(input);
    await restorer.restoreFile(input, output, { windowRows: 64 });
    expect(await digestOf(output)).toBe(digest(whole.data));
  });

  it('is cut into windows that overlap for the passes of an ensemble', async () => {
    await using ensemble = await Restorer.open({ model: randomModel(1, 4), ensemble: 2, threads: 1 });
    const input = await writeScene({ channels: 1, height: 200 });
    const { report } = await ensemble.restoreFile(input, output, { windowRows: 128 });
    expect(report.scene).toMatchObject({ isStream: false, windows: 2 });
    expect(await digestOf(output)).toBe(digest((await ensemble.restore(input)).data));
  });
});
