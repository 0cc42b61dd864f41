import { getEventListeners } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { Deconvolver, RestoredImage, StateError, deconvolve, psf } from '../lib/index.js';
import type { AnyFrame, DeconvolveOptions, FloatFrame, Frame, Progress } from '../lib/index.js';
import { blurScene, crop, differenceOf, psnrOf } from './support/blur.js';
import type { BlurredScene } from './support/blur.js';
import { digest } from './support/frames.js';

const METHODS: readonly DeconvolveOptions[] = [
  { psf: 'disk:3', method: 'hyper-laplacian' },
  { psf: 'disk:3', method: 'wiener' },
  { psf: 'disk:3', method: 'richardson-lucy' },
  { psf: 'disk:3', method: 'richardson-lucy', totalVariation: 0.001, iterations: 20 },
];
const named = METHODS.map(
  (options) => [`${options.method}${options.totalVariation ? ' with total variation' : ''}`, options] as const,
);

let grey: BlurredScene;
let colour: BlurredScene;
beforeAll(() => {
  grey = blurScene({ width: 150, height: 117, kernel: psf.disk(3) });
  colour = blurScene({ width: 96, height: 80, kernel: psf.disk(3), channels: 3 });
});

describe.each(named)('%s', (_, options) => {
  it('brings a scene back, and says how', async () => {
    const { data, report, width, height } = await deconvolve(grey.blurred, options);
    const restored = { ...grey.blurred, data };
    expect({ width, height }).toEqual({ width: 150, height: 117 });
    expect(psnrOf(grey.sharp, restored) - psnrOf(grey.sharp, grey.blurred)).toBeGreaterThan(2);
    expect(report).toMatchObject({ method: options.method, isa: expect.any(String), fallbackReason: null });
    expect(report.iterations).toBeGreaterThan(0);
    expect(report.seconds).toBeGreaterThanOrEqual(report.secondsPerIteration);
    expect(report.sigma).toBeGreaterThan(0.0045);
    expect(report.sigma).toBeLessThan(0.006);
    expect(report.residual).toBeGreaterThan(0);
    expect(report.residual).toBeLessThan(2e-4);
    expect(Math.abs(report.energy - 1)).toBeLessThan(1e-3);
    expect(report.plan.bytes).toBeLessThan(200e6);
    expect(report.peakRssBytes).toBeGreaterThan(30e6);
  });

  it('gives the same bytes with 1, 2 and 3 threads', async () => {
    const digests = [];
    for (const threads of [1, 2, 3])
      digests.push(digest((await deconvolve(colour.blurred, { ...options, threads })).data));
    expect(new Set(digests).size).toBe(1);
  });

  it('gives nearly the same samples on every instruction set', async () => {
    const best = await deconvolve(colour.blurred, options);
    const scalar = await deconvolve(colour.blurred, { ...options, isa: 'scalar' });
    expect(differenceOf(best, scalar).largest).toBeLessThanOrEqual(1);
  });

  it('takes 16 bits and floats as well as 8', async () => {
    const reference = await deconvolve(grey.blurred, { ...options, sigma: 0.005 });
    const wide: Frame = {
      ...grey.blurred,
      depth: 16,
      data: Uint16Array.from(grey.blurred.data, (value) => value * 257),
    };
    const float: FloatFrame = {
      ...grey.blurred,
      depth: 32,
      data: Float32Array.from(grey.blurred.data, (value) => value / 255),
    };
    const [wider, floats] = [
      await deconvolve(wide, { ...options, sigma: 0.005 }),
      await deconvolve(float, { ...options, sigma: 0.005 }),
    ];
    expect(floats.data).toBeInstanceOf(Float32Array);
    expect(wider.data).toBeInstanceOf(Uint16Array);
    expect(psnrOf(reference, wider)).toBeGreaterThan(55);
    // Floats are not clamped.
    const clamped = { ...float, data: floats.data.map((value) => Math.max(0, Math.min(1, value))) };
    expect(psnrOf(reference, clamped)).toBeGreaterThan(55);
  });

  it('restores each colour by itself, and copies alpha', async () => {
    const rgba = blurScene({ width: 64, height: 70, kernel: psf.disk(3), channels: 4 });
    // Pixels of alpha 0 are missing.
    for (let alpha = 3; alpha < rgba.blurred.data.length; alpha += 4) rgba.blurred.data[alpha] ||= 1;
    const fixed = {
      ...options,
      sigma: 0.005,
      ...(options.method === 'richardson-lucy' && { iterations: 12 }),
      ...(options.method === 'wiener' && { nsr: 0.01 }),
    };
    const { data } = await deconvolve(rgba.blurred, fixed);
    for (let channel = 0; channel < 4; channel += 1) {
      const plane = (samples: Frame['data']): Uint8Array =>
        Uint8Array.from({ length: 64 * 70 }, (_, pixel) => samples[4 * pixel + channel]!);
      const source = plane(rgba.blurred.data);
      const alone =
        channel === 3
          ? source
          : ((await deconvolve({ width: 64, height: 70, channels: 1, depth: 8, data: source }, fixed))
              .data as Uint8Array);
      expect(digest(plane(data))).toBe(digest(alone));
    }
    const pair = blurScene({ width: 64, height: 70, kernel: psf.disk(3), channels: 2 });
    for (let alpha = 1; alpha < pair.blurred.data.length; alpha += 2) pair.blurred.data[alpha] ||= 1;
    const restored = (await deconvolve(pair.blurred, fixed)).data;
    expect(restored.filter((_, index) => index % 2 === 1)).toEqual(
      pair.blurred.data.filter((_, index) => index % 2 === 1),
    );
  });

  it.each([
    [16, 16],
    [17, 31],
    [16, 200],
    [61, 23],
  ])('takes frames of %i x %i', async (width, height) => {
    const { sharp, blurred } = blurScene({ width, height, kernel: psf.disk(2) });
    const restored = await deconvolve(blurred, { ...options, psf: 'disk:2' });
    // In a frame of a few kernels' size there is little to go by.
    expect(psnrOf(sharp, restored)).toBeGreaterThan(psnrOf(sharp, blurred) - 1);
  });

  it('leaves the source alone', async () => {
    const before = digest(grey.blurred.data);
    await deconvolve(grey.blurred, options);
    expect(digest(grey.blurred.data)).toBe(before);
    // A Buffer's own slice() shares its memory.
    const data = Buffer.from(grey.blurred.data);
    await deconvolve({ ...grey.blurred, data }, options);
    expect(digest(data)).toBe(before);
  });

  it.each([
    ['black', 0],
    ['saturated', 255],
  ])('returns a %s frame as it is, and says so', async (__, level) => {
    const frame: Frame = { width: 40, height: 30, channels: 3, depth: 8, data: new Uint8Array(3600).fill(level) };
    const { data, report } = await deconvolve(frame, options);
    expect(report).toMatchObject({ stopReason: 'blank', iterations: 0, secondsPerIteration: 0 });
    expect(digest(data)).toBe(digest(frame.data));
  });

  it('keeps a frame of one level at that level', async () => {
    const frame: Frame = { width: 70, height: 66, channels: 1, depth: 8, data: new Uint8Array(70 * 66).fill(90) };
    const { data } = await deconvolve(frame, options);
    expect(differenceOf(frame, { ...frame, data }).largest).toBeLessThanOrEqual(1);
  });
});

