import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BudgetError, Runtime, stars } from '../lib/index.js';
import type { Progress } from '../lib/index.js';
import { createRandom, sampleNormal } from '../lib/math/random.js';
import { createFolder } from './support/models.js';
import { runNode } from './support/run-child.js';

const folder = createFolder();
const picture = folder.path('frame.png');
const SIZE = { width: 512, height: 384 };
const motion = { lengthPx: 20, angleDegrees: 25 };
const { frame } = stars.simulate({ ...SIZE, stars: 14, separationPx: 50, flux: [5000, 40_000], motion, seed: 7 });

beforeAll(async () => {
  await sharp(frame.data as Uint16Array, { raw: { ...SIZE, channels: 1 } })
    .toColourspace('grey16')
    .withExif({ IFD0: { Make: 'Star camera' } })
    .withIccProfile('p3')
    .png()
    .toFile(picture);
});
afterAll(() => folder.remove());

describe('a restored star frame', () => {
  it.each(['restored.png', 'restored.tiff'])('keeps what its file says about itself, in %s', async (name) => {
    const before = await sharp(picture).metadata();
    const result = await stars.restoreStars(picture, { motion });
    expect(result.report.windows.length).toBeGreaterThan(0);
    await result.toFile(folder.path(name));
    const after = await sharp(folder.path(name)).metadata();
    expect(after).toMatchObject({ ...SIZE, depth: 'ushort' });
    expect(after.icc?.equals(before.icc!)).toBe(true);
    if (name.endsWith('png')) expect(after.exif?.includes('Star camera')).toBe(true);
  });

  it('tells how it was made as every operation does', async () => {
    const { report } = await stars.restoreStars(picture, { motion, threads: 1 });
    expect(report).toMatchObject({
      operation: 'stars',
      input: picture,
      inputSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      threads: 1,
      method: 'hyper-laplacian',
      plan: { frame: { ...SIZE, depth: 16 } },
    });
    expect(report.seconds).toBeGreaterThan(0);
  });

  it('is drawn over the frame as it was read', async () => {
    const [restored, measured] = [
      await stars.restoreStars(frame, { motion, electronsPerCount: 1 }),
      await stars.restoreStars(frame, { motion, electronsPerCount: 1, method: 'none' }),
    ];
    expect(restored.frame.data).not.toEqual(frame.data);
    expect(restored.source.data).toEqual(frame.data);
    expect(await stars.drawStars(restored)).toEqual(await stars.drawStars(measured));
  });
});

describe('a camera apart from the size of its frames', () => {
  const gyro = { ratesRadPerSecond: [0.05, -0.08, 0.02] as const, exposureSeconds: 0.1 };

  it('is the one of the frame', async () => {
    const camera = new stars.Camera({ ...SIZE, focalPx: 2000 });
    const turned = stars.simulate({ ...SIZE, stars: 10, separationPx: 50, motion: { ...gyro, camera } }).frame;
    const [whole, apart] = [
      await stars.restoreStars(turned, { motion: { ...gyro, camera } }),
      await stars.restoreStars(turned, { motion: { ...gyro, camera: { focalPx: 2000 } } }),
    ];
    expect(apart.stars).toEqual(whole.stars);
    expect(apart.frame).toEqual(whole.frame);
  });

  it.each<[string, object, RegExp]>([
    ['no focal length', {}, /for focalPx/],
    ['half a size', { focalPx: 2000, width: 512 }, /motion.camera with a width must be a Camera/],
    ['a misspelt key', { focalPx: 2000, axis: 1 }, /Unknown axis in camera/],
  ])('with %s is refused before anything is read', async (_, camera, message) => {
    const options = { motion: { ...gyro, camera } } as stars.RestoreStarsOptions;
    await expect(stars.restoreStars('/none/at/all.png', options)).rejects.toThrow(message);
  });
});

describe('the memory of a star frame', () => {
  it('is planned without reading one, and not below what a frame is planned with', async () => {
    const plan = stars.planStars({ ...SIZE, channels: 1, depth: 16 }, { motion });
    const { report } = await stars.restoreStars(frame, { motion });
    expect(plan.frame).toEqual({ ...SIZE, channels: 1, depth: 16 });
    expect(plan.bytes).toBeGreaterThanOrEqual(report.plan.bytes);
    expect(plan.buffers.every(({ bytes }) => Number.isInteger(bytes))).toBe(true);
    await using tracker = await stars.StarTracker.open({ motion });
    expect(tracker.plan({ ...SIZE, channels: 1, depth: 16 })).toEqual(plan);
  });

  it('is refused where the budget is too small, with the one that would do', async () => {
    const error: unknown = await stars.restoreStars(picture, { memory: '20MB' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BudgetError);
    const { requiredBytes } = error as BudgetError;
    expect(() => stars.planStars({ ...SIZE, channels: 1 }, { memory: '20MB' })).toThrow(BudgetError);
    expect((await stars.restoreStars(picture, { memory: requiredBytes + 1e6 })).stars.length).toBeGreaterThan(10);
  });

  it('is taken beyond the plan where windows become one, if there is room', async () => {
    const crowded = stars.simulate({ ...SIZE, stars: 60, separationPx: 12, motion, seed: 3 }).frame;
    const options = { motion, method: 'richardson-lucy', iterations: 3, threads: 1 } as const;
    const { report } = await stars.restoreStars(crowded, options);
    expect(Math.max(...report.windows.map(({ width, height }) => width * height))).toBeGreaterThan(100_000);
    const error: unknown = await stars
      .restoreStars(crowded, { ...options, memory: report.plan.bytes })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BudgetError);
    expect((error as Error).message).toMatch(/Windows that overlap need .* more than was planned/);
    const memory = (error as BudgetError).requiredBytes;
    const again = await stars.restoreStars(crowded, { ...options, memory });
    expect(again.report.windows).toEqual(report.windows);
  });
});

