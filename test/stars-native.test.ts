import { describe, expect, it } from 'vitest';
import { fft, psf, stars } from '../lib/index.js';
import type { AnyFrame, stars as Stars } from '../lib/index.js';
import { loadBinding } from '../lib/runtime/native/loader.js';
import { detectStars } from '../lib/stars/measure/detect.js';
import { fitShape, fitStars } from '../lib/stars/measure/fit.js';
import { readPlane } from '../lib/stars/measure/plane.js';
import { Random } from '../lib/stars/simulate/random.js';
import { DefocusProfile, StreakProfile } from '../lib/stars/measure/profile.js';
import type { StarProfile } from '../lib/stars/measure/profile.js';
import { windowsAround } from '../lib/stars/restore/windows.js';
import { correlateWindows, fitFrom } from './support/reference-stars/autocorrelation.js';
import { detectStars as detectPlainly } from './support/reference-stars/detect.js';
import { fitStars as fitPlainly } from './support/reference-stars/fit.js';
import { readPlane as readPlainly } from './support/reference-stars/plane.js';
import * as plain from './support/reference-stars/profile.js';
import { whole } from './support/parts.js';
import { scopeOf } from './support/scope.js';
import { ticketOf } from './support/tickets.js';

const binding = loadBinding();
const isas = binding
  .isas()
  .filter(({ supported }) => supported)
  .map(({ name }) => name);
const THREADS = [1, 2, 3] as const;
const ticket = ticketOf(binding);
const scope = scopeOf();

const field = (options: Partial<Stars.SimulateOptions> = {}): AnyFrame =>
  stars.simulate({
    width: 421,
    height: 333,
    stars: 14,
    flux: [5000, 300_000],
    separationPx: 40,
    motion: { lengthPx: 20, angleDegrees: 20 },
    seed: 7,
    ...options,
  }).frame;

const plainOf = ({ kind, shape }: StarProfile): plain.StarProfile =>
  kind === 'disk'
    ? new plain.DefocusProfile(shape[0]!, shape[1]!)
    : new plain.StreakProfile({ lengthPx: shape[0]!, angleRad: shape[1]!, sigmaPx: shape[2]! });

/** All numbers of two values of the same form agree, relative to `scale` or to themselves. */
function expectClose(found: unknown, wanted: unknown, tolerance: number, path = ''): void {
  if (typeof wanted === 'number') {
    expect(Math.abs((found as number) - wanted), `${path}: ${String(found)}, not ${wanted}`).toBeLessThanOrEqual(
      tolerance * Math.max(1e-3, Math.abs(wanted)),
    );
  } else if (typeof wanted === 'object' && wanted !== null) {
    expect(Object.keys(found as object)).toEqual(Object.keys(wanted));
    for (const [key, value] of Object.entries(wanted))
      expectClose((found as Record<string, unknown>)[key], value, tolerance, `${path}.${key}`);
  } else {
    expect(found, path).toEqual(wanted);
  }
}

/** A frame of three colours, saturated in places, with samples that are no numbers. */
function colourful(): AnyFrame {
  const { data, width, height } = field();
  const colours = Float32Array.from(
    { length: 3 * width * height },
    (_, index) => data[Math.floor(index / 3)]! / 5000 + (index % 3) / 100,
  );
  for (let index = 0; index < 30; index += 1) colours[index * 997 + 3000] = index % 2 === 0 ? NaN : 1.5;
  return { width, height, channels: 3, depth: 32, data: colours };
}