describe('floats that are no light', () => {
  const [width, height] = [120, 100];
  const scene = (index: number): number =>
    0.5 + 0.2 * Math.sin((index % width) / 9) * Math.cos(index / width / 7) + 0.1 * ((index >> 4) & 1);
  const make = (sample: (index: number) => number): FloatFrame => {
    const data = Float32Array.from({ length: width * height }, (_, index) => sample(index));
    return { width, height, channels: 1, depth: 32, data };
  };
  const bits = ({ data }: { data: Float32Array }, index: number): number => new Uint32Array(data.buffer)[index]!;
  const methods = ['hyper-laplacian', 'richardson-lucy', 'wiener'] as const;
  const cases = methods.flatMap((method) =>
    [NaN, Infinity, -Infinity, 1e38, -1e38].map((value) => [method, value] as const),
  );

  it.each(cases)('%s leaves %d as it is, and all else finite', async (method, value) => {
    const places = [0, 50 * width + 40, 50 * width + 41, width * height - 1];
    const frame = make((index) => (places.includes(index) ? value : scene(index)));
    const { data, report } = await deconvolve(frame, { psf: 'disk:2', method });
    for (const place of places) expect(bits({ data }, place)).toBe(bits(frame, place));
    expect(data.every((sample, index) => places.includes(index) || Math.abs(sample) < 10)).toBe(true);
    for (const fact of [report.residual, report.energy, report.sigma]) expect(fact).toBeLessThan(Infinity);
    expect(report.nsr ?? 0).toBeLessThan(1);
  });

  it.each([NaN, 1e38, 0, -1])('that are all %d come back as they are', async (value) => {
    const frame = make(() => value);
    for (const method of methods) {
      const { data, report } = await deconvolve(frame, { psf: 'disk:2', method });
      expect(report.stopReason).toBe('blank');
      expect(digest(new Uint8Array(data.buffer))).toBe(digest(new Uint8Array(frame.data.buffer)));
    }
  });

  it('make no difference to Richardson-Lucy far from them', async () => {
    const options = { psf: 'disk:2', method: 'richardson-lucy', iterations: 10, acceleration: 'none' } as const;
    const [whole, holed] = [make(scene), make((index) => (index === 0 ? NaN : scene(index)))];
    const [a, b] = [await deconvolve(whole, options), await deconvolve(holed, options)];
    for (let index = 60 * width; index < width * height; index += 1)
      expect(b.data[index]).toBeCloseTo(a.data[index]!, 3);
  });
});

