import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { metrics } from '../lib/index.js';
import type { AnyFrame, Frame } from '../lib/index.js';
import { defocus } from '../scripts/scene.mjs';
import { createFrame } from './support/frames.js';

const DATA = fileURLToPath(new URL('../../shared/data/eo/', import.meta.url));
const frame = createFrame({ width: 200, height: 180 });
const other = createFrame({ width: 200, height: 180, seed: 3 });

/** Every sample larger by so much. */
const shift = (source: Frame, step: number): Frame => ({
  ...source,
  data: source.data.map((value) => value + step) as Frame['data'],
});

describe('comparisons with a reference', () => {
  it('of equal frames give Infinity and 1', async () => {
    const { values, skipped } = await metrics.measure(frame, {
      reference: frame,
      metrics: ['psnr', 'ssim', 'ssimPooled', 'msSsim'],
    });
    expect(values).toEqual({ psnr: Infinity, ssim: 1, ssimPooled: 1, msSsim: 1 });
    expect(skipped).toEqual({});
  });

  it('follow their closed forms for a constant difference', async () => {
    const dim = createFrame({ width: 64, height: 48, channels: 1, range: [0.1, 0.8] });
    expect(await metrics.psnr(shift(dim, 5), dim)).toBeCloseTo(20 * Math.log10(255 / 5), 10);
    expect(await metrics.psnr(shift(dim, 5), dim, { white: 100 })).toBeCloseTo(20 * Math.log10(100 / 5), 10);
    const flat = { width: 32, height: 32, channels: 1, depth: 8, data: new Uint8Array(1024).fill(100) } as const;
    const c1 = 2.55 ** 2;
    expect(await metrics.ssim(shift(flat, 50), flat)).toBeCloseTo(
      (2 * 150 * 100 + c1) / (150 ** 2 + 100 ** 2 + c1),
      10,
    );
  });

  it('do not look at alpha', async () => {
    const withAlpha = (source: Frame, alpha: number): AnyFrame => ({
      ...source,
      channels: 4,
      data: Uint8Array.from({ length: source.width * source.height * 4 }, (_, i) =>
        i % 4 === 3 ? alpha : source.data[Math.floor(i / 4) * 3 + (i % 4)]!,
      ),
    });
    for (const compare of [metrics.psnr, metrics.ssim, metrics.msSsim]) {
      expect(await compare(withAlpha(frame, 7), withAlpha(other, 200))).toBe(await compare(frame, other));
      expect(await compare(withAlpha(frame, 7), other)).toBe(await compare(frame, other));
    }
  });

  it('are the same for any number of threads and instruction set', async () => {
    const measured = async (options: object): Promise<unknown> =>
      (
        await metrics.measure(frame, {
          reference: other,
          metrics: ['psnr', 'ssim', 'ssimPooled', 'msSsim'],
          ...options,
        })
      ).values;
    const expected = await measured({ threads: 1, isa: 'scalar' });
    for (const threads of [1, 2, 3]) expect(await measured({ threads })).toEqual(expected);
  });

  it.each<[string, AnyFrame, RegExp]>([
    [
      'another size',
      createFrame({ width: 200, height: 181 }),
      /has 200x180 pixels, the reference 200x181; crop or resample/,
    ],
    ['grey', createFrame({ width: 200, height: 180, channels: 1 }), /is RGB, the reference grey; convert/],
    ['other bits', createFrame({ width: 200, height: 180, depth: 16 }), /samples of 8 bits, the reference 16/],
  ])('refuse a reference of %s', async (_, reference, message) => {
    for (const compare of [metrics.psnr, metrics.ssim, metrics.msSsim]) {
      await expect(compare(frame, reference)).rejects.toMatchObject({
        code: 'IMAGE_INVALID',
        message: expect.stringMatching(message),
      });
    }
  });

  it('refuse frames of which every pixel is missing', async () => {
    const bad = { width: 32, height: 32, channels: 1, depth: 32, data: new Float32Array(1024).fill(NaN) } as const;
    const good = { ...bad, data: new Float32Array(1024).fill(0.5) };
    for (const compare of [metrics.psnr, metrics.ssim]) {
      await expect(compare(bad, good)).rejects.toThrow(/No pixel is left to be measured/);
      await expect(compare(good, bad)).rejects.toThrow(/No pixel is left to be measured/);
    }
  });

  it('need as many pixels as their windows', async () => {
    const small = createFrame({ width: 160, height: 300 });
    await expect(metrics.msSsim(small, small)).rejects.toThrow(
      '160x300 pixels are too few for MS-SSIM; each side must have at least 161',
    );
    const enough = createFrame({ width: 161, height: 161 });
    expect(await metrics.msSsim(enough, enough)).toBe(1);
    const { values, skipped } = await metrics.measure(small, { reference: small });
    expect(values).not.toHaveProperty('msSsim');
    expect(skipped.msSsim).toMatch(/too few/);
  });
});