describe('the plane of a frame', () => {
  it.each<[string, () => AnyFrame, number]>([
    ['8 bits', () => field({ bits: 8, electronsPerCount: 4 }), 0.97],
    ['8 bits with little noise', () => field({ bits: 8, electronsPerCount: 40 }), 0.97],
    ['16 bits, partly saturated', () => field({ offset: 100 }), 0.02],
    ['colours as floats', colourful, 0.97],
    [
      'a few pixels',
      () => ({ width: 5, height: 3, channels: 1, depth: 8, data: Uint8Array.from({ length: 15 }, (_, i) => i * 9) }),
      0.3,
    ],
    [
      'nothing but saturated ones',
      () => ({ width: 64, height: 64, channels: 1, depth: 8, data: new Uint8Array(4096).fill(255) }),
      0.97,
    ],
  ])('of %s is that of medians by sorting', async (_, make, saturation) => {
    const frame = make();
    const wanted = await readPlainly(frame, saturation);
    for (const threads of THREADS) {
      const { data, invalid, sigma, background } = await readPlane(whole(frame), saturation, scopeOf({ threads }));
      expect(Buffer.compare(invalid, wanted.invalid)).toBe(0);
      expectClose({ sigma, background }, { sigma: wanted.sigma, background: wanted.background }, 1e-6);
      expect(
        data.every((value, pixel) =>
          Number.isFinite(wanted.data[pixel]!) ? Math.abs(value - wanted.data[pixel]!) < 1e-6 : value === 0,
        ),
      ).toBe(true);
    }
  });
});

describe('the matched filter', () => {
  it.each<[string, () => AnyFrame, StarProfile]>([
    [
      'sharp stars',
      () => field({ motion: { lengthPx: 0, angleDegrees: 0 } }),
      new StreakProfile({ lengthPx: 0, angleRad: 0, sigmaPx: 1 }),
    ],
    ['trails', field, new StreakProfile({ lengthPx: 20, angleRad: 0.35, sigmaPx: 1 })],
    [
      'trails longer than a tile',
      () => field({ motion: { lengthPx: 150, angleDegrees: 20 } }),
      new StreakProfile({ lengthPx: 150, angleRad: 0.35, sigmaPx: 1 }),
    ],
    ['disks', () => field({ defocusRadiusPx: 5, motion: { lengthPx: 0, angleDegrees: 0 } }), new DefocusProfile(5, 1)],
  ])('finds %s where one transform of the whole frame does', async (_, make, profile) => {
    const plane = await readPlane(whole(make()), 0.97, scope);
    const wanted = await detectPlainly(plane, plainOf(profile), { threshold: 5.5, most: 50 });
    expect(wanted.length).toBeGreaterThan(3);
    for (const threads of THREADS)
      expectClose(await detectStars(plane, profile, { threshold: 5.5, most: 50 }, scopeOf({ threads })), wanted, 1e-4);
  });

  it('still sees the stars of a frame that has samples which are no numbers', async () => {
    const plane = await readPlane(whole(colourful()), 0.97, scope);
    expect(
      (
        await detectStars(
          plane,
          new StreakProfile({ lengthPx: 20, angleRad: 0.35, sigmaPx: 1 }),
          { threshold: 8, most: 50 },
          scope,
        )
      ).length,
    ).toBeGreaterThan(8);
  });
});

