import { afterAll, describe, expect, it } from 'vitest';
import { stars } from '../lib/index.js';
import { turnRateOf } from '../lib/stars/track/turn-rate.js';
import { multiply, rotationOf } from '../lib/math/linear.js';
import { rotationBetween, simulateScene } from './support/star-scenes.js';

const catalogue = await stars.StarCatalogue.packaged();
const ARC_SECOND = Math.PI / 180 / 3600;
/** 15 degrees wide. */
const camera = new stars.Camera({ width: 1024, height: 768, focalPx: 512 / Math.tan((7.5 * Math.PI) / 180) });
const OPEN = { camera, epochYear: 2026 } as const;
const LIMITS = { timeoutMs: 1e9, mostHypotheses: 2e6 } as const;
const identifier = await stars.StarIdentifier.open(OPEN);
afterAll(() => identifier.dispose());

describe('an attitude that is expected', () => {
  const priorOf = (matrix: stars.Matrix3, offRad: number): stars.AttitudePrior => ({
    matrix: multiply(rotationOf([offRad, -offRad, offRad]), matrix),
    covarianceRad2: [
      [offRad ** 2, 0, 0],
      [0, offRad ** 2, 0],
      [0, 0, offRad ** 2],
    ],
    magnitudeZero: 20,
  });

  it.each([2, 3, 20])('needs two stars alone: %i', async (count) => {
    const { seen, matrix } = simulateScene(catalogue, { camera, seed: 3, count });
    const found = await identifier.identify(seen, { ...LIMITS, prior: priorOf(matrix, 1e-4) });
    if (found.status === 'declined') throw new Error(found.reason);
    expect(found.isFollowed).toBe(true);
    expect(found.matches).toHaveLength(count);
    const [x, y] = rotationBetween(matrix, found.attitude.matrix);
    expect(Math.hypot(x, y)).toBeLessThan(60 * ARC_SECOND);
  });

  it('is searched for in the sky where it is wrong', async () => {
    const { seen, matrix } = simulateScene(catalogue, { camera, seed: 4 });
    const wrong = multiply(rotationOf([0.05, 0, 0]), matrix);
    const found = await identifier.identify(seen, { ...LIMITS, prior: { ...priorOf(matrix, 1e-4), matrix: wrong } });
    expect(found).toMatchObject({ status: 'solved', isFollowed: false });
  });

  it('is refused where it is no attitude', async () => {
    const { seen, matrix } = simulateScene(catalogue, { camera, seed: 4 });
    const prior = priorOf(matrix, 1e-4);
    const zero: stars.Matrix3 = [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ];
    await expect(identifier.identify(seen, { prior: { ...prior, matrix: zero } })).rejects.toThrow(/prior\.matrix/);
    await expect(identifier.identify(seen, { prior: { ...prior, covarianceRad2: zero } })).rejects.toThrow(
      /Variance 0/,
    );
    await expect(identifier.identify(seen, { prior: { ...prior, magnitudeZero: NaN } })).rejects.toThrow(
      /magnitudeZero/,
    );
  });
});

describe('a tracker of attitudes', () => {
  it('says that it is lost, and takes no frame of the past', async () => {
    await using tracker = await stars.AttitudeTracker.open(OPEN);
    const lost = await tracker.next([], { seconds: 5 });
    expect(lost).toMatchObject({ mode: 'lost', solution: null, reason: 'too-few', turn: null });
    expect(lost.latencyMs).toBeGreaterThan(0);
    await expect(tracker.next([], { seconds: 5 })).rejects.toThrow(/seconds must be above 5/);
  });

  it('takes a rate that is constant as it is', () => {
    const rate = [0.01, -0.03, 0.02] as const;
    const covarianceRad2: stars.Matrix3 = [
      [1e-10, 0, 0],
      [0, 1e-10, 0],
      [0, 0, 1e-10],
    ];
    for (const count of [2, 4, 10]) {
      const attitudes = Array.from({ length: count }, (_, i) => {
        const seconds = 0.1 * i;
        const [x, y, z] = rate;
        return { seconds, matrix: rotationOf([-x * seconds, -y * seconds, -z * seconds]), covarianceRad2 };
      });
      const turn = turnRateOf(attitudes)!;
      for (const i of [0, 1, 2] as const) expect(turn.ratesRadPerSecond[i]).toBeCloseTo(rate[i], 6);
      expect(turn.sigmaRadPerSecond[0]).toBeGreaterThan(0);
    }
    expect(turnRateOf([{ seconds: 0, matrix: rotationOf([0, 0, 1]), covarianceRad2 }])).toBeNull();
  });
});
