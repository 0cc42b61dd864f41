import { describe, expect, it } from 'vitest';
import { stars } from '../lib/index.js';
import type { stars as Stars } from '../lib/index.js';
import { erf } from '../lib/math/erf.js';
import { DiskProfile } from '../lib/stars/simulate/disk-profile.js';
import { Random } from '../lib/stars/simulate/random.js';
import { createStreakSample, sampleStreak } from '../lib/stars/simulate/streak.js';

const quiet = { background: 0, readNoise: 0, bits: 16 } as const;
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);

function centroid({ electrons, frame: { width } }: Stars.SimulatedFrame): [number, number] {
  let [x, y] = [0, 0];
  electrons.forEach((value, index) => {
    x += value * (index % width);
    y += value * Math.floor(index / width);
  });
  return [x / sum(electrons), y / sum(electrons)];
}

describe('the error function', () => {
  it.each([
    [0, 0],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2.5, 0.999593047982555],
    [-1.3, -0.9340079449406524],
    [7, 1],
  ])('of %f is %f to 1e-10', (x, value) => expect(Math.abs(erf(x) - value)).toBeLessThan(1e-10));
});

describe('random numbers', () => {
  it.each([0.3, 5, 40, 3000])('of Poisson have mean and variance %f', (mean) => {
    const random = new Random(4);
    const drawn = Array.from({ length: 20_000 }, () => random.poisson(mean));
    const average = sum(drawn) / drawn.length;
    const variance = sum(drawn.map((count) => (count - average) ** 2)) / drawn.length;
    expect(Math.abs(average / mean - 1)).toBeLessThan(4 / Math.sqrt(mean * drawn.length));
    expect(Math.abs(variance / mean - 1)).toBeLessThan(0.06);
  });
});

describe('a streak', () => {
  it.each([
    [20, 0.4, 1],
    [3, -1.2, 0.8],
    [0, 0, 1.3],
  ])('of length %f has flux 1 and the slopes of its density', (length, angle, sigma) => {
    const shape = { lengthPx: length, angleRad: angle, sigmaPx: sigma };
    const density = (x: number, y: number, s = shape): number => {
      const sample = createStreakSample();
      sampleStreak(s, x, y, sample);
      return sample.value;
    };
    let flux = 0;
    for (let y = -30; y <= 30; y += 0.5) for (let x = -30; x <= 30; x += 0.5) flux += density(x, y) / 4;
    expect(flux).toBeCloseTo(1, 9);
    const sample = createStreakSample();
    const h = 1e-4;
    for (const [x, y] of [
      [0.3, -0.7],
      [length / 2, 1.1],
      [-4, 2],
    ] as const) {
      sampleStreak(shape, x, y, sample);
      const found = [sample.byX, sample.byY, sample.byAngle, sample.bySigma, ...(length > 0 ? [sample.byLength] : [])];
      const slopes = [
        density(x + h, y) - density(x - h, y),
        density(x, y + h) - density(x, y - h),
        density(x, y, { ...shape, angleRad: angle + h }) - density(x, y, { ...shape, angleRad: angle - h }),
        density(x, y, { ...shape, sigmaPx: sigma + h }) - density(x, y, { ...shape, sigmaPx: sigma - h }),
        ...(length > 0
          ? [density(x, y, { ...shape, lengthPx: length + h }) - density(x, y, { ...shape, lengthPx: length - h })]
          : []),
      ].map((difference) => difference / (2 * h));
      found.forEach((slope, index) => {
        expect(Math.abs(slope - slopes[index]!)).toBeLessThan(2e-6);
      });
    }
  });
});

describe('a defocused star', () => {
  it('has flux 1, and is the integral of a Gaussian over the disk', () => {
    const profile = new DiskProfile(5, 0.9);
    let flux = 0;
    for (let r = 0.005; r < profile.reachPx; r += 0.01) flux += 2 * Math.PI * r * profile.density(r) * 0.01;
    expect(flux).toBeCloseTo(1, 5);
    for (const r of [0, 2.2, 4.7, 5.5, 7]) {
      let integral = 0;
      const step = 0.02;
      for (let y = -5; y < 5; y += step) {
        for (let x = -5; x < 5; x += step) {
          const [cx, cy] = [x + step / 2, y + step / 2];
          if (cx * cx + cy * cy < 25) integral += Math.exp(-((cx - r) ** 2 + cy * cy) / (2 * 0.81)) * step * step;
        }
      }
      expect(profile.density(r)).toBeCloseTo(integral / (2 * Math.PI * 0.81 * 25 * Math.PI), 4);
    }
  });
});