describe('the measure of stars', () => {
  const noise = { sky: 1e-4, perFlux: 1.5e-5, misfit: 0 };
  it.each<[string, Partial<Stars.SimulateOptions>, StarProfile, typeof noise, boolean, number?]>([
    ['of one shape', {}, new StreakProfile({ lengthPx: 18, angleRad: 0.3, sigmaPx: 1.2 }), noise, true],
    ['of a known shape', {}, new StreakProfile({ lengthPx: 20, angleRad: 0.349, sigmaPx: 1 }), noise, false],
    [
      'that are uncertain in shape',
      {},
      new StreakProfile({ lengthPx: 18, angleRad: 0.3, sigmaPx: 1.2 }),
      { ...noise, perFlux: 0, misfit: 0.05 },
      true,
    ],
    [
      'that are sharp',
      { motion: { lengthPx: 0, angleDegrees: 0 } },
      new StreakProfile({ lengthPx: 0, angleRad: 0, sigmaPx: 1.3 }),
      noise,
      false,
    ],
    [
      'that are crowded',
      { stars: 60, separationPx: 12 },
      new StreakProfile({ lengthPx: 20, angleRad: 0.349, sigmaPx: 1 }),
      noise,
      true,
      5e-3,
    ],
    [
      'that are disks',
      { defocusRadiusPx: 5, motion: { lengthPx: 0, angleDegrees: 0 } },
      new DefocusProfile(4.5, 1.2),
      noise,
      true,
    ],
    [
      'that are known disks',
      { defocusRadiusPx: 5, motion: { lengthPx: 0, angleDegrees: 0 } },
      new DefocusProfile(5, 1),
      noise,
      false,
    ],
  ])(
    '%s is that of the plain method, whatever the threads and the instruction set',
    async (_, options, profile, pixelNoise, isFree, tolerance = 3e-4) => {
      const plane = await readPlane(whole(field(options)), 0.97, scope);
      const detections = await detectStars(plane, profile, { threshold: 6, most: 20 }, scope);
      const wanted = await fitPlainly(plane, detections, plainOf(profile), pixelNoise, isFree);
      const measure = isFree ? fitShape : fitStars;
      const found = await measure(plane, detections, profile, pixelNoise, scope);
      expect(found.stars.length).toBeGreaterThan(5);
      expectClose(
        [found.stars, found.profile.shape, found.shapeCovariance],
        [wanted.stars, wanted.profile.shape, wanted.shapeCovariance],
        tolerance,
      );
      for (const isa of isas)
        for (const threads of THREADS)
          expect(await measure(plane, detections, profile, pixelNoise, scopeOf({ isa, threads }))).toEqual(found);
    },
  );

  it('of saturated stars leaves these pixels out', async () => {
    const plane = await readPlane(whole(field({ flux: [300_000, 400_000] })), 0.1, scope);
    const profile = new StreakProfile({ lengthPx: 20, angleRad: 0.349, sigmaPx: 1 });
    const detections = await detectStars(plane, profile, { threshold: 6, most: 20 }, scope);
    const [found, wanted] = await Promise.all([
      fitStars(plane, detections, profile, noise, scope),
      fitPlainly(plane, detections, plainOf(profile), noise, false),
    ]);
    expect(wanted.stars.some(({ saturated }) => saturated)).toBe(true);
    expectClose(found.stars, wanted.stars, 1e-4);
  });

  it('of none, and of places without pixels, finds none', async () => {
    const plane = await readPlane(whole(field()), 0.97, scope);
    const profile = new StreakProfile({ lengthPx: 20, angleRad: 0.349, sigmaPx: 1 });
    const blind = { ...plane, invalid: plane.invalid.map(() => 1) };
    for (const measure of [fitStars, fitShape]) {
      expect((await measure(plane, [], profile, noise, scope)).stars).toEqual([]);
      expect((await measure(blind, [{ x: 50, y: 50, flux: 1 }], profile, noise, scope)).stars).toEqual([]);
    }
  });

  it('ends with the reason of a signal', async () => {
    const plane = await readPlane(whole(field()), 0.97, scope);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(
      fitStars(
        plane,
        [{ x: 50, y: 50, flux: 1 }],
        new StreakProfile({ lengthPx: 20, angleRad: 0, sigmaPx: 1 }),
        noise,
        scopeOf({}, { signal }),
      ),
    ).rejects.toThrow('enough');
  });
});

