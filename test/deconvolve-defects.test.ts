import { describe, expect, it } from 'vitest';
import { deconvolve, psf } from '../lib/index.js';
import { createRandom, sampleNormal } from '../lib/math/random.js';
import type { DeconvolveOptions, Frame } from '../lib/index.js';
import { blurScene } from './support/blur.js';
import { digest } from './support/frames.js';

const SIDE = 128;
const KERNEL = psf.disk(2);
const { sharp, blurred } = blurScene({ width: SIDE, height: SIDE, kernel: KERNEL });

const METHODS = ['hyper-laplacian', 'wiener', 'richardson-lucy'] as const;

/** Places of defects with the values that they have. */
type Spoilt = readonly (readonly [x: number, y: number, value: number])[];

const along = (length: number, at: (i: number) => readonly [number, number, number]): Spoilt =>
  Array.from({ length }, (_, i) => at(i));

const DEFECTS: Readonly<Record<string, Spoilt>> = {
  'hot pixels': along(20, (i) => [20 + ((i * 37) % 90), 18 + ((i * 53) % 92), 200 + i]),
  'dead pixels': along(20, (i) => [20 + ((i * 37) % 90), 18 + ((i * 53) % 92), 0]),
  'a dead column': along(SIDE, (i) => [61, i, 0]),
  'a part of a stuck column': along(70, (i) => [77, 30 + i, 190]),
  'hot pixels beside a dead column': [
    ...along(SIDE, (i): [number, number, number] => [61, i, 0]),
    ...along(6, (i): [number, number, number] => [62, 20 + 15 * i, 240]),
  ],
  'a lost line': along(SIDE, (i) => [i, 70, 255]),
  'three lost lines': along(3 * SIDE, (i) => [i % SIDE, 50 + Math.floor(i / SIDE), 0]),
};

function spoil(frame: Frame, spoilt: Spoilt): Frame {
  const data = Uint8Array.from(frame.data);
  for (const [x, y, value] of spoilt) data[y * SIDE + x] = value;
  return { ...frame, data };
}

/** Squared error outside 3 pixels of the places. */
function errorOutside(spoilt: Spoilt, data: ArrayLike<number>, truth: ArrayLike<number> = sharp.data): number {
  const near = new Set(
    spoilt.flatMap(([x, y]) =>
      along(49, (i) => [x + (i % 7) - 3, y + Math.floor(i / 7) - 3, 0]).map(([u, v]) => v * SIDE + u),
    ),
  );
  return Array.from(truth).reduce(
    (sum, value, pixel) => (near.has(pixel) ? sum : sum + (value - data[pixel]!) ** 2),
    0,
  );
}

describe.each(METHODS)('with %s', (method) => {
  const options: DeconvolveOptions = { psf: KERNEL, method };

  it.each(Object.entries(DEFECTS))('%s cost nothing outside 3 pixels of them', async (_, spoilt) => {
    const clean = await deconvolve(blurred, options);
    const { data, report } = await deconvolve(spoil(blurred, spoilt), options);
    const lossDecibels = 10 * Math.log10(errorOutside(spoilt, data) / errorOutside(spoilt, clean.data));
    expect(lossDecibels).toBeLessThan(0.3);
    const { hot, dead, columns, lines } = report.defects!;
    expect(hot + dead + columns + lines).toBeGreaterThan(0);
  });

  it('a frame without them comes out as without looking for them', async () => {
    const { data, report } = await deconvolve(blurred, options);
    expect(report.defects).toEqual({ clipped: 0, hot: 0, dead: 0, columns: 0, lines: 0, known: 0, share: 0 });
    expect(digest(data)).toBe(digest((await deconvolve(blurred, { ...options, defects: 'none' })).data));
  });

  it('known ones are left out, and restored from what is around them', async () => {
    const places: Spoilt = along(12, (i) => [30 + 5 * i, 60, 128]);
    const knownDefects = new Uint8Array(SIDE ** 2);
    for (const [x, y] of places) knownDefects[y * SIDE + x] = 1;
    const spoilt = spoil(blurred, places);
    const { data, report } = await deconvolve(spoilt, { ...options, defects: 'none', knownDefects });
    expect(report.defects?.known).toBe(12);
    const clean = await deconvolve(blurred, options);
    expect(10 * Math.log10(errorOutside(places, data) / errorOutside(places, clean.data))).toBeLessThan(0.3);
  });
});

