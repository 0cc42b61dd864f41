import { describe, expect, it } from 'vitest';
import { stars } from '../lib/index.js';
import { measureStripeLength } from '../lib/stars/measure/dark-stripes.js';
import { measureSpectrumAngle } from '../lib/stars/measure/double-spectrum.js';
import { scopeOf } from './support/scope.js';

const SIZE = { width: 512, height: 512 };
const angleError = (a: number, b: number): number => Math.abs(a - b - 180 * Math.round((a - b) / 180));

/** 30 stars in noise of so many times the light's mean square. */
function field(motion: stars.StraightMotion, noisePower: number, seed: number): stars.SimulatedFrame {
  const options = { ...SIZE, stars: 30, flux: [5000, 50_000] as const, separationPx: 12, motion, seed, background: 0 };
  const { electrons } = stars.simulate({ ...options, readNoise: 0 });
  const power = electrons.reduce((sum, value) => sum + value * value, 0) / electrons.length;
  return stars.simulate({ ...options, readNoise: Math.sqrt(noisePower * power), offset: 500 });
}

describe("motion 'paper'", () => {
  it.each([
    ['without noise', 1e-6],
    ['at -3.2 dB', 10 ** 0.32],
  ])('tells the published angles %s', async (_, noise) => {
    for (const [seed, angle] of [
      [1, 0],
      [2, 30],
      [3, 70],
      [4, 90],
    ] as const) {
      const {
        report: { motion },
      } = await stars.restoreStars(field({ lengthPx: 20, angleDegrees: angle }, noise, seed).frame, {
        motion: 'paper',
        method: 'none',
      });
      // As published: below 0.5 degrees without noise, 0.8 with.
      expect(angleError(motion!.angleDegrees, angle)).toBeLessThan(noise < 1 ? 0.5 : 0.8);
    }
  });

  it('tells the length where the search finds the first dark stripe', async () => {
    const {
      stars: found,
      report: { motion },
    } = await stars.restoreStars(field({ lengthPx: 25, angleDegrees: 20 }, 1e-6, 9).frame, { motion: 'paper' });
    expect(motion).toMatchObject({ declined: null, stars: 0 });
    expect(Math.abs(motion!.lengthPx - 25)).toBeLessThan(0.5);
    expect(found.length).toBeGreaterThan(20);
  });

  it.each([
    ['without stars', 0, 20],
    ['of sharp stars', 20, 0],
  ])('declines a frame %s', async (_, count, length) => {
    const { frame } = stars.simulate({
      ...SIZE,
      stars: count,
      motion: { lengthPx: length, angleDegrees: 30 },
      seed: 3,
    });
    const { report } = await stars.restoreStars(frame, { motion: 'paper', method: 'none' });
    expect(report.motion!.declined).not.toBeNull();
    expect(report.warnings.join()).toContain('no trail');
  });
});

/** One streak of a closed form on a plane that is not square. */
function streakPlane(
  width: number,
  height: number,
  length: number,
  angle: number,
): { width: number; height: number; data: Float32Array } {
  const { electrons } = stars.simulate({
    width,
    height,
    stars: [{ x: width / 2 + 3.3, y: height / 2 - 4.1, flux: 1e5 }],
    motion: { lengthPx: length, angleDegrees: angle },
    background: 0,
    readNoise: 0,
  });
  return { width, height, data: electrons };
}

describe('a single streak', () => {
  const scope = scopeOf();
  it.each([[0], [33], [-58], [90]])(
    'at %f degrees has its own principal axis in a plane that is not square',
    async (angle) => {
      const found = await measureSpectrumAngle(streakPlane(300, 217, 24, angle), 70, scope);
      expect(angleError((found!.angleRad * 180) / Math.PI, angle)).toBeLessThan(0.4);
      expect(found!.roundness).toBeLessThan(0.4);
    },
  );

  it('has the first zero of sinc at the inverse of its length', async () => {
    for (const length of [8, 17.5, 32]) {
      const found = await measureStripeLength(streakPlane(300, 217, length, 40), (40 * Math.PI) / 180, 70, scope);
      expect(Math.abs(found! - length) / length).toBeLessThan(0.03);
    }
  });

  it('is turned by 90 degrees with its plane', async () => {
    const { data } = streakPlane(256, 256, 20, 25);
    const turned = Float32Array.from(data, (_, index) => data[(index % 256) * 256 + 255 - Math.floor(index / 256)]!);
    const [one, other] = [
      await measureSpectrumAngle({ width: 256, height: 256, data }, 70, scope),
      await measureSpectrumAngle({ width: 256, height: 256, data: turned }, 70, scope),
    ];
    expect(angleError(((one!.angleRad - other!.angleRad) * 180) / Math.PI, 90)).toBeLessThan(0.01);
  });
});