describe('the trail of an autocorrelation', () => {
  it.each([
    [6, 70],
    [20, 20],
    [45, -35],
  ])('of %f pixels at %f degrees is that of numerical derivatives', async (length, angle) => {
    const plane = await readPlane(whole(field({ motion: { lengthPx: length, angleDegrees: angle } })), 0.97, scope);
    const centres = await detectStars(
      plane,
      new StreakProfile({ lengthPx: length, angleRad: (angle * Math.PI) / 180, sigmaPx: 1 }),
      {
        threshold: 8,
        most: 8,
      },
      scope,
    );
    const correlation = await correlateWindows(
      plane,
      centres,
      128,
      (dx, dy) =>
        Math.abs(dx * Math.sin(0.3) + dy * Math.cos(0.3)) < 40 &&
        Math.abs(dx * Math.cos(0.3) - dy * Math.sin(0.3)) < 50,
      {},
    );
    const { data, invalid, width, height } = plane;
    const request = {
      data,
      invalid,
      width,
      height,
      centres: Float64Array.from(centres.flatMap(({ x, y }) => [x, y])),
      side: 128,
      mask: { length: 20, angle: 0.3, margin: 40 },
      longest: 64,
    };
    const { misfit, ...found } = await binding.fitTrail({ ...request, threads: 1 }, isas[0]!, ticket);
    const wanted = await fitFrom(correlation, found.angle, found.length, 64);
    expect(found.length).toBeCloseTo(wanted.lengthPx, 1);
    expect(Math.abs(Math.sin(found.angle - wanted.angleRad))).toBeLessThan(1e-3);
    expectClose(
      [found.sigma, misfit, found.lengthSigma, found.angleSigma],
      [wanted.sigmaPx, wanted.misfit, wanted.lengthSigma, wanted.angleSigma],
      0.05,
    );
    for (const threads of THREADS)
      expect(await binding.fitTrail({ ...request, threads }, isas[0]!, ticket)).toEqual({ misfit, ...found });
  });

  it('of noise fits badly', async () => {
    const { data, invalid, width, height } = await readPlane(whole(field({ stars: 0 })), 0.97, scope);
    const request = {
      data,
      invalid,
      width,
      height,
      centres: Float64Array.of(100, 100, 200, 200),
      side: 64,
      mask: { length: 0, angle: 0, margin: Infinity },
      longest: 32,
      threads: 1,
    } as const;
    expect((await binding.fitTrail(request, isas[0]!, ticket)).misfit).toBeGreaterThan(0.5);
    expect((await binding.fitTrail({ ...request, centres: new Float64Array(0) }, isas[0]!, ticket)).misfit).toBe(
      Infinity,
    );
  });
});

