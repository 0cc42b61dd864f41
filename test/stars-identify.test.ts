import { afterAll, describe, expect, it } from 'vitest';
import { stars } from '../lib/index.js';
import { createRandom } from '../lib/math/random.js';
import { randomPointing, rotationBetween, simulateScene } from './support/star-scenes.js';

const catalogue = await stars.StarCatalogue.packaged();
const ARC_SECOND = Math.PI / 180 / 3600;
/** 15 degrees wide. */
const camera = new stars.Camera({ width: 1024, height: 768, focalPx: 512 / Math.tan((7.5 * Math.PI) / 180) });
/** Counted in hypotheses alone: no test depends on how fast this machine is. */
const LIMITS = { timeoutMs: 1e9, mostHypotheses: 2e6 } as const;
const identifier = await stars.StarIdentifier.open({ camera, epochYear: 2026 });
afterAll(() => identifier.dispose());

function requireSolved(found: stars.Identification): stars.Solved {
  if (found.status === 'declined') throw new Error(`declined: ${found.reason}`);
  return found;
}
const errorOf = (found: stars.Solved, matrix: stars.Matrix3): number =>
  Math.hypot(...rotationBetween(matrix, found.attitude.matrix));

describe('a frame of a known camera', () => {
  const places: readonly (readonly [string, stars.Pointing])[] = [
    ['at the north pole', { raDegrees: 0, decDegrees: 90, rollDegrees: 17 }],
    ['at the south pole', { raDegrees: 123, decDegrees: -90, rollDegrees: -170 }],
    ['over the wrap of right ascension', { raDegrees: 359.99, decDegrees: 3, rollDegrees: 180 }],
    ['in the Milky Way', { raDegrees: 270, decDegrees: -25, rollDegrees: 90 }],
    ['where stars are few', { raDegrees: 192.9, decDegrees: 27.1 }],
  ];
  it.each(places)('is identified %s', async (_, pointing) => {
    const { seen, matrix } = simulateScene(catalogue, { camera, seed: 3, pointing });
    const found = requireSolved(await identifier.identify(seen, LIMITS));
    expect(errorOf(found, matrix)).toBeLessThan(60 * ARC_SECOND);
    expect(found.matches.length).toBeGreaterThan(15);
    const again = stars.pointingMatrix(found.pointing);
    expect(Math.hypot(...rotationBetween(again, found.attitude.matrix))).toBeLessThan(1e-9);
    expect(found.falseAlarm).toBeLessThan(1e-6);
  });

  it('gives errors that agree with their covariances, which are the closed form of the stars matched', async () => {
    let sum = 0;
    const frames = 60;
    for (let seed = 0; seed < frames; seed += 1) {
      const { seen, matrix } = simulateScene(catalogue, { camera, seed });
      const found = requireSolved(await identifier.identify(seen, LIMITS));
      const error = rotationBetween(matrix, found.attitude.matrix);
      const sigma = 0.1 / camera.focalPx;
      const pairs = found.matches.map(({ seen: star, star: known }) => ({
        sensor: camera.direction(star.x, star.y),
        reference: stars.skyDirection(known.raDegrees, known.decDegrees),
        sigmaRad: sigma,
      }));
      const expected = stars.solveAttitude(pairs);
      for (const i of [0, 1, 2] as const) {
        const variance = found.attitude.covarianceRad2[i][i];
        expect(variance / expected.covarianceRad2[i][i]).toBeGreaterThan(0.9);
        expect(variance / expected.covarianceRad2[i][i]).toBeLessThan(1.1);
        sum += error[i] ** 2 / variance;
      }
      expect(Math.hypot(...rotationBetween(expected.matrix, found.attitude.matrix))).toBeLessThan(0.3 * sigma);
    }
    // 180 degrees of freedom: 1 +- 0.105.
    expect(sum / (3 * frames)).toBeGreaterThan(0.7);
    expect(sum / (3 * frames)).toBeLessThan(1.3);
  });

  const hard = [
    ['of five stars', { count: 5 }],
    ['with errors of 3 pixels', { count: 20, sigmaPx: 3 }],
    ['with ten false stars', { count: 20, falseStars: 10 }],
    ['with twenty false stars', { count: 20, falseStars: 20 }],
    ['of which a third is missing', { count: 15, missing: 0.3, magnitudeSigma: 0.5, falseStars: 5, sigmaPx: 0.5 }],
  ] as const;
  it.each(hard)('is identified %s', async (_, options) => {
    let solved = 0;
    for (let seed = 100; seed < 110; seed += 1) {
      const { seen, matrix } = simulateScene(catalogue, { camera, seed, ...options });
      const found = await identifier.identify(seen, { ...LIMITS, magnitudeSigma: 0.5, maxStars: 60 });
      if (found.status === 'declined') continue;
      expect(errorOf(found, matrix)).toBeLessThan(0.01);
      solved += 1;
    }
    expect(solved).toBeGreaterThanOrEqual(9);
  });

  it('is likelier to be chance where its stars are off by what chance would have, not by their errors', async () => {
    for (let seed = 0; seed < 10; seed += 1) {
      const { seen } = simulateScene(catalogue, { camera, seed, count: 12, sigmaPx: 0.01 });
      const near = seen.map((star) => ({ ...star, covariance: { xx: 4, yy: 4, xy: 0 } }));
      const off = near.map((star, i) => ({
        ...star,
        x: star.x + 5 * Math.cos(i * i),
        y: star.y + 5 * Math.sin(i * i),
      }));
      const [certain, doubtful] = [await identifier.identify(near, LIMITS), await identifier.identify(off, LIMITS)];
      if (doubtful.status === 'declined') continue;
      expect(doubtful.falseAlarm / requireSolved(certain).falseAlarm).toBeGreaterThan(1000);
    }
  });

  it('tells what is no star of the catalogue', async () => {
    const { seen } = simulateScene(catalogue, { camera, seed: 5 });
    const planet = { x: 300.5, y: 200.25, flux: 1e12 };
    const found = requireSolved(await identifier.identify([planet, ...seen], LIMITS));
    expect(found.unmatched).toContain(planet);
    for (const { star, residualPx } of found.matches) {
      expect(star.id).toMatch(/^HIP \d+$/);
      expect(Math.hypot(...residualPx)).toBeLessThan(0.6);
    }
  });
});