describe('a star frame under way', () => {
  it('tells how many windows are restored', async () => {
    const seen: Progress[] = [];
    const { report } = await stars.restoreStars(frame, { motion, onProgress: (progress) => seen.push(progress) });
    const total = report.windows.length;
    expect(seen.at(-1)).toEqual({ phase: 'restore', unit: 'windows', done: total, total });
  });

  it('ends with the error of its onProgress', async () => {
    const onProgress = (): never => {
      throw new Error('enough');
    };
    await expect(stars.restoreStars(frame, { motion, onProgress })).rejects.toThrow('enough');
  });

  it.each<[string, stars.RestoreStarsOptions]>([
    ['the search for a trail', {}],
    ['paper motion', { motion: 'paper' }],
    ['the windows', { motion, method: 'richardson-lucy', iterations: 10_000 }],
  ])('ends in %s with the reason of its signal, and computes no more', async (_, options) => {
    using runtime = await Runtime.open({ threads: 2 });
    for (const milliseconds of [1, 5, 20, 60]) {
      const reason = new Error('enough');
      const controller = new AbortController();
      const run = stars.restoreStars(frame, { ...options, runtime, signal: controller.signal });
      setTimeout(() => controller.abort(reason), milliseconds);
      const end: unknown = await run.catch((error: unknown) => error);
      if (!(end instanceof stars.StarResult)) expect(end).toBe(reason);
      expect(runtime.busyThreads).toBe(0);
    }
  });

  it('shares the threads of its runtime with others', async () => {
    using runtime = await Runtime.open({ threads: 2 });
    await Promise.all([1, 2, 3].map(() => stars.restoreStars(frame, { runtime })));
    expect(runtime.mostBusyThreads).toBeLessThanOrEqual(2);
    await expect(stars.restoreStars(frame, { runtime, threads: 1 })).rejects.toThrow(/either runtime or threads/);
  });
});

describe('the native addon that is named', () => {
  it('is the only one that works on stars', async () => {
    const { code, stderr } = await runNode(['test/support/stars-binding-child.mjs'], {
      env: { PERIFOCAL_BINDING: '/none/at/all.node' },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

it('faint stars of a JPEG are said to be doubtful, as others are not', async () => {
  const [width, height] = [160, 128];
  const random = createRandom(7);
  const data = new Uint8Array(width * height).map(() => 14 + 2 * random());
  for (let star = 0; star < 8; star += 1)
    for (let at = 0; at < 9; at += 1)
      data[(20 + 12 * star + Math.floor(at / 3)) * width + 20 + 15 * star + (at % 3)] = at === 4 ? 120 : 60;
  // A coefficient that is left alone in a block.
  for (let y = 0; y < 8; y += 1)
    for (let x = 0; x < 8; x += 1)
      data[(16 + y) * width + 120 + x] = Math.round(15 + 2 * Math.sin((x / 7) * Math.PI) * Math.sin((y / 7) * Math.PI));
  const raw = sharp(data, { raw: { width, height, channels: 1 } });
  const jpeg = await raw.clone().jpeg({ quality: 75 }).toBuffer();
  const png = await raw.clone().png().toBuffer();
  const [lossy, exact] = await Promise.all(
    [jpeg, png].map((file) => stars.restoreStars(file, { motion: 'none', threads: 1, threshold: 3 })),
  );
  const isFaint = ({ snr }: { readonly snr: number }): boolean => snr < 8;
  const said = lossy!.report.warnings.some((warning) => /fainter than 8 sigma.*--threshold 8/.test(warning));
  expect(said).toBe(lossy!.stars.some(isFaint));
  expect(exact!.report.warnings.join()).not.toMatch(/JPEG/);
});

it('blocks of a JPEG in a dark sky are no stars', async () => {
  const [width, height] = [192, 160];
  const random = createRandom(11);
  const sky = new Float64Array(width * height).map(() => 14.5 + 0.4 * sampleNormal(random));
  const places = Array.from(
    { length: 10 },
    (_, star) => [20 + 16 * star + random(), 20 + 13 * star + random()] as const,
  );
  for (const [x, y] of places)
    for (let at = 0; at < 81; at += 1) {
      const [right, down] = [Math.round(x) + (at % 9) - 4, Math.round(y) + Math.floor(at / 9) - 4];
      sky[down * width + right]! += 60 * Math.exp(-((right - x) ** 2 + (down - y) ** 2) / 2.6);
    }
  const raw = { width, height, channels: 1 as const };
  const jpeg = await sharp(Uint8Array.from(sky, Math.round), { raw }).jpeg({ quality: 75 }).toBuffer();
  const { stars: found } = await stars.restoreStars(jpeg, { motion: 'none', threads: 1 });
  expect(found).toHaveLength(places.length);
  for (const { x, y } of found)
    expect(Math.min(...places.map((place) => Math.hypot(place[0] - x, place[1] - y)))).toBeLessThan(0.3);
});
