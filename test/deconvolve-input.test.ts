import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import {
  BudgetError,
  Deconvolver,
  ModelError,
  PerifocalError,
  Restorer,
  deconvolve,
  formatPlan,
  psf,
} from '../lib/index.js';
import type { DeconvolveOptions, FloatFrame, Frame } from '../lib/index.js';
import { blurScene } from './support/blur.js';
import { createFrame, digest } from './support/frames.js';
import { createFolder, randomModel } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());
const frame = createFrame({ width: 40, height: 36, channels: 1 });
const kernel = { width: 3, height: 1, data: [1, 1, 1] };

async function failure(promise: Promise<unknown>): Promise<PerifocalError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PerifocalError);
  return error as PerifocalError;
}

describe('opening a deconvolver', () => {
  writeFileSync(folder.path('empty.png'), '');
  it.each<[string, object, RegExp]>([
    ['no PSF', { psf: undefined }, /for psf but received undefined/],
    ['a PSF of weights that sum to 0', { psf: { ...kernel, data: [1, -2, 1] } }, /positive sum, these have 0/],
    ['a PSF with a negative sum', { psf: { ...kernel, data: [-1, -1, 1] } }, /positive sum, these have -1/],
    ['a PSF with NaN', { psf: { ...kernel, data: [1, NaN, 1] } }, /holds NaN at column 1/],
    ['an empty PSF file', { psf: folder.path('empty.png') }, /empty\.png: the file is empty/],
    ['a missing PSF file', { psf: './missing.png' }, /Cannot read the PSF .*ENOENT/],
    ['a PSF that says nothing', { psf: 'blur' }, /neither a shape nor a file/],
    ['17 PSFs', { psf: Array(17).fill('disk:2') }, /Expected one PSF, or one for each of up to 16 bands/],
    [
      'a field with too few kernels',
      { psf: { columns: 2, rows: 1, kernels: [kernel] } },
      /1 PSFs do not fill rows of 2/,
    ],
    [
      'an unknown method',
      { method: 'magic' },
      /Expected one of hyper-laplacian, richardson-lucy, wiener for method but received 'magic'/,
    ],
    ['0 iterations', { method: 'richardson-lucy', iterations: 0 }, /between 1 and 10000 for iterations but received 0/],
    ['-3 iterations', { method: 'richardson-lucy', iterations: -3 }, /for iterations but received -3/],
    ['1.5 iterations', { method: 'richardson-lucy', iterations: 1.5 }, /for iterations/],
    [
      'iterations for Wiener',
      { method: 'wiener', iterations: 5 },
      /The option iterations is for the method hyper-laplacian or richardson-lucy, not for wiener/,
    ],
    [
      'lambda for Richardson-Lucy',
      { method: 'richardson-lucy', lambda: 1000 },
      /The option lambda is for the method hyper-laplacian, not for richardson-lucy/,
    ],
    ['a lambda of 0', { lambda: 0 }, /for lambda but received 0/],
    ['a negative lambda', { lambda: -1 }, /for lambda but received -1/],
    ['a lambda of NaN', { lambda: NaN }, /for lambda but received NaN/],
    ['an alpha of 0', { alpha: 0 }, /between 0 and 1, both excluded for alpha but received 0/],
    ['an alpha of 1', { alpha: 1 }, /for alpha but received 1/],
    ['an alpha as text', { alpha: '0.5' }, /for alpha but received '0.5'/],
    ['a sigma of 0', { sigma: 0 }, /for sigma but received 0/],
    ['a negative nsr', { method: 'wiener', nsr: -1 }, /for nsr/],
    ['an unknown prior', { method: 'wiener', prior: 'smooth' }, /for prior/],
    ['an unknown boundary', { boundary: 'zero' }, /for boundary but received 'zero'/],
    ['an unknown acceleration', { method: 'richardson-lucy', acceleration: 'nesterov' }, /for acceleration/],
    ['an unknown stop rule', { method: 'richardson-lucy', stop: 'never' }, /for stop/],
    ['a tau of 0', { method: 'richardson-lucy', tau: 0 }, /for tau/],
    ['an overrun below 1', { method: 'richardson-lucy', overrun: 0.5 }, /for overrun/],
    ['a negative weight of total variation', { method: 'richardson-lucy', totalVariation: -1 }, /for totalVariation/],
    ['a negative offset', { method: 'richardson-lucy', offset: -1 }, /for offset/],
    ['a saturation of 255', { method: 'richardson-lucy', saturation: 255 }, /between 0 and 1 for saturation/],
    ['modes without a field', { method: 'richardson-lucy', modes: 3 }, /modes 3 needs a field of PSFs/],
    [
      'a PSF with negative weights for Richardson-Lucy',
      { method: 'richardson-lucy', psf: { ...kernel, data: [-0.1, 1, -0.1] } },
      /without negative weights/,
    ],
    ['a misspelt option', { lamda: 5 }, /Unknown lamda in options/],
    ['4 threads', { threads: 4 }, /between 1 and 3 for threads/],
    ['a budget without sense', { memory: 'lots' }, /for memory/],
    ['an unknown instruction set', { isa: 'sse9' }, /Unknown instruction set 'sse9'/],
  ])('with %s fails, saying so', async (_, options, message) => {
    expect((await failure(Deconvolver.open({ psf: 'disk:2', ...options } as DeconvolveOptions))).message).toMatch(
      message,
    );
  });
});