describe('a search', () => {
  it.each([0, 1, 2, 3])('is declined with %i stars', async (count) => {
    const { seen } = simulateScene(catalogue, { camera, seed: 6, count });
    expect(await identifier.identify(seen)).toMatchObject({ status: 'declined', reason: 'too-few' });
  });

  it('finds nothing in random places', async () => {
    for (const falseStars of [6, 12, 30]) {
      const { seen } = simulateScene(catalogue, { camera, seed: falseStars, count: 0, falseStars });
      expect((await identifier.identify(seen, { ...LIMITS, mostHypotheses: 2e5 })).status).toBe('declined');
    }
  });

  it('ends at its limit with ten thousand stars', async () => {
    const { seen } = simulateScene(catalogue, { camera, seed: 1, count: 0, falseStars: 10_000 });
    const found = await identifier.identify(seen, { ...LIMITS, mostHypotheses: 1e4 });
    expect(found).toMatchObject({ status: 'declined', reason: 'hypotheses' });
    expect(found.hypotheses).toBeLessThan(2e4);
  });

  const bad: readonly (readonly [string, object, RegExp])[] = [
    ['x', { x: NaN, y: 1, flux: 1 }, /stars\[1\]\.x/],
    ['y', { x: 1, y: Infinity, flux: 1 }, /stars\[1\]\.y/],
    ['flux', { x: 1, y: 1, flux: 0 }, /stars\[1\]\.flux/],
    ['covariance', { x: 1, y: 1, flux: 1, covariance: { xx: 1, yy: 1, xy: 2 } }, /covariance of stars\[1\]/],
  ];
  it.each(bad)('is refused with a wrong %s', async (_, star, message) => {
    const stars = [{ x: 1, y: 1, flux: 1 }, star] as stars.SeenStar[];
    await expect(identifier.identify(stars)).rejects.toThrow(message);
  });

  it('gives the same for 1 to 3 threads', async () => {
    const { seen } = simulateScene(catalogue, { camera, seed: 8, falseStars: 5 });
    const results = [];
    for (const threads of [1, 2, 3]) {
      const found = await stars.identify(seen, { camera, epochYear: 2026, threads, ...LIMITS });
      results.push({ ...found, milliseconds: 0 });
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('takes less than 10 MB', () => {
    expect(identifier.buffers.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(10e6);
  });
});

describe('a camera that is not known', () => {
  it('is mirrored, and is told so', async () => {
    const axes: stars.AxisMatrix = [
      [-1, 0],
      [0, 1],
    ];
    const mirrored = new stars.Camera({ width: 1024, height: 768, focalPx: camera.focalPx, axes });
    const { seen, matrix } = simulateScene(catalogue, { camera: mirrored, seed: 9 });
    expect((await identifier.identify(seen, { ...LIMITS, mostHypotheses: 3e5 })).status).toBe('declined');
    const options = { camera, epochYear: 2026, handedness: 'unknown', ...LIMITS } as const;
    const found = requireSolved(await stars.identify(seen, options));
    expect(found.isMirrored).toBe(true);
    expect(found.camera.axes).toEqual(axes);
    expect(errorOf(found, matrix)).toBeLessThan(60 * ARC_SECOND);
  });

  it('has a field between 10 and 20 degrees, found within 1 %', async () => {
    const { width, height } = camera;
    const options = { fieldDegrees: [10, 20], width, height, lensTolerance: 0.001, epochYear: 2026 } as const;
    await using open = await stars.StarIdentifier.open(options);
    for (let seed = 20; seed < 24; seed += 1) {
      const { seen, matrix } = simulateScene(catalogue, { camera, seed });
      const found = requireSolved(await open.identify(seen, { ...LIMITS, mostHypotheses: 2e7 }));
      expect(found.fieldDegrees / 15).toBeCloseTo(1, 2);
      expect(errorOf(found, matrix)).toBeLessThan(0.02);
    }
  });

  it('has a lens that bends, and an axis off its middle', async () => {
    const lens = { focalPx: 2800, principalPoint: [650, 530], distortion: [-0.05] } as const;
    const real = new stars.Camera({ width: 1392, height: 1040, ...lens });
    const options = { fieldDegrees: 27.9, width: 1392, height: 1040, epochYear: 2026 };
    await using open = await stars.StarIdentifier.open(options);
    const { seen, matrix } = simulateScene(catalogue, { camera: real, seed: 30, count: 30 });
    const found = requireSolved(await open.identify(seen, LIMITS));
    expect(found.matches.length).toBeGreaterThan(24);
    const middle = stars.skyDirection(found.middle.raDegrees, found.middle.decDegrees);
    const [x, y, z] = real.direction(695.5, 519.5);
    const sky = [0, 1, 2].map((i) => matrix[0][i]! * x + matrix[1][i]! * y + matrix[2][i]! * z);
    expect(Math.hypot(...sky.map((part, i) => part - middle[i]!))).toBeLessThan(60 * ARC_SECOND);
  });

  it('has stars that are off by more than they say', async () => {
    const options = { fieldDegrees: 27.4, width: 1392, height: 1040, lensTolerance: 0.004, epochYear: 2026 };
    await using open = await stars.StarIdentifier.open(options);
    const real = new stars.Camera({ width: 1392, height: 1040, focalPx: 2800, distortion: [-0.05] });
    const { seen, matrix } = simulateScene(catalogue, { camera: real, seed: 30, count: 30, sigmaPx: 0.3 });
    const sure = seen.map((star) => ({ ...star, covariance: { xx: 0.0025, yy: 0.0025, xy: 0 } }));
    const found = requireSolved(await open.identify(sure, LIMITS));
    expect(found.matches.length).toBeGreaterThan(20);
    expect(errorOf(found, matrix)).toBeLessThan(0.2);
  });
});

describe('aberration', () => {
  it('is taken off where the velocity is known', async () => {
    const velocity: stars.Vector = [18_000, -20_000, 9_000];
    const random = createRandom(2);
    const light = velocity.map((part) => part / 299_792_458) as unknown as stars.Vector;
    const pointing = { ...randomPointing(random), decDegrees: 10 };
    const { seen, matrix } = simulateScene(catalogue, { camera, seed: 4, pointing, velocity: light, sigmaPx: 0.02 });
    const known = requireSolved(await identifier.identify(seen, { ...LIMITS, velocity }));
    const unknown = requireSolved(await identifier.identify(seen, LIMITS));
    const across = (found: stars.Solved): number => {
      const [x, y] = rotationBetween(matrix, found.attitude.matrix);
      return Math.hypot(x, y) / ARC_SECOND;
    };
    expect(across(known)).toBeLessThan(2);
    expect(across(unknown)).toBeGreaterThan(3);
  });
});