describe('kernels', () => {
  it('one per colour: each colour gets its own', async () => {
    const kernels = [psf.disk(2), psf.gaussian(1.2), psf.motion(7, 30)];
    const options = { method: 'richardson-lucy', iterations: 15 } as const;
    const { data } = await deconvolve(colour.blurred, { ...options, psf: kernels });
    for (const [channel, kernel] of kernels.entries()) {
      const alone = (await deconvolve(colour.blurred, { ...options, psf: kernel })).data;
      let largest = 0;
      // Kernels of one size, so padding differs; samples may by rounding.
      for (let index = channel; index < data.length; index += 3)
        largest = Math.max(largest, Math.abs(data[index]! - alone[index]!));
      expect(largest).toBeLessThanOrEqual(3);
    }
  });

  it('that vary over the frame: tiles with their own kernels, and modes, restore better than one kernel', async () => {
    const [width, height] = [360, 300];
    // The left is in focus, the right is not: each pixel from the scene blurred by its own disk.
    const radii = Array.from({ length: 13 }, (_, index) => 1 + index * 0.25);
    const layers = radii.map((radius) => blurScene({ width, height, kernel: psf.disk(radius), noise: 0.002 }));
    const sharp = layers[0]!.sharp;
    const data = sharp.data.map(
      (_, pixel) => layers[Math.round(((pixel % width) / (width - 1)) * 12)]!.blurred.data[pixel]!,
    );
    const blurred: Frame = { ...sharp, data: data as Uint8Array };
    const field = psf.fromGrid(
      5,
      [1, 1.75, 2.5, 3.25, 4].map((radius) => psf.disk(radius)),
    );
    const gain = async (options: DeconvolveOptions): Promise<number> =>
      psnrOf(sharp, await deconvolve(blurred, options)) - psnrOf(sharp, blurred);
    const one = await gain({ psf: 'disk:2.5' });
    expect(await gain({ psf: field })).toBeGreaterThan(one + 1);
    const fixed = { method: 'richardson-lucy', iterations: 20 } as const;
    expect(await gain({ psf: field, modes: 3, ...fixed })).toBeGreaterThan(
      (await gain({ psf: 'disk:2.5', ...fixed })) + 0.5,
    );
  });

  it('of point symmetry or not are undone where they point', async () => {
    const kernel = psf.fromArray({ width: 5, height: 3, data: [0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 1] });
    expect(kernel.symmetric).toBe(false);
    const { sharp, blurred } = blurScene({ width: 128, height: 100, kernel, noise: 0.002 });
    for (const method of ['hyper-laplacian', 'richardson-lucy', 'wiener'] as const) {
      const restored = await deconvolve(blurred, { psf: kernel, method });
      expect(psnrOf(sharp, restored) - psnrOf(sharp, blurred)).toBeGreaterThan(3);
    }
  });
});

