import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArgumentError, BudgetError, Restorer, deconvolve, estimate, formatPlan, psf } from '../lib/index.js';
import { readCamera, writeCamera } from '../lib/index.js';
import type { Camera, ChosenPlan, Frame, Strip } from '../lib/index.js';
import { blurScene } from './support/blur.js';
import { digest } from './support/frames.js';
import { createFolder } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

const SIZE = { width: 288, height: 272 };
const AUTO = { model: 'auto', threads: 1 } as const;

describe("the model 'auto'", () => {
  it('deconvolves what no network is made for, as deconvolve does with the kernel that was found', async () => {
    await using restorer = await Restorer.open(AUTO);
    const { blurred } = blurScene({ ...SIZE, kernel: psf.disk(8), noise: 0.003 });
    const { data, report } = await restorer.restore(blurred);
    const { means, blur, trust } = report.choice;
    expect(means).toEqual({ kind: 'deconvolution', psf: blur, method: 'wiener' });
    expect(blur).toMatch(/^disk:(7\.9|8\.0)/);
    expect(trust).toBe('high');
    const same = await deconvolve(blurred, { psf: blur!, method: 'wiener', threads: 1 });
    expect(digest(data)).toBe(digest(same.data));
    expect(report).toMatchObject({ operation: 'deconvolve', method: 'wiener', estimatedPsf: blur });
  });

  it('takes the network within its range, and gives its bytes', async () => {
    await using restorer = await Restorer.open(AUTO);
    await using network = await Restorer.open({ threads: 1 });
    const { blurred } = blurScene({ ...SIZE, kernel: psf.disk(4), noise: 0.003 });
    const { data, report } = await restorer.restore(blurred);
    expect(report).toMatchObject({
      method: 'network',
      choice: { means: { kind: 'network', model: 'eo-defocus-small' } },
    });
    expect(report.choice.runnerUp).toMatchObject({ kind: 'deconvolution', method: 'hyper-laplacian' });
    expect(digest(data)).toBe(digest((await network.restore(blurred)).data));
  });

  it('leaves a sharp frame as it is, and says so', async () => {
    await using restorer = await Restorer.open(AUTO);
    const { sharp } = blurScene({ ...SIZE, kernel: psf.disk(1) });
    const { data, report } = await restorer.restore(sharp);
    expect(report).toMatchObject({
      method: 'none',
      choice: { means: { kind: 'none' }, reason: 'it is sharp already' },
    });
    expect(digest(data)).toBe(digest(sharp.data));
  });

  it('looks at each frame by itself', async () => {
    await using restorer = await Restorer.open(AUTO);
    const take = (kernel: psf.Psf, seed: number): Frame => blurScene({ ...SIZE, kernel, noise: 0.003, seed }).blurred;
    const blurOf = async (frame: Frame): Promise<string | null> => (await restorer.restore(frame)).report.choice.blur;
    const first = take(psf.disk(8), 3);
    const found = await blurOf(first);
    expect(found).toMatch(/^disk:(7\.9|8\.0)/);
    expect(await blurOf(take(psf.disk(8), 4))).not.toBe(found);
    expect(await blurOf(take(psf.disk(6.5), 5))).toMatch(/^disk:6\.[45]/);
    expect(await blurOf(take(psf.motion(14, 30), 6))).toMatch(/^motion:1[34]\./);
    expect(await blurOf(first)).toBe(found);
  });

  it('plans the dearest of the means, and refuses a budget that is too small for it', async () => {
    await using restorer = await Restorer.open(AUTO);
    const plan = restorer.plan({ width: 2048, height: 1536 }) as ChosenPlan;
    const own = [plan.network!, ...Object.values(plan.deconvolution!)];
    for (const { bytes } of own) expect(plan.bytes).toBeGreaterThanOrEqual(bytes);
    expect(plan.bytes).toBeLessThanOrEqual(300e6);
    expect(formatPlan(plan)).toMatch(/chosen of +network [\d.]+ MB, hyper-laplacian [\d.]+ MB, wiener [\d.]+ MB/);
    expect(() => restorer.plan({ width: 9000, height: 9000 })).toThrow(BudgetError);
  });

  it('refuses what is for models that are named, and the other way round', async () => {
    const open = (options: object): Promise<unknown> => Restorer.open(options);
    await expect(open({ ...AUTO, fallback: { psf: 'disk:4' } })).rejects.toThrow(/Unknown fallback/);
    await expect(open({ psf: 'disk:4' })).rejects.toThrow(ArgumentError);
    await expect(open({ ...AUTO, psf: 'disk:4', camera: { psf: 'disk:4' } })).rejects.toThrow(/give one of them/);
  });
});