describe('stars.simulate', () => {
  it('gives the same frame for the same seed, another for another', () => {
    const make = (seed: number): ArrayLike<number> =>
      stars.simulate({ width: 128, height: 96, stars: 3, seed }).frame.data;
    expect(make(3)).toEqual(make(3));
    expect(make(3)).not.toEqual(make(4));
  });

  it.each<[string, Partial<Stars.SimulateOptions>]>([
    ['a sharp star', {}],
    ['a trail', { motion: { lengthPx: 20, angleDegrees: 30 } }],
    ['a disk', { defocusRadiusPx: 6 }],
    ['a disk that moves', { defocusRadiusPx: 5, motion: { lengthPx: 12, angleDegrees: -70 } }],
  ])('keeps flux and place of %s', (_, options) => {
    const star = { x: 40.3, y: 33.8, flux: 10_000 };
    const result = stars.simulate({ width: 80, height: 70, stars: [star], ...quiet, ...options });
    expect(Math.abs(sum(result.electrons) / star.flux - 1)).toBeLessThan(1e-4);
    const [x, y] = centroid(result);
    expect(Math.hypot(x - star.x, y - star.y)).toBeLessThan(2e-3);
    expect(result.stars).toEqual([star]);
  });

  it('puts the star at the start or the end of its trail on demand', () => {
    const at = (epoch: Stars.Epoch): [number, number] =>
      centroid(
        stars.simulate({
          width: 80,
          height: 70,
          stars: [{ x: 40, y: 35, flux: 1000 }],
          motion: { lengthPx: 20, angleDegrees: 90 },
          epoch,
          ...quiet,
        }),
      );
    expect(at('start')[1]).toBeCloseTo(25, 2);
    expect(at('mid')[1]).toBeCloseTo(35, 2);
    expect(at('end')[1]).toBeCloseTo(45, 2);
  });

  it('has the noise and the level that were asked for', () => {
    const { frame } = stars.simulate({
      width: 200,
      height: 200,
      stars: 0,
      background: 100,
      readNoise: 8,
      electronsPerCount: 2,
      offset: 30,
    });
    const mean = sum(frame.data) / frame.data.length;
    const variance = sum(Float64Array.from(frame.data, (value) => (value - mean) ** 2)) / frame.data.length;
    expect(Math.abs(mean - 80)).toBeLessThan(0.2);
    expect(Math.abs(variance / ((100 + 64) / 4 + 1 / 12) - 1)).toBeLessThan(0.03);
  });

  it('fills pixels up to the well, and counts up to the bits', () => {
    const bright = { width: 64, height: 64, stars: [{ x: 32, y: 32, flux: 1e6 }], background: 0, readNoise: 0 };
    const most = (options: object): number => Math.max(...stars.simulate({ ...bright, ...options }).frame.data);
    expect(most({ fullWell: 5000 })).toBe(5000);
    expect(most({ bits: 12 })).toBe(4095);
    expect(most({ bits: 8 })).toBe(255);
    expect(stars.simulate({ ...bright, bits: 8 }).frame).toMatchObject({
      depth: 8,
      data: expect.any(Uint8Array) as unknown,
    });
  });

  it('turned by 90 degrees is the frame of the turned scene', () => {
    const [a, b] = [0, 90].map(
      (turn) =>
        stars.simulate({
          width: 65,
          height: 65,
          stars: [turn === 0 ? { x: 36, y: 30, flux: 1000 } : { x: 30, y: 28, flux: 1000 }],
          motion: { lengthPx: 15, angleDegrees: 25 + turn },
          ...quiet,
        }).electrons,
    ) as [Float32Array, Float32Array];
    // Anticlockwise: (x, y) goes to (y, 64 - x).
    a.forEach((value, index) => {
      const [x, y] = [index % 65, Math.floor(index / 65)];
      expect(Math.abs(b[(64 - x) * 65 + y]! - value)).toBeLessThan(1e-4);
    });
  });

  it.each<[string, object, RegExp]>([
    ['a negative width', { width: -1 }, /for width/],
    ['too many stars', { stars: 500 }, /do not fit into 64x64 pixels: ask for fewer/],
    ['NaN background', { background: NaN }, /for background but received NaN/],
    ['17 bits', { bits: 17 }, /between 8 and 16 for bits/],
    ['a range upside down', { flux: [10, 1] }, /for flux/],
    ['a star without flux', { stars: [{ x: 1, y: 1 }] }, /stars\[0\]\.flux/],
    ['a misspelt option', { focus: 3 }, /Unknown focus/],
    ['an unknown epoch', { epoch: 'now' }, /for epoch/],
  ])('%s fails, saying so', (_, options, message) => {
    expect(() => stars.simulate({ width: 64, height: 64, ...options })).toThrow(message);
  });
});
