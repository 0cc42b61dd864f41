import { beforeAll, describe, expect, it } from 'vitest';
import { blur, take, toPlanes } from '../bench/estimate-cases.mjs';
import { ArgumentError, deconvolve, estimate, psf } from '../lib/index.js';
import type { DefocusEstimate, Estimate, EstimateOptions, Frame } from '../lib/index.js';
import { createRandom, sampleNormal } from '../lib/math/random.js';
import { createScene } from '../scripts/scene.mjs';
import { psnrOf } from './support/blur.js';

type Planes = ReturnType<typeof toPlanes>;

const [WIDTH, HEIGHT] = [720, 600];
let scene: Planes;

beforeAll(() => {
  scene = toPlanes({ ...createScene({ width: WIDTH, height: HEIGHT, seed: 4 }), channels: 3 });
});

/** The scene through a kernel, as 8 bits. */
async function photograph(kernel: psf.Psf | null, noise = 0.002): Promise<Frame> {
  return (await take(kernel ? await blur(scene, kernel) : scene, { noise, seed: 3 })) as Frame;
}

/** What is estimated without a word on its kind, where that must not be motion. */
async function estimateDefocus(
  frame: Frame | Uint8Array,
  options: Pick<EstimateOptions, 'threads'> = {},
): Promise<Estimate<DefocusEstimate>> {
  const { blur: found, ...others } = await estimate(frame, options);
  if (found.kind === 'motion') throw new Error(`motion was found: ${found.psf}`);
  return { ...others, blur: found };
}

function flat(level: number, side = 300): Frame {
  return { width: side, height: side, channels: 1, depth: 8, data: new Uint8Array(side * side).fill(level) };
}