describe('marked pixels', () => {
  it('do not spoil their neighbours with Richardson-Lucy', async () => {
    const data = Uint8Array.from(grey.blurred.data);
    const valid = new Uint8Array(data.length).fill(1);
    for (let pixel = 77; pixel < data.length; pixel += 997) [data[pixel], valid[pixel]] = [255, 0];
    const options = { psf: 'disk:3', method: 'richardson-lucy', iterations: 20 } as const;
    const frame = { ...grey.blurred, data };
    const plain = await deconvolve(frame, { ...options, defects: 'none' });
    const masked = await deconvolve(frame, { ...options, valid });
    const clean = await deconvolve(grey.blurred, options);
    // What is marked stays as it is, and does not count.
    const { width } = grey.sharp;
    const score = (one: AnyFrame): number => psnrOf(grey.sharp, one, (x, y) => valid[y * width + x] === 1);
    expect(score(masked)).toBeGreaterThan(score(plain) + 2);
    expect(score(masked)).toBeGreaterThan(score(clean) - 0.1);
  });

  it('that are all of a frame leave it as it is', async () => {
    const { data, report } = await deconvolve(grey.blurred, {
      psf: 'disk:3',
      method: 'richardson-lucy',
      valid: new Uint8Array(grey.blurred.data.length),
    });
    expect(digest(data)).toBe(digest(grey.blurred.data));
    expect(report.stopReason).toBe('blank');
  });
});

describe('edges', () => {
  const [radius, side] = [4, 256];
  let scenes: BlurredScene[];
  beforeAll(() => {
    scenes = [3, 4, 5, 8].map((seed) =>
      blurScene({ width: side, height: side, kernel: psf.disk(radius), noise: 0.005, seed }),
    );
  });

  /** How much better the middle is than the rim of 4 radii, in dB. */
  async function rimLoss(options: Omit<DeconvolveOptions, 'psf'>): Promise<number> {
    const losses = [];
    for (const { sharp, blurred } of scenes) {
      const restored = await deconvolve(blurred, { psf: 'disk:4', ...options });
      const isInside = (x: number, y: number): boolean => Math.min(x, y, side - 1 - x, side - 1 - y) >= 4 * radius;
      losses.push(psnrOf(sharp, restored, isInside) - psnrOf(sharp, restored, (x, y) => !isInside(x, y)));
    }
    return losses.reduce((a, b) => a + b) / losses.length;
  }

  it.each(['hyper-laplacian', 'richardson-lucy', 'wiener'] as const)(
    'cost %s at most 1.5 dB near them by default, and more when the frame is taken for periodic',
    async (method) => {
      const loss = await rimLoss({ method });
      expect(loss).toBeLessThan(1.5);
      expect(await rimLoss({ method, boundary: 'periodic' })).toBeGreaterThan(loss + 1);
    },
  );
});