describe('a kernel or a camera that is given', () => {
  it('decides by itself, whatever a frame shows', async () => {
    const { blurred } = blurScene({ ...SIZE, kernel: psf.disk(8), noise: 0.003 });
    await using known = await Restorer.open({ ...AUTO, psf: 'motion:9@20' });
    expect((await known.restore(blurred)).report).toMatchObject({
      method: 'hyper-laplacian',
      estimatedPsf: null,
      choice: { blur: 'motion:9@20', trust: 'given', confidence: 1 },
    });
    await using noisy = await Restorer.open({ ...AUTO, camera: { psf: 'disk:4', noise: 0.02 } });
    const { choice } = (await noisy.restore(blurred)).report;
    expect(choice).toMatchObject({ noise: 0.02, means: { kind: 'deconvolution', psf: 'disk:4' } });
  });

  it.each([
    [16, 16],
    [28, 28],
    [200, 20],
  ])('takes the network for a frame of %ix%i, which is too small to tell its blur', async (width, height) => {
    const { blurred } = blurScene({ width, height, kernel: psf.disk(2), noise: 0.003 });
    await using restorer = await Restorer.open(AUTO);
    expect(formatPlan(restorer.plan({ width, height }))).toMatch(/chosen of +network [\d.]+ MB, none/);
    const { data, report } = await restorer.restore(blurred);
    expect(report).toMatchObject({ method: 'network', choice: { trust: 'none', means: { kind: 'network' } } });
    await using network = await Restorer.open({ threads: 1 });
    expect(digest(data)).toBe(digest((await network.restore(blurred)).data));
  });

  it('restores frames too small to be looked at', async () => {
    const { blurred } = blurScene({ width: 96, height: 80, kernel: psf.disk(4), noise: 0.003 });
    await using unknown = await Restorer.open(AUTO);
    expect((await unknown.restore(blurred)).report.choice.reason).toMatch(/too small to tell/);
    await using known = await Restorer.open({ ...AUTO, psf: psf.disk(4) });
    expect((await known.restore(blurred)).report.choice).toMatchObject({ blur: 'a kernel of 9x9', trust: 'given' });
  });

  it('is kept from an estimate in a file', async () => {
    const { blurred } = blurScene({ ...SIZE, kernel: psf.disk(8), noise: 0.003 });
    const path = folder.path('camera.json');
    const found = await estimate(blurred, { threads: 1 });
    await writeCamera(path, found);
    expect(await readCamera(path)).toEqual({ psf: found.blur.psf, noise: found.noise!.sigma });
    await using restorer = await Restorer.open({ ...AUTO, camera: path });
    expect((await restorer.restore(blurred)).report.choice).toMatchObject({ blur: found.blur.psf, trust: 'given' });
  });

  it.each([
    ['no JSON', '{', /JSON/],
    ['no object', '7', /object/],
    ['two kernels', of({ psf: 'disk:4', kernel: { width: 1, height: 1, weights: [1] } }), /both psf and kernel/],
    ['many shapes', of({ psf: Array(99).fill('gaussian:20').join('+') }), /characters, at most 200/],
    ['another format', JSON.stringify({ format: 'x', psf: 'disk:4' }), /format is 'x'/],
    ['an unknown key', of({ psf: 'disk:4', run: 'rm' }), /Unknown run/],
    ['no kernel', of({}), /psf/],
    ['a kernel of another file', of({ psf: 'kernel.npy' }), /names a file/],
    ['no shape', of({ psf: 'disk:-4' }), /radius but received -4/],
    ['noise beyond full scale', of({ psf: 'disk:4', noise: 2 }), /noise of the camera/],
    ['a kernel without weights', of({ kernel: { width: 3, height: 3 } }), /weights of the kernel/],
    ['too few weights', of({ kernel: { width: 3, height: 3, weights: [1] } }), /9 weights/],
    ['weights that are text', of({ kernel: { width: 1, height: 1, weights: ['1'] } }), /weights of the kernel/],
    ['weights without a sum', of({ kernel: { width: 1, height: 1, weights: [0] } }), /positive sum/],
    ['a kernel beyond all sizes', of({ kernel: { width: 1e9, height: 1, weights: [] } }), /width/],
  ])('is refused with %s', async (_, text, message) => {
    const path = folder.path('bad.json');
    writeFileSync(path, text);
    await expect(readCamera(path)).rejects.toThrow(message);
    await expect(readCamera(path)).rejects.toThrow(ArgumentError);
  });
});

function of(fields: object): string {
  return JSON.stringify({ format: 'perifocal-camera-1', ...fields });
}

describe('a stream of rows', () => {
  const size = { width: 64, height: 48, channels: 1 as const };
  const { blurred } = blurScene({ ...size, kernel: psf.disk(4) });

  async function collect(strips: AsyncGenerator<Strip>): Promise<Frame['data']> {
    const data = new Uint8Array(blurred.data.length);
    let at = 0;
    for await (const { data: rows } of strips) {
      data.set(rows as Uint8Array, at);
      at += rows.length;
    }
    return data;
  }

  async function streamBy(camera: Camera | undefined): Promise<Frame['data']> {
    await using restorer = await Restorer.open({ ...AUTO, ...(camera && { camera }) });
    return await collect(restorer.stream([blurred.data], size));
  }

  it('takes a camera, and goes through the network that it suits', async () => {
    await using network = await Restorer.open({ threads: 1 });
    const same = await collect(network.stream([blurred.data], size));
    expect(digest(await streamBy({ psf: 'disk:4', noise: 0.003 }))).toBe(digest(same));
  });

  it('is refused without one, and where no network suits it', async () => {
    await expect(streamBy(undefined)).rejects.toThrow(/cannot look at a frame first/);
    await expect(streamBy({ psf: 'motion:9@20', noise: 0.003 })).rejects.toThrow(/hyper-laplacian by motion:9@20/);
  });
});

describe('a scene by windows', () => {
  const input = folder.path('scene.tif');

  beforeAll(async () => {
    const { blurred } = blurScene({ width: 272, height: 600, kernel: psf.disk(8), noise: 0.003 });
    await sharp(blurred.data, { raw: { width: 272, height: 600, channels: 1 } })
      .toColourspace('b-w')
      .toFile(input);
  });

  it('is restored by what its samples call for, whatever the window', async () => {
    await using restorer = await Restorer.open(AUTO);
    const { report } = await restorer.restoreFile(input, folder.path('restored.tif'), { windowRows: 256 });
    expect(report.scene).toMatchObject({ windows: 3, rows: 256 });
    expect(report).toMatchObject({ method: 'wiener', choice: { trust: 'high', means: { method: 'wiener' } } });
    expect(report.choice.blur).toMatch(/^disk:(7\.9|8\.0)/);
  });
});