describe('frames', () => {
  it.each<[string, object, RegExp]>([
    [
      'of one row',
      { height: 1, data: new Uint8Array(40) },
      /Expected integer between 16 and 65535 for height but received 1/,
    ],
    ['of too few samples', { data: new Uint8Array(7) }, /Expected 1440 samples/],
    ['of floats declared as bytes', { data: new Float32Array(1440) }, /Expected Uint8Array/],
    ['of bytes declared as floats', { depth: 32 }, /Expected Float32Array for data of depth 32/],
    ['of 24 bits', { depth: 24 }, /Expected one of 8, 16, 32 for depth/],
  ])('%s are refused', async (_, change, message) => {
    expect((await failure(deconvolve({ ...frame, ...change } as Frame, { psf: 'disk:2' }))).message).toMatch(message);
  });

  it('smaller than the PSF are refused', async () => {
    expect((await failure(deconvolve(frame, { psf: 'disk:19' }))).message).toMatch(
      /The PSF of 39x39 pixels is larger than the frame of 40x36/,
    );
    await expect(deconvolve(frame, { psf: 'motion:40@0' })).rejects.toThrow(
      /The PSF of 41x1 pixels is larger than the frame/,
    );
  });

  it('of one colour take no three PSFs', async () => {
    expect((await failure(deconvolve(frame, { psf: ['disk:2', 'disk:2', 'disk:2'] }))).message).toBe(
      '3 PSFs were given; expected one PSF',
    );
  });

  it('of five bands take a PSF for each', async () => {
    const bands = { width: 64, height: 64, channels: 5, depth: 8, data: new Uint8Array(5 * 64 * 64).fill(90) } as const;
    const { report } = await deconvolve(bands, { psf: ['disk:2', 'disk:2', 'disk:3', 'disk:2', 'disk:2'] });
    expect(report.kernels).toHaveLength(5);
    expect((await failure(deconvolve(bands, { psf: ['disk:2', 'disk:3'] }))).message).toMatch(/each of the 5 bands/);
  });

  it('do not fit a budget too small, which names the one that would do', async () => {
    const error = await failure(deconvolve(frame, { psf: 'disk:2', memory: '20MB' }));
    expect(error).toBeInstanceOf(BudgetError);
    expect(error.message).toMatch(
      /^A 40x36 frame needs at least \d+MB with the method hyper-laplacian, the budget is 20\.0 MB$/,
    );
    const { requiredBytes } = error as BudgetError;
    expect((await deconvolve(frame, { psf: 'disk:2', memory: requiredBytes })).report.plan.bytes).toBeLessThanOrEqual(
      requiredBytes,
    );
  });

  it('with a mask of another size, or of another type, are refused', async () => {
    const options = { psf: 'disk:2', method: 'richardson-lucy' } as const;
    expect((await failure(deconvolve(frame, { ...options, valid: new Uint8Array(5) }))).message).toMatch(
      /Expected 1440 bytes for valid/,
    );
    expect((await failure(deconvolve(frame, { ...options, valid: [1] as unknown as Uint8Array }))).message).toMatch(
      /Expected Uint8Array for valid/,
    );
  });

  it.each(['hyper-laplacian', 'richardson-lucy', 'wiener'] as const)(
    'of floats with NaN and infinities stay as they are with %s, and all others are finite',
    async (method) => {
      const data = Float32Array.from({ length: 1440 }, (_, index) => frame.data[index]! / 255);
      [data[7], data[500], data[1001]] = [NaN, Infinity, -Infinity];
      const float: FloatFrame = { width: 40, height: 36, channels: 1, depth: 32, data };
      const restored = await deconvolve(float, { psf: 'disk:2', method });
      for (const missing of [7, 500, 1001]) expect(restored.data[missing]).toBe(data[missing]);
      expect(restored.data.filter(Number.isFinite)).toHaveLength(1440 - 3);
    },
  );
});

describe('files', () => {
  it('keep their metadata and their depth', async () => {
    const { blurred } = blurScene({ width: 64, height: 48, kernel: psf.disk(2), channels: 3 });
    const raw = { width: 64, height: 48, channels: 3 } as const;
    await sharp(blurred.data, { raw })
      .withExif({ IFD0: { Copyright: 'nobody' } })
      .jpeg({ quality: 95 })
      .toFile(folder.path('in.jpg'));
    await using deconvolver = await Deconvolver.open({ psf: 'disk:2' });
    await deconvolver.restoreFile(folder.path('in.jpg'), folder.path('out.jpg'));
    expect((await sharp(folder.path('out.jpg')).metadata()).exif?.includes('nobody')).toBe(true);
    const wide = Uint16Array.from(blurred.data, (value) => value * 257);
    await sharp(wide, { raw }).toColourspace('rgb16').png().toFile(folder.path('in.png'));
    expect(await deconvolver.restoreFile(folder.path('in.png'), folder.path('out.tif'))).toMatchObject({
      channels: 3,
      depth: 16,
    });
    expect(await sharp(folder.path('out.tif')).metadata()).toMatchObject({ depth: 'ushort', channels: 3 });
  });
});