describe('tiles', () => {
  const kernel = psf.disk(4);
  let scene: BlurredScene;
  beforeAll(() => {
    scene = blurScene({ width: 900, height: 640, kernel, noise: 0.004 });
  });

  it.each([
    ['hyper-laplacian', { sigma: 0.004 }],
    ['richardson-lucy', { iterations: 25 }],
    ['wiener', { nsr: 0.01, prior: 'gradient' }],
  ] as const)('give with %s what the whole frame gives', async (method, numbers) => {
    const { blurred } = scene;
    const options = { psf: kernel, method, ...numbers, defects: 'none' } as const;
    const whole = await deconvolve(blurred, { ...options, memory: '1GB' });
    expect(whole.report.plan.tiles.columns.starts).toEqual([0]);
    const { bytes } = whole.report.plan;
    const tiled = await deconvolve(blurred, { ...options, memory: bytes - 1e6 });
    const { columns, rows } = tiled.report.plan.tiles;
    expect(columns.starts.length * rows.starts.length).toBeGreaterThan(1);
    expect(tiled.report.plan.bytes).toBeLessThanOrEqual(bytes - 1e6);
    expect(differenceOf(whole, tiled).mean).toBeLessThanOrEqual(0.1);
    // The hyper-Laplacian prior decides for every gradient whether it is one: a few decisions fall otherwise, as they
    // do when samples change by a millionth.
    const others = Array.from(whole.data).filter((value, index) => Math.abs(value - tiled.data[index]!) > 1).length;
    const most = { 'hyper-laplacian': 0.002, 'richardson-lucy': 0, wiener: 2e-5 }[method];
    expect(others / whole.data.length).toBeLessThanOrEqual(most);
  });

  it('all run the same number of iterations, found once', async () => {
    const { blurred, sharp } = scene;
    const options = { psf: kernel, method: 'richardson-lucy', defects: 'none' } as const;
    const whole = await deconvolve(blurred, { ...options, memory: '1GB' });
    const tiled = await deconvolve(blurred, { ...options, memory: whole.report.plan.bytes - 1e6 });
    expect(whole.report.plan.probe).toBeNull();
    expect(tiled.report.plan.probe).not.toBeNull();
    expect(Math.abs(psnrOf(sharp, whole) - psnrOf(sharp, tiled))).toBeLessThan(0.2);
  });

  it('are made for samples to be left out only where there are some', async () => {
    const { blurred } = scene;
    const { report } = await deconvolve(blurred, { psf: kernel, defects: 'none', memory: '1GB' });
    const memory = report.plan.bytes + 2e5;
    const clean = await deconvolve(blurred, { psf: kernel, memory });
    const none = await deconvolve(blurred, { psf: kernel, memory, defects: 'none' });
    expect(clean.report.plan.tiles).toEqual(none.report.plan.tiles);
    expect(digest(clean.data)).toBe(digest(none.data));
    const { tiles } = clean.report.plan.withDefects!;
    expect(tiles.rows.starts.length * tiles.columns.starts.length).toBeGreaterThan(1);
    const data = blurred.data.slice();
    data[300 * 900 + 450] = 255;
    const spoilt = await deconvolve({ ...blurred, data }, { psf: kernel, memory });
    expect(spoilt.report.defects!.hot).toBe(1);
    expect(differenceOf(clean, spoilt).mean).toBeLessThanOrEqual(0.4);
  });
});