describe('windows', () => {
  const shape = {
    method: 'hyper-laplacian',
    width: 0,
    height: 0,
    radiusX: 0,
    radiusY: 0,
    symmetric: false,
    modes: 1,
    boundary: 'replicate',
    sampleBits: 32,
    acceleration: 'none',
    totalVariation: false,
    masked: false,
    threads: 1,
  } as const;
  const settings = {
    offset: 0,
    saturation: Infinity,
    totalVariation: 0,
    damping: 0,
    start: 'flat',
    lambda: 300,
    alpha: 2 / 3,
    prior: 'flat',
    nsr: 0,
    exponent: 0,
  } as const;
  const psfs = [psf.motion(12, 20), psf.disk(2.5), psf.disk(20)];
  /**
   * Width, height, PSF, steps, at the edge. Some cannot wrap around: smaller than their kernel, or with sides that are
   * slow to transform.
   */
  const windows = [
    [48, 48, 0, 6, 0],
    [48, 48, 0, 3, 1],
    [40, 64, 1, 4, 0],
    [48, 48, 0, 2, 0],
    [32, 32, 1, 6, 1],
    [48, 32, 2, 2, 0],
    [53, 48, 0, 2, 0],
  ] as const;
  const random = new Random(4);
  const samples = windows.map(([width, height]) =>
    Float32Array.from({ length: width * height }, (_, i) => 100 + 5 * random.normal() + (i % 97 === 0 ? 400 : 0)),
  );

  async function solveAlone(
    index: number,
    inside: 'replicate' | 'periodic',
  ): Promise<{ light: Float32Array; level: number }> {
    const [width, height, kernel, steps, isAtEdge] = windows[index]!;
    const { data, width: columns, height: rows, symmetric } = psfs[kernel]!;
    const mayWrap = columns <= width && rows <= height && [width, height].every((side) => fft.goodSize(side) === side);
    const solver = binding.createSolver(
      {
        ...shape,
        width,
        height,
        radiusX: (columns - 1) / 2,
        radiusY: (rows - 1) / 2,
        symmetric,
        boundary: isAtEdge === 1 ? 'bertero' : mayWrap ? inside : 'replicate',
      },
      isas[0]!,
    );
    const sorted = samples[index]!.toSorted();
    const level = (sorted[sorted.length / 2 - 1]! + sorted[sorted.length / 2]!) / 2 - 7;
    const light = {
      samples: samples[index]!.map((value) => (value - level) / 350),
      frameWidth: width,
      channels: 1,
      channel: 0,
      left: 0,
      top: 0,
    };
    await solver.setPsf({ kernels: data, coefficients: null, gridRows: 1, gridColumns: 1 }, ticket);
    solver.configure(settings);
    await solver.load(light, null, ticket);
    for (let step = 0; step < steps; step += 1) await solver.step(ticket);
    await solver.store(light, ticket);
    solver.dispose();
    return { light: light.samples, level };
  }

  it.each(['replicate', 'periodic'] as const)(
    'are solved together as each is alone, with boundary %s, whatever the threads',
    async (boundary) => {
      const wanted = [];
      for (const index of windows.keys()) wanted.push(await solveAlone(index, boundary));
      for (const threads of THREADS) {
        const values = Float32Array.from(samples.flatMap((window) => [...window]));
        const levels = await binding.solveWindows(
          {
            shape: { ...shape, boundary },
            settings,
            psfs,
            windows: Int32Array.from(windows.flat()),
            values,
            scale: 350,
            pedestal: 7,
            threads,
          },
          isas[0]!,
          ticket,
        );
        expect([...levels]).toEqual(wanted.map(({ level }) => level));
        expect(values).toEqual(Float32Array.from(wanted.flatMap(({ light }) => [...light])));
      }
    },
  );

  it.each([
    [8, Uint8Array, 255],
    [16, Uint16Array, 65_535],
    [32, Float32Array, Infinity],
  ] as const)('of %i bits are cut out of a frame and mixed into it, rounded and clamped', (_, Samples, most) => {
    const [width, channels, channel, left, top, size] = [11, 3, 1, 4, 2, { width: 5, height: 3 }] as const;
    const frame = Samples.from(Array.from({ length: 8 * width * channels }, (_unused, index) => (index * 37) % 200));
    const at = (x: number, y: number): number => ((top + y) * width + left + x) * channels + channel;
    const light = new Float32Array(size.width * size.height);
    const window = { samples: frame, frameWidth: width, channels, channel, left, top };
    const brightest = binding.cutWindow(window, size, light);
    const before = frame.slice();
    light.forEach((value, index) => {
      expect(value).toBe(before[at(index % size.width, Math.floor(index / size.width))]);
    });
    expect(brightest).toBe(Math.max(...light));
    const [level, scale, columns, rows] = [-100, 400, Float32Array.of(0, 0.5, 1, 1, 0.25), Float32Array.of(1, 0.5, 1)];
    const restored = light.map((value) => value / 100 - 0.7);
    let clipped = 0;
    const wanted = before.slice();
    restored.forEach((value, index) => {
      const [x, y] = [index % size.width, Math.floor(index / size.width)];
      const mixed = (1 - columns[x]! * rows[y]!) * before[at(x, y)]! + columns[x]! * rows[y]! * (level + scale * value);
      if (mixed > most) clipped += 1;
      wanted[at(x, y)] = Samples === Float32Array ? mixed : Math.max(0, Math.min(most, Math.round(mixed)));
    });
    expect(binding.pasteWindow(window, { light: restored, level, scale, columns, rows })).toBe(clipped);
    expect(clipped > 0).toBe(most === 255);
    expect(frame).toEqual(wanted);
  });

  it('that overlap become one, inside the frame and apart from all others', () => {
    const frame = { width: 700, height: 500 };
    const places = Array.from({ length: 40 }, () => ({ x: 699 * random.uniform(), y: 499 * random.uniform() }));
    const found = windowsAround(places, 48, frame);
    expect(found.length).toBeLessThan(places.length);
    for (const { left, top, width, height } of found) {
      expect(left >= 0 && top >= 0 && left + width <= frame.width && top + height <= frame.height).toBe(true);
    }
    const covering = places.map(
      ({ x, y }) =>
        found.filter(
          ({ left, top, width, height }) =>
            Math.round(x) >= left &&
            Math.round(y) >= top &&
            Math.round(x) < left + width &&
            Math.round(y) < top + height,
        ).length,
    );
    expect(covering.every((count) => count === 1)).toBe(true);
  });
});