describe('a restorer with a fallback', () => {
  const scene = blurScene({ width: 64, height: 48, kernel: psf.disk(2), channels: 3 });
  const damaged = Buffer.from(randomModel(1, 4));
  damaged[damaged.length - 1]! ^= 1;

  it.each<[string, string | Uint8Array, RegExp]>([
    ['missing', './no-such.safetensors', /Cannot read the model/],
    ['unknown', 'no-such-model', /Unknown model/],
    ['damaged', damaged, /sha256/],
  ])('deconvolves where the model is %s, and says so', async (_, model, reason) => {
    await using restorer = await Restorer.open({ model, threads: 2, fallback: { psf: 'disk:2' } });
    expect(restorer).toBeInstanceOf(Deconvolver);
    const { report, data } = await restorer.restore(scene.blurred);
    expect(report).toMatchObject({ method: 'hyper-laplacian', fallbackReason: expect.stringMatching(reason) });
    const direct = await deconvolve(scene.blurred, { psf: 'disk:2', threads: 2, memory: '300MB' });
    expect(digest(data)).toBe(digest(direct.data));
  });

  it('uses the model where it is sound', async () => {
    await using restorer = await Restorer.open({ model: randomModel(1, 4), fallback: { psf: 'disk:2' } });
    expect(restorer).toBeInstanceOf(Restorer);
    expect((await restorer.restore(scene.blurred)).report.method).toBe('network');
  });

  it('does not hide other mistakes, nor those of the fallback', async () => {
    expect(await failure(Restorer.open({ model: './no-such.safetensors' }))).toBeInstanceOf(ModelError);
    expect((await failure(Restorer.open({ threads: 9, fallback: { psf: 'disk:2' } }))).message).toMatch(/for threads/);
    expect((await failure(Restorer.open({ fallback: { psf: 'disk:-2' } }))).message).toMatch(/for radius/);
    expect((await failure(Restorer.open({ fallback: { psf: 'disk:2', memory: '1GB' } as never }))).message).toMatch(
      /memory/,
    );
  });
});

describe("a kernel that is 'auto'", () => {
  const { blurred } = blurScene({ width: 400, height: 320, kernel: psf.disk(4), noise: 0.003 });

  it('is planned as the largest there may be, before and after a frame, and refused by the budget unread', async () => {
    await using deconvolver = await Deconvolver.open({ psf: 'auto', threads: 2 });
    const before = deconvolver.plan(blurred);
    expect(formatPlan(before)).toMatch(/total +\d+\.\d MB of 200\.0 MB/);
    const { report } = await deconvolver.restore(blurred);
    expect(report.estimatedPsf).toMatch(/^disk:/);
    expect(report.plan.bytes).toBeLessThanOrEqual(before.bytes);
    expect(report.plan.shape.radiusX).toBeLessThan(before.shape.radiusX);
    expect(deconvolver.plan(blurred)).toEqual(before);
    const error = await failure(deconvolve(blurred, { psf: 'auto', memory: '1MB' }));
    expect(error).toBeInstanceOf(BudgetError);
  });

  it('is the kernel that its words name', async () => {
    const { data, report } = await deconvolve(blurred, { psf: 'auto', threads: 2 });
    const named = await deconvolve(blurred, { psf: report.estimatedPsf!, threads: 2 });
    expect(digest(data)).toBe(digest(named.data));
  });
});

describe('samples below 0', () => {
  const noise = createFrame({ width: 40, height: 36, channels: 1 });
  const data = Float32Array.from(noise.data, (sample, at) => (at === 9 ? -0.25 : sample / 255 + 0.01));
  const dark: FloatFrame = { ...noise, depth: 32, data };

  it('are said where Richardson-Lucy cannot heed them, with what to do', async () => {
    const { report } = await deconvolve(dark, { psf: 'disk:1', method: 'richardson-lucy', iterations: 2, threads: 1 });
    expect(report.warnings.join()).toMatch(/1 of 1440 samples are below 0, .* takes for 0: add about 0\.25, not more/);
  });

  it('are no matter to other methods, nor where they are missing', async () => {
    const wiener = await deconvolve(dark, { psf: 'disk:1', method: 'wiener', threads: 1 });
    const valid = Uint8Array.from(data, (sample) => Number(sample >= 0));
    const masked = await deconvolve(dark, {
      psf: 'disk:1',
      method: 'richardson-lucy',
      iterations: 2,
      valid,
      threads: 1,
    });
    for (const { report } of [wiener, masked]) expect(report.warnings.join()).not.toMatch(/samples are below 0/);
  });
});