describe('a run', () => {
  it('reports progress of every iteration, up to the last', async () => {
    const seen: Progress[] = [];
    const { report } = await deconvolve(colour.blurred, {
      psf: 'disk:3',
      method: 'richardson-lucy',
      onProgress: (progress) => seen.push(progress),
    });
    const restoring = seen.filter(({ phase }) => phase === 'restore');
    expect(seen.filter(({ phase }) => phase === 'probe').length).toBeGreaterThan(0);
    expect(restoring.map(({ done }) => done)).toEqual(
      Array.from({ length: 3 * report.iterations }, (_, index) => index + 1),
    );
    expect(restoring.every(({ unit, total }) => unit === 'iterations' && total === 3 * report.iterations)).toBe(true);
  });

  it('that is aborted rejects with the reason after one iteration, and leaves no trace in the next frame', async () => {
    const deconvolver = await Deconvolver.open({ psf: 'disk:3', method: 'richardson-lucy', iterations: 40 });
    const expected = digest((await deconvolver.restore(grey.blurred)).data);
    for (const at of [1, 20]) {
      const controller = new AbortController();
      const reason = new Error('pass over');
      let after = 0;
      const run = deconvolver.restore(grey.blurred, {
        signal: controller.signal,
        onProgress: ({ done }) => {
          if (controller.signal.aborted) after += 1;
          if (done === at) controller.abort(reason);
        },
      });
      await expect(run).rejects.toBe(reason);
      expect(after).toBe(0);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      expect(digest((await deconvolver.restore(grey.blurred)).data)).toBe(expected);
    }
    await expect(deconvolver.restore(grey.blurred, { signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
    await deconvolver.dispose();
  });

  it('keeps a second frame out, ends on dispose, and gives its memory back', async () => {
    const deconvolver = await Deconvolver.open({ psf: 'disk:3', method: 'richardson-lucy', iterations: 200 });
    const first = deconvolver.restore(grey.blurred);
    await expect(deconvolver.restore(grey.blurred)).rejects.toThrow(/busy with another frame/);
    await first;
    expect(deconvolver.mappedBytes).toBeGreaterThan(0);
    const last = deconvolver.restore(grey.blurred, { onProgress: () => void deconvolver.dispose() });
    await expect(last).rejects.toThrow(StateError);
    expect(deconvolver.mappedBytes).toBe(0);
    await deconvolver.dispose();
    await expect(deconvolver.restore(grey.blurred)).rejects.toThrow('The restorer is disposed');
  });

  it('lets timers fire', async () => {
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    const frame = blurScene({ width: 512, height: 512, kernel: psf.disk(2) }).blurred;
    ticks = 0;
    const { report } = await deconvolve(frame, {
      psf: 'disk:2',
      method: 'richardson-lucy',
      iterations: 30,
      threads: 1,
    });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan((report.seconds * 1000) / 40);
  });
});

describe('the number of iterations', () => {
  it('is the given one', async () => {
    const { report } = await deconvolve(grey.blurred, { psf: 'disk:3', method: 'richardson-lucy', iterations: 7 });
    expect(report).toMatchObject({ iterations: 7, stopReason: 'iterations' });
  });

  it('is capped', async () => {
    const { report } = await deconvolve(grey.blurred, { psf: 'disk:3', method: 'richardson-lucy', maxIterations: 3 });
    expect(report).toMatchObject({ iterations: 3, stopReason: 'cap' });
  });

  it('ends where an iteration changes little', async () => {
    const { report } = await deconvolve(grey.blurred, {
      psf: 'disk:3',
      method: 'richardson-lucy',
      stop: 'relative-change',
      minChange: 0.05,
    });
    expect(report.stopReason).toBe('relative-change');
    expect(report.iterations).toBeLessThan(30);
  });

  it('grows as the noise falls', async () => {
    const counts = [];
    for (const noise of [0.02, 0.008, 0.002]) {
      const { blurred } = blurScene({ width: 150, height: 117, kernel: psf.disk(3), noise });
      counts.push((await deconvolve(blurred, { psf: 'disk:3', method: 'richardson-lucy' })).report.iterations);
    }
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts[2]).toBeGreaterThan(2 * counts[0]!);
  });

  it('is 6 outer steps of the hyper-Laplacian, 1 of Wiener', async () => {
    expect((await deconvolve(grey.blurred, { psf: 'disk:3' })).report).toMatchObject({
      iterations: 6,
      stopReason: 'complete',
    });
    expect((await deconvolve(grey.blurred, { psf: 'disk:3', method: 'wiener' })).report).toMatchObject({
      iterations: 1,
      stopReason: 'complete',
    });
  });
});

describe('a result', () => {
  it('is a RestoredImage as a network gives, and can be written, floats as TIFF', async () => {
    const restored = await deconvolve(grey.blurred, { psf: 'disk:3' });
    expect(restored).toBeInstanceOf(RestoredImage);
    const float: FloatFrame = {
      ...grey.blurred,
      depth: 32,
      data: Float32Array.from(grey.blurred.data, (value) => value / 255),
    };
    const result = await deconvolve(float, { psf: 'disk:3' });
    await expect(result.toFile('x.png')).rejects.toThrow(/png holds integers, the frame has floats; write TIFF/);
  });

  it('of a part of a frame is nearly that part of the result', async () => {
    const { blurred } = blurScene({ width: 200, height: 160, kernel: psf.disk(3) });
    const options = { psf: 'disk:3', sigma: 0.005 } as const;
    const [whole, part] = [
      await deconvolve(blurred, options),
      await deconvolve(crop(blurred, 20, 10, 150, 130), options),
    ];
    const inner = crop(crop({ ...blurred, data: whole.data }, 20, 10, 150, 130), 40, 40, 60, 50);
    expect(
      differenceOf(inner, crop({ ...blurred, width: 150, height: 130, data: part.data }, 40, 40, 60, 50)).mean,
    ).toBeLessThan(0.3);
  });
});