describe('the radius of a defocus', () => {
  it.each([
    [2, 0.002],
    [3.3, 0],
    [5, 0.01],
    [8, 0.002],
    [11, 0.002],
  ])('of %f pixels with noise %f is found within 0.08, with high confidence', async (radius, noise) => {
    const {
      blur: { shape, confidence, kernel, channels, declined },
    } = await estimateDefocus(await photograph(psf.disk(radius), noise));
    expect(declined).toBeNull();
    expect(Math.abs(Math.sqrt(shape!.semiMajorPx * shape!.semiMinorPx) - radius)).toBeLessThanOrEqual(0.08);
    expect(confidence!.level).toBe('high');
    expect(kernel!.data.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(channels.map(({ name }) => name)).toEqual(['red', 'green', 'blue']);
    for (const channel of channels) expect(Math.abs(channel.radiusPx! - radius)).toBeLessThanOrEqual(0.12);
  });

  it.each([2.7, 4.1, 7])('of %f pixels is found in a JPEG file of quality 85', async (radius) => {
    const file = (await take(await blur(scene, psf.disk(radius)), { noise: 0.002, jpeg: 85, seed: 3 })) as Uint8Array;
    const {
      blur: { shape },
      noise,
    } = await estimateDefocus(file);
    expect(Math.abs(Math.sqrt(shape!.semiMajorPx * shape!.semiMinorPx) - radius)).toBeLessThanOrEqual(0.15);
    expect(noise!.caveat).toMatch(/JPEG/);
  });

  it('comes with its Gaussian, and with the ellipse of a tilt', async () => {
    const soft = await estimateDefocus(await photograph(psf.convolve(psf.disk(4), psf.gaussian(1))));
    expect(soft.blur.shape!.semiMajorPx).toBeCloseTo(4, 0);
    expect(Math.abs(soft.blur.shape!.sigmaPx - 1)).toBeLessThan(0.4);
    const { shape } = (await estimateDefocus(await photograph(psf.ellipse(5, 4.3, 30)))).blur;
    expect(Math.abs(shape!.semiMajorPx - 5)).toBeLessThan(0.15);
    expect(Math.abs(shape!.semiMinorPx - 4.3)).toBeLessThan(0.15);
    expect(Math.abs(shape!.angleDegrees - 30)).toBeLessThan(8);
  });

  it('is the same with any number of threads, depth and kind of input', async () => {
    const frame = await photograph(psf.disk(4));
    const [one, three] = [await estimateDefocus(frame, { threads: 1 }), await estimateDefocus(frame, { threads: 3 })];
    expect(three.blur).toEqual(one.blur);
    expect(three.noise).toEqual(one.noise);
    const deep = { ...frame, depth: 16 as const, data: Uint16Array.from(frame.data, (value) => value * 257) };
    expect((await estimateDefocus(deep)).blur.shape!.semiMajorPx).toBeCloseTo(one.blur.shape!.semiMajorPx, 3);
    const grey = { ...frame, channels: 1 as const, data: frame.data.filter((_, index) => index % 3 === 1) };
    expect((await estimateDefocus(grey)).blur.channels).toHaveLength(1);
  });
});

describe('a frame without defocus', () => {
  it('is declined where it is sharp', async () => {
    expect((await estimateDefocus(await photograph(null))).blur).toMatchObject({
      declined: expect.stringMatching(/sharp/),
      kernel: null,
      psf: null,
    });
  });

  it.each([psf.motion(6, 20), psf.motion(12, 70), psf.motion(20, 0), psf.gaussian(2)])(
    'gives no confident radius where it moved or is softened (%#)',
    async (kernel) => {
      const { declined, confidence } = (await estimate(await photograph(kernel), { kind: 'defocus' })).blur;
      expect(declined !== null || confidence!.level === 'low').toBe(true);
    },
  );

  it.each<[string, Frame, RegExp]>([
    ['flat', flat(120), /flat/],
    ['saturated', flat(255), /saturated/],
    ['tiny', flat(120, 100), /100x100 pixels are too few: each side must be at least 128/],
  ])('is declined where it is %s', async (_, frame, reason) => {
    const { blur: found } = await estimateDefocus(frame);
    expect(found.declined).toMatch(reason);
    expect(found.kernel).toBeNull();
  });

  it('is declined where it is noise or smooth cloud', async () => {
    const random = createRandom(2);
    const noise: Frame = {
      ...flat(0),
      data: Uint8Array.from({ length: 300 * 300 }, () => 120 + 20 * sampleNormal(random)),
    };
    const cloud: Frame = {
      ...flat(0),
      data: Uint8Array.from(
        { length: 300 * 300 },
        (_, pixel) => 170 + 40 * Math.sin((pixel % 300) / 61) * Math.cos(pixel / 300 / 83) + sampleNormal(random),
      ),
    };
    for (const frame of [noise, cloud]) expect((await estimateDefocus(frame)).blur.declined).not.toBeNull();
  });

  it('is declined where it holds no numbers', async () => {
    const data = new Float32Array(300 * 300).fill(NaN);
    expect((await estimate({ width: 300, height: 300, channels: 1, depth: 32, data })).blur.declined).toMatch(
      /has missing pixels/,
    );
  });
});

describe('the noise', () => {
  it.each([
    [0.005, 10_000],
    [0.002, 2000],
    [0.01, Infinity],
  ])('is told apart into read noise %f and shot noise of %f electrons', async (readNoise, electrons) => {
    const { data, width, height } = await blur(scene, psf.disk(4));
    const random = createRandom(9);
    const pixels = width * height;
    const samples = Uint16Array.from({ length: 3 * pixels }, (_, index) => {
      const level = data[(index % 3) * pixels + Math.floor(index / 3)]!;
      return Math.max(
        0,
        Math.min(
          65_535,
          Math.round(65_535 * (level + Math.sqrt(readNoise ** 2 + level / electrons) * sampleNormal(random))),
        ),
      );
    });
    const { noise } = await estimate({ width, height, channels: 3, depth: 16, data: samples });
    const variance = (level: number): number =>
      noise!.readNoise ** 2 + level / (noise!.electronsAtFullScale ?? Infinity);
    for (const level of [0.2, 0.5])
      expect(Math.abs(variance(level) / (readNoise ** 2 + level / electrons) - 1)).toBeLessThan(0.12);
  });
});

describe('estimate()', () => {
  it('refuses what it does not know', async () => {
    await expect(estimate(flat(9), { thread: 1 } as never)).rejects.toThrow(/Unknown thread in options/);
    await expect(estimate(7 as never)).rejects.toBeInstanceOf(ArgumentError);
    await expect(estimate('missing.png')).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController();
    const running = estimate(await photograph(psf.disk(4)), { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });
});

describe("psf 'auto'", () => {
  it('deconvolves as well as the true kernel does, within 0.3 dB', async () => {
    const kernel = psf.convolve(psf.disk(4), psf.gaussian(0.6));
    const frame = await photograph(kernel, 0.004);
    const reach = (kernel.width - 1) / 2;
    const sharp: Frame = {
      ...frame,
      data: Uint8Array.from(frame.data, (_, sample) => {
        const [x, y] = [Math.floor(sample / 3) % frame.width, Math.floor(sample / 3 / frame.width)];
        return Math.round(255 * scene.data[(sample % 3) * WIDTH * HEIGHT + (y + reach) * WIDTH + x + reach]!);
      }),
    };
    const known = await deconvolve(frame, { psf: kernel });
    const blind = await deconvolve(frame, { psf: 'auto' });
    const inside = (x: number, y: number): boolean => x > 16 && y > 16 && x < frame.width - 16 && y < frame.height - 16;
    expect(psnrOf(sharp, known, inside) - psnrOf(sharp, blind, inside)).toBeLessThan(0.3);
    expect(blind.report.estimatedPsf).toMatch(/^disk:(3\.9|4\.0)/);
    expect(known.report.estimatedPsf).toBeNull();
  });

  it('says why where there is no estimate', async () => {
    await expect(deconvolve(flat(120), { psf: 'auto' })).rejects.toMatchObject({
      code: 'ESTIMATE_DECLINED',
      message: expect.stringMatching(/cannot be estimated: it is flat/),
    });
  });
});