describe('NIQE and BRISQUE', () => {
  const scene = createFrame({ width: 320, height: 240, range: [0.2, 0.8] });

  it('are the same for any number of threads, depth and number of channels that say the same', async () => {
    const names = ['niqe', 'eoNiqe', 'brisque'] as const;
    const grey = createFrame({ width: 320, height: 240, channels: 1, range: [0.2, 0.8] });
    const expected = (await metrics.measure(grey, { metrics: names, threads: 1, isa: 'scalar' })).values;
    const same: AnyFrame[] = [
      grey,
      {
        ...grey,
        channels: 3,
        data: Uint8Array.from({ length: 3 * grey.data.length }, (_, i) => grey.data[Math.floor(i / 3)]!),
      },
      { ...grey, depth: 16, data: Uint16Array.from(grey.data, (value) => value * 257) },
      { ...grey, depth: 32, data: Float32Array.from(grey.data, (value) => value / 255) },
    ];
    for (const [index, one] of same.entries())
      expect((await metrics.measure(one, { metrics: names, threads: (index % 3) + 1 })).values).toEqual(expected);
  });

  it.runIf(existsSync(`${DATA}val`)).each(['s2_athens_rgb.png', 's2_santos_cir.png', 's2_sharkbay_rgb.png'])(
    'grow with the blur of %s',
    async (name) => {
      const {
        data,
        info: { width, height },
      } = await sharp(`${DATA}val/${name}`, { ignoreIcc: true })
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const [crisp, blurred] = [{ width, height, data }, defocus({ width, height, data })].map(
        (rgb) => ({ ...rgb, channels: 3, depth: 8 }) as const,
      ) as [Frame, Frame];
      for (const score of [metrics.niqe, metrics.eoNiqe, metrics.brisque])
        expect(await score(blurred)).toBeGreaterThan(1.5 * (await score(crisp)));
    },
  );

  it('refuse flat frames, and frames smaller than a block', async () => {
    const flat: Frame = { width: 200, height: 200, channels: 1, depth: 8, data: new Uint8Array(40_000).fill(255) };
    await expect(metrics.niqe(flat)).rejects.toThrow(/NIQE needs a frame that is not flat/);
    await expect(metrics.brisque(flat)).rejects.toThrow(/BRISQUE needs a frame that is not flat/);
    await expect(metrics.niqe(createFrame({ width: 95, height: 300 }))).rejects.toThrow(
      '95x300 pixels are too few for NIQE; each side must have at least 96',
    );
    expect((await metrics.measure(flat)).skipped).toMatchObject({
      niqe: expect.stringMatching(/flat/),
      brisque: expect.stringMatching(/flat/),
    });
  });

  it('leave flat parts out, without noise of rounding', async () => {
    const half = { ...scene, data: scene.data.map((value, i) => (i % 960 < 480 ? value : 201)) as Frame['data'] };
    expect(Number.isFinite(await metrics.niqe(half))).toBe(true);
  });

  it('measure no distance from the model of the very frame', async () => {
    const model = await metrics.fitNiqe([scene], { name: 'own', sharpPart: 0 });
    expect(await metrics.niqe(scene, { model })).toBeLessThan(1e-9);
    expect(await metrics.niqe(other, { model })).toBeGreaterThan(0.1);
  });

  it.each(['niqe', 'brisque', 'eo-niqe'])('come with a model %s whose card has its digest', (name) => {
    const folder = new URL('../models/metrics/', import.meta.url);
    const digest = createHash('sha256')
      .update(readFileSync(new URL(`${name}.json`, folder)))
      .digest('hex');
    expect(readFileSync(new URL(`${name}.md`, folder), 'utf8')).toContain(digest);
  });

  it.each<[string, object, RegExp]>([
    ['a model of another kind', { kind: 'brisque', name: 'x' }, /no model of kind 'niqe'/],
    ['too few numbers', { kind: 'niqe', name: 'x', mean: [1] }, /mean is not 36 numbers/],
    [
      'what is no covariance',
      { kind: 'niqe', name: 'x', mean: Array(36).fill(0), covariance: Array(36).fill([...Array(36).keys()]) },
      /not symmetric/,
    ],
  ])('refuse %s', async (_, model, message) => {
    await expect(metrics.niqe(scene, { model: model as never })).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('say which model file cannot be read', async () => {
    await expect(metrics.brisque(scene, { model: 'none.json' })).rejects.toMatchObject({
      code: 'MODEL_UNREADABLE',
      message: expect.stringMatching(/none\.json/),
    });
  });
});

describe('measure', () => {
  it('leaves comparisons out where there is no reference', async () => {
    expect((await metrics.measure(frame)).values).not.toHaveProperty('psnr');
    await expect(metrics.measure(frame, { metrics: ['ssim'] })).rejects.toThrow(
      /The metric ssim compares with a reference: give one/,
    );
  });

  it.each<[string, object, RegExp]>([
    ['unknown metrics', { metrics: ['sharpness'] }, /Expected one of psnr, /],
    ['no metrics', { metrics: [] }, /list of metrics/],
    ['unknown options', { treads: 2 }, /Unknown treads/],
    ['four threads', { threads: 4 }, /between 1 and 3 for threads/],
    ['a white of 0', { reference: frame, white: 0, metrics: ['psnr'] }, /for white but received 0/],
  ])('refuses %s', async (_, options, message) => {
    await expect(metrics.measure(frame, options)).rejects.toThrow(message);
  });

  it('reports progress and heeds its signal', async () => {
    const seen: string[] = [];
    await metrics.measure(frame, {
      reference: other,
      metrics: ['ssim', 'psnr'],
      onProgress: ({ phase, unit, done, total }) => {
        seen.push(`${phase} ${done}/${total} ${unit}`);
      },
    });
    expect(seen).toEqual(['ssim 1/2 metrics', 'psnr 2/2 metrics']);
    await expect(metrics.measure(frame, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    const abort = new AbortController();
    const options = { reference: other, signal: abort.signal, onProgress: () => abort.abort(new Error('later')) };
    await expect(metrics.measure(frame, options)).rejects.toThrow('later');
  });
});
