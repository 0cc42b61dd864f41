import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EstimateError, stars } from '../lib/index.js';
import { simulateScene } from './support/star-scenes.js';

const TRUE = new stars.Camera({
  width: 1024,
  height: 768,
  focalPx: 3889,
  principalPoint: [530, 370],
  distortion: [0.05],
});
const LIMITS = { mostHypotheses: 1e6, timeoutMs: 1e9 };

describe('calibrating by identified frames', () => {
  let identifier: stars.StarIdentifier;
  let catalogue: stars.StarCatalogue;
  const found: stars.Identification[] = [];
  const velocity: stars.Vector = [2e4, -1e4, 7e3];

  beforeAll(async () => {
    catalogue = await stars.StarCatalogue.packaged();
    const camera = new stars.Camera({ width: 1024, height: 768, focalPx: 3900 });
    identifier = await stars.StarIdentifier.open({
      camera,
      epochYear: 2026,
      focalTolerance: 0.01,
      lensTolerance: 0.004,
    });
    const overLight = velocity.map((part) => part / 299_792_458) as unknown as stars.Vector;
    for (let seed = 1; seed <= 6; seed += 1) {
      const { seen } = simulateScene(catalogue, { camera: TRUE, seed, count: 30, velocity: overLight });
      found.push(await identifier.identify(seen, { ...LIMITS, velocity }));
    }
    found.push(await identifier.identify([], LIMITS));
  });
  afterAll(() => identifier.dispose());

  it('finds the camera within what the errors of 0.1 pixel allow, and leaves out what was declined', async () => {
    expect(found.map(({ status }) => status)).toEqual([...Array.from({ length: 6 }, () => 'solved'), 'declined']);
    const {
      camera,
      afterRad,
      stars: used,
      frames,
      excludedFrames,
    } = await stars.calibrateIdentified(found, { terms: 1 });
    expect([frames, excludedFrames]).toEqual([6, 1]);
    expect(used).toBeGreaterThan(150);
    // Three standard deviations of 0.1 pixel over 170 stars, with the distortion fitted too.
    expect(Math.abs(camera.focalPx / TRUE.focalPx - 1)).toBeLessThan(1.5e-4);
    expect(camera.principalPoint[0]).toBeCloseTo(530, -1);
    expect(camera.principalPoint[1]).toBeCloseTo(370, -1);
    expect(camera.distortion[0]).toBeCloseTo(0.05, 2);
    // Two coordinates of 0.1 pixel each.
    expect((afterRad * TRUE.focalPx) / (0.1 * Math.SQRT2)).toBeCloseTo(1, 0);
  });

  it('makes a camera in which stars are where it has them: its own frames then need no lens to be fitted', async () => {
    const { camera } = await stars.calibrateIdentified(found);
    const { seen } = simulateScene(catalogue, { camera: TRUE, seed: 50 });
    const again = await stars.identify(seen, { camera, epochYear: 2026, ...LIMITS });
    expect(again.status).toBe('solved');
  });

  it('takes stars that are farther off than their errors with extraPx alone', async () => {
    const { seen } = simulateScene(catalogue, { camera: TRUE, seed: 60, sigmaPx: 2 });
    const claimed = seen.map((star) => ({ ...star, covariance: { xx: 1e-4, yy: 1e-4, xy: 0 } }));
    const options = { camera: TRUE, epochYear: 2026, ...LIMITS };
    const [strict, wide] = [
      await stars.identify(claimed, options),
      await stars.identify(claimed, { ...options, extraPx: 2 }),
    ];
    expect([strict.status, wide.status]).toEqual(['declined', 'solved']);
    if (wide.status === 'solved') expect(wide.chi2).toBeGreaterThan(0.4);
  });

  it('refuses what does not tell a camera', async () => {
    for (const none of [[], found.slice(-1)]) {
      const fit = stars.calibrateIdentified(none);
      await expect(fit).rejects.toThrow(EstimateError);
      await expect(fit).rejects.toThrow(/No frame is identified with 3 stars or more/);
    }
    const [one] = found as stars.Solved[];
    const other = { ...one!, camera: new stars.Camera({ width: 640, height: 480, focalPx: 3000 }) };
    const mixed = stars.calibrateIdentified([one!, other]);
    await expect(mixed).rejects.toThrow(/Frames of one camera are needed, .*640x480/);
  });
});
