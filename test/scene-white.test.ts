import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Deconvolver, Restorer, psf } from '../lib/index.js';
import type { FrameReport, Progress, RestoreFileOptions } from '../lib/index.js';
import { openImage } from '../lib/image/open-image.js';
import { createRandom } from '../lib/math/random.js';
import { createFolder, randomModel } from './support/models.js';
import { tiffFile } from './support/tiff-file.js';

const folder = createFolder();
afterAll(() => folder.remove());
const [input, output] = [folder.path('scene.tif'), folder.path('restored.tif')];
afterEach(() => {
  for (const end of ['', '.part', '.resume.json']) rmSync(`${output}${end}`, { force: true });
});

const { signal } = new AbortController();
const [WIDTH, HEIGHT] = [64, 300];
const MAX_SAMPLE_VALUE = 281;

/** Waves up to a level, the lower third of the picture brighter than the rest. */
function writeScene(level: number, type: 'uint16' | 'float32', tags = {}, hole?: number): void {
  const random = createRandom(3);
  const samples = Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => {
    const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
    if (hole !== undefined && (x + y / 3 < 20 || (y > 140 && y < 160))) return hole;
    const wave = 0.5 + 0.4 * Math.sin(x / 4) * Math.cos(y / 5) + 0.1 * random();
    const value = level * wave * (y < 200 ? 0.3 : 1);
    return type === 'uint16' ? Math.round(value) : value;
  });
  writeFileSync(input, tiffFile([{ width: WIDTH, height: HEIGHT, bands: 1, type, samples, tags }]));
}

async function samplesOf(path: string): Promise<ArrayLike<number>> {
  return (await (await openImage(path, { signal })).read(signal)).frame.data;
}

type Facts = Pick<FrameReport, 'white' | 'whiteFrom'>;

/** What is white, of the whole frame and by windows, and how far their samples are from one another at most. */
async function compare(
  restorer: Restorer | Deconvolver,
  options: RestoreFileOptions,
  windowRows: number,
): Promise<{ whole: Facts; scene: Facts; difference: number }> {
  const whole = folder.path('whole.tif');
  const { report } = await restorer.restoreFile(input, whole, options);
  expect(report.scene).toBeUndefined();
  const scene = await restorer.restoreFile(input, output, { ...options, windowRows });
  expect(scene.report.scene).toBeDefined();
  const [expected, found] = [await samplesOf(whole), await samplesOf(output)];
  let difference = 0;
  for (let at = 0; at < expected.length; at += 1)
    if (!Object.is(expected[at], found[at])) difference = Math.max(difference, Math.abs(expected[at]! - found[at]!));
  rmSync(output);
  const factsOf = ({ white, whiteFrom }: Facts): Facts => ({ white, whiteFrom });
  return { whole: factsOf(report), scene: factsOf(scene.report), difference };
}

const KINDS = [
  ['the file says', 4000, 'uint16', { stated: 4095 }, 'file'],
  ['the samples reach beyond what the file says', 5700, 'uint16', { stated: 4095 }, 'data'],
  ['the samples reach half of their type beyond it', 50_000, 'uint16', { stated: 4095 }, 'type'],
  ['only missing samples are brighter', 4000, 'uint16', { stated: 4095, hole: 60_000 }, 'file'],
  ['the samples tell where some are missing', 5700, 'uint16', { stated: 4095, hole: 0 }, 'data'],
  ['the options say, and samples are brighter', 5700, 'uint16', { stated: 4095, given: 4500 }, 'given'],
  ['floats tell', 30, 'float32', {}, 'data'],
  ['floats tell where some are missing', 30, 'float32', { hole: NaN }, 'data'],
] as const;

describe.each(KINDS)('where white is what %s', (_, level, type, how, from) => {
  const { stated, hole, given }: { stated?: number; hole?: number; given?: number } = how;
  const prepare = (): RestoreFileOptions => {
    writeScene(level, type, stated === undefined ? {} : { [MAX_SAMPLE_VALUE]: [stated] }, hole);
    return { ...(hole !== undefined && { nodata: hole }), ...(given && { white: given }) };
  };

  it('windows of one stream have the white and the bytes of the whole frame', async () => {
    await using restorer = await Restorer.open({ model: randomModel(1, 4), threads: 1 });
    for (const rows of [128, 512]) {
      const { whole, scene, difference } = await compare(restorer, prepare(), rows);
      expect(whole.whiteFrom).toBe(from);
      expect(scene).toEqual(whole);
      expect(difference).toBe(0);
    }
  });

  it('windows that overlap have the white of the whole frame, and nearly its samples', async () => {
    await using deconvolver = await Deconvolver.open({ psf: psf.disk(2), method: 'wiener', nsr: 0.01, threads: 1 });
    const { whole, scene, difference } = await compare(deconvolver, prepare(), 128);
    expect(whole.whiteFrom).toBe(from);
    expect(scene).toEqual(whole);
    expect(difference).toBeLessThan(whole.white! / 255);
  });
});

describe('a run by windows that is gone on with', () => {
  it('finds the same white', async () => {
    writeScene(5700, 'uint16', { [MAX_SAMPLE_VALUE]: [4095] });
    await using restorer = await Restorer.open({ model: randomModel(1, 4), threads: 1 });
    const whole = await restorer.restore(input);
    const controller = new AbortController();
    const phases = new Set<string>();
    const onProgress = ({ phase, done }: Progress): void => {
      phases.add(phase);
      if (phase === 'restore' && done > 140) controller.abort(new Error('interrupted'));
    };
    const run = restorer.restoreFile(input, output, { windowRows: 64, signal: controller.signal, onProgress });
    await expect(run).rejects.toThrow('interrupted');
    expect(phases).toContain('white');
    const { report } = await restorer.restoreFile(input, output, { resume: true });
    expect(report.scene!.fromRow).toBe(128);
    expect(report).toMatchObject({ white: whole.report.white, whiteFrom: 'data' });
    expect(await samplesOf(output)).toEqual(whole.data);
  });
});