/** A pixel and the four next to it. */
const PLUS = [
  [0, 0],
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

/** Places of defects that lie side by side, by what they are. */
const CLUSTERS: Readonly<Record<string, Spoilt>> = {
  'hot pairs': along(20, (i) => {
    const [x, y, isSecond] = [24 + ((i >> 1) % 5) * 19, 30 + (i >> 3) * 31 + ((i >> 1) % 3), i % 2];
    const [dx, dy] = [
      [1, 0],
      [0, 1],
      [1, 1],
      [-1, 1],
      [2, 0],
    ][(i >> 1) % 5]!;
    return [x + isSecond * dx!, y + isSecond * dy!, 255 - i];
  }),
  'dead pairs': along(20, (i) => [24 + ((i >> 1) % 5) * 19 + (i % 2), 30 + (i >> 3) * 31 + ((i >> 1) % 3), 0]),
  'hot squares': along(16, (i) => [30 + (i >> 2) * 20 + (i % 2), 40 + (i >> 2) * 13 + ((i >> 1) % 2), 250 - i]),
  'hot blocks of 2 x 3': along(18, (i) => {
    const [block, member] = [Math.floor(i / 6), i % 6];
    const [across, down] = [member % 2, member >> 1];
    const [dx, dy] = block % 2 === 0 ? [across, down] : [down, across];
    return [30 + block * 22 + dx, 40 + block * 13 + dy, 250 - i];
  }),
  'hot squares of 3 x 3': along(27, (i) => {
    const [square, member] = [Math.floor(i / 9), i % 9];
    return [30 + square * 22 + (member % 3), 40 + square * 13 + Math.floor(member / 3), 250 - i];
  }),
  'dead squares of 3 x 3': along(27, (i) => {
    const [square, member] = [Math.floor(i / 9), i % 9];
    return [30 + square * 22 + (member % 3), 40 + square * 13 + Math.floor(member / 3), i % 2];
  }),
  'hot pluses': along(20, (i) => {
    const [dx, dy] = PLUS[i % 5]!;
    const plus = Math.floor(i / 5);
    return [30 + plus * 18 + dx, 40 + plus * 13 + dy, 250 - i];
  }),
  'pieces of dead columns': along(12, (i) => [30 + (i >> 2) * 25, 40 + (i >> 2) * 13 + (i % 4), 0]),
};

describe.each(['motion:12@30', 'disk:3'])('side by side behind %s', (words) => {
  it.each(Object.entries(CLUSTERS))('%s cost little outside 3 pixels of them with any method', async (_, spoilt) => {
    const kernel = await psf.parse(words);
    const scene = blurScene({ width: SIDE, height: SIDE, kernel });
    for (const method of METHODS) {
      const options = { psf: kernel, method };
      const clean = await deconvolve(scene.blurred, options);
      const { data, report } = await deconvolve(spoil(scene.blurred, spoilt), options);
      const [with_, without] = [data, clean.data].map((one) => errorOutside(spoilt, one, scene.sharp.data));
      expect(10 * Math.log10(with_! / without!)).toBeLessThan(0.3);
      expect(report.defects!.hot + report.defects!.dead).toBeGreaterThan(spoilt.length / 2);
    }
  });
});

/** Shapes of four that hang together, once each. */
const FOURS = ['###/.#.', '.#./###', '##./.##', '#./##/.#', '#../###', '.#/.#/##'];

it('hot pixels side by side in any shape cost little behind a short motion along an axis', async () => {
  const spoilt: Spoilt = FOURS.flatMap((shape, index) =>
    shape
      .split('/')
      .flatMap((row, y) => Array.from(row).flatMap((pixel, x) => (pixel === '#' ? [[x, y] as const] : [])))
      .map(([x, y], i) => [24 + index * 15 + x, 30 + index * 11 + y, 250 - 4 * i] as const),
  );
  const kernel = psf.motion(9, 0);
  const scene = blurScene({ width: SIDE, height: SIDE, kernel });
  const clean = await deconvolve(scene.blurred, { psf: kernel });
  const { data, report } = await deconvolve(spoil(scene.blurred, spoilt), { psf: kernel });
  expect(report.defects!.hot).toBe(spoilt.length);
  const [with_, without] = [data, clean.data].map((one) => errorOutside(spoilt, one, scene.sharp.data));
  expect(10 * Math.log10(with_! / without!)).toBeLessThan(0.3);
});

describe('defects', () => {
  it('a clipped highlight stays at least as bright, and darkens nothing around it', async () => {
    const spoilt = along(21, (i) => [60 + (i % 5), 60 + Math.floor(i / 5), 255]);
    const { data, report } = await deconvolve(spoil(blurred, spoilt), { psf: KERNEL });
    expect(report.defects?.clipped).toBe(21);
    for (const [x, y] of spoilt) expect(data[y * SIDE + x]).toBe(255);
  });

  it('that are too many say that the kernel is wrong, and are not left out', async () => {
    const places: Spoilt = along(SIDE ** 2, (i) => [i % SIDE, Math.floor(i / SIDE), 130 + (i % 120)]);
    const many = places.filter(([x, y]) => (x * 5 + y * 3) % 29 === 0);
    const { report } = await deconvolve(spoil(blurred, many), { psf: KERNEL });
    expect(report.defects).toMatchObject({ hot: 0, share: 0 });
    expect(report.warnings.join()).toMatch(/kernel must be wrong/);
  });

  it('known ones of another number than the pixels are refused', async () => {
    const options = { psf: KERNEL, knownDefects: new Uint8Array(5) };
    await expect(deconvolve(blurred, options)).rejects.toThrow(/16384 bytes.*knownDefects/);
    await expect(deconvolve(blurred, { psf: KERNEL, defects: 'maybe' as 'find' })).rejects.toThrow(/find, none/);
  });
});

describe('white areas of a scene', () => {
  /** A scene out of focus, with noise, that reaches up to `most` before it is clipped at white. */
  const blurBright = (most: number): { truth: Float64Array; frame: Frame } => {
    const scene = Float64Array.from(sharp.data, (value) => Math.min(most, (2.2 * value) / 255));
    const reach = (KERNEL.width - 1) / 2;
    const at = (x: number, y: number): number =>
      scene[Math.max(0, Math.min(SIDE - 1, y)) * SIDE + Math.max(0, Math.min(SIDE - 1, x))]!;
    const random = createRandom(5);
    const data = Uint8Array.from(scene, (_, pixel) => {
      let sum = 0;
      KERNEL.data.forEach((weight, tap) => {
        const [dx, dy] = [(tap % KERNEL.width) - reach, Math.floor(tap / KERNEL.width) - reach];
        sum += weight * at((pixel % SIDE) - dx, Math.floor(pixel / SIDE) - dy);
      });
      return Math.max(0, Math.min(255, Math.round(255 * (sum + 0.005 * sampleNormal(random)))));
    });
    return { truth: scene, frame: { ...blurred, data } };
  };
  const costOf = async (most: number, method: (typeof METHODS)[number]): Promise<number> => {
    const { truth, frame } = blurBright(most);
    const white: Spoilt = along(SIDE ** 2, (i) => [i % SIDE, Math.floor(i / SIDE), 0]);
    const clipped = white.filter((_, i) => frame.data[i] === 255);
    expect(clipped.length).toBeGreaterThan(0.05 * SIDE ** 2);
    const scaled = truth.map((value) => 255 * value);
    const [found, all] = await Promise.all(
      (['find', 'none'] as const).map((defects) => deconvolve(frame, { psf: KERNEL, method, defects })),
    );
    const error = (data: ArrayLike<number>): number => errorOutside(clipped, data, scaled);
    return 10 * Math.log10(error(found!.data) / error(all!.data));
  };

  it.each(METHODS)('cost little outside 3 pixels of them with %s where they are just white', async (method) => {
    expect(await costOf(1, method)).toBeLessThan(0.3);
  });

  it.each(METHODS)('do not spread errors with %s where the light is beyond white', async (method) => {
    expect(await costOf(9, method)).toBeLessThan(-2);
  });
});

describe('clipped glints', () => {
  const apart: Spoilt = along(5, (i) => [24 + 19 * i, 30 + 17 * ((i * 2) % 5), 0]);
  const touching: Spoilt = apart.flatMap(([x, y]) => [
    [x, y, 0],
    [x + 3, y + 2, 0],
  ]);
  const reach = 3;

  /** Light far above white, behind the same kernel. */
  const addLight = (frame: Frame, glints: Spoilt): Frame => {
    const data = Uint8Array.from(frame.data);
    for (const [x, y] of glints) {
      KERNEL.data.forEach((weight, index) => {
        const [dx, dy] = [index % KERNEL.width, Math.floor(index / KERNEL.width)];
        const pixel = (y + dy - (KERNEL.height - 1) / 2) * SIDE + x + dx - (KERNEL.width - 1) / 2;
        data[pixel] = Math.min(255, data[pixel]! + 255 * 60 * weight);
      });
    }
    return { ...frame, data };
  };
  const aroundThem = (glints: Spoilt): Spoilt =>
    glints.flatMap(([x, y]) =>
      along((2 * reach + 1) ** 2, (i) => [
        x + (i % (2 * reach + 1)) - reach,
        y + Math.floor(i / (2 * reach + 1)) - reach,
        0,
      ]),
    );

  it.each(
    METHODS.flatMap((method) => [[method, 'apart', apart] as const, [method, 'where some touch', touching] as const]),
  )('cost nothing outside 3 pixels of them with %s, %s', async (method, _, glints) => {
    const options = { psf: KERNEL, method };
    const clean = await deconvolve(blurred, options);
    const { data, report } = await deconvolve(addLight(blurred, glints), options);
    expect(report.defects!.clipped).toBeGreaterThan(5 * 9);
    const around = aroundThem(glints);
    expect(10 * Math.log10(errorOutside(around, data) / errorOutside(around, clean.data))).toBeLessThan(0.3);
  });
});

describe.each(METHODS)('behind a motion along lines, with %s', (method) => {
  const kernel = psf.motion(9, 0);
  const moved = blurScene({ width: SIDE, height: SIDE, kernel });

  it.each(['a dead column', 'a part of a stuck column'])('%s cost nothing outside 3 pixels of them', async (name) => {
    const spoilt = DEFECTS[name]!;
    const clean = await deconvolve(moved.blurred, { psf: kernel, method });
    const { data, report } = await deconvolve(spoil(moved.blurred, spoilt), { psf: kernel, method });
    const truth = moved.sharp.data;
    const ratio = errorOutside(spoilt, data, truth) / errorOutside(spoilt, clean.data, truth);
    expect(10 * Math.log10(ratio)).toBeLessThan(0.3);
    expect(report.defects!.columns).toBe(1);
  });
});
