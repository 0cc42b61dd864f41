import { describe, expect, it } from 'vitest';
import { stars } from '../../lib/index.js';
import { simulatePass } from '../support/star-pass.js';
import { rotationBetween } from '../support/star-scenes.js';

const catalogue = await stars.StarCatalogue.packaged();
const ARC_SECOND = Math.PI / 180 / 3600;
const SIGMA_PX = 0.1;
/** 15 degrees wide. */
const camera = new stars.Camera({ width: 1024, height: 768, focalPx: 512 / Math.tan((7.5 * Math.PI) / 180) });
const OPEN = { camera, epochYear: 2026 } as const;
const LIMITS = { timeoutMs: 1e9, mostHypotheses: 2e6 } as const;

describe('a pass of 2,000 frames at 10 a second', () => {
  it('is held without a wrong attitude, near the bound, with the rate', async () => {
    const isBlind = (frame: number): boolean => (frame >= 700 && frame < 703) || (frame >= 1200 && frame < 1240);
    const isGlare = (frame: number): boolean => frame % 500 > 420;
    await using tracker = await stars.AttitudeTracker.open(OPEN);
    const modes = { identified: 0, tracked: 0, lost: 0 };
    const [across, bound, rate] = [[], [], []] as [number[], number[], number[]];
    for (const frame of simulatePass({ catalogue, camera, frames: 2000, sigmaPx: SIGMA_PX, isBlind, isGlare })) {
      const { mode, solution, turn } = await tracker.next(frame.seen, { seconds: frame.seconds, ...LIMITS });
      modes[mode] += 1;
      if (solution === null) continue;
      const [x, y, z] = rotationBetween(frame.matrix, solution.attitude.matrix);
      expect(Math.hypot(x, y, z)).toBeLessThan(120 * ARC_SECOND);
      across.push(x * x + y * y);
      bound.push(boundOf(frame.real));
      const speed = Math.hypot(...frame.ratesRadPerSecond);
      if (turn === null || speed < 0.02) continue;
      const off = turn.ratesRadPerSecond.map((part, i) => part - frame.ratesRadPerSecond[i]!);
      rate.push((Math.hypot(...off) / speed) ** 2);
    }
    // Lost while there are no stars. Found in the sky at first, and after four seconds without any.
    expect(modes.lost).toBe(43);
    expect(modes.identified).toBe(2);
    const [error, least] = [Math.sqrt(mean(across)), Math.sqrt(mean(bound))];
    expect(error / least).toBeLessThan(1.1);
    expect(error / least).toBeGreaterThan(0.9);
    expect(Math.sqrt(mean(rate))).toBeLessThan(0.01);
  });
});

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Variance across the axis by the closed form, of all real stars. */
function boundOf(real: readonly { readonly seen: stars.SeenStar; readonly direction: stars.Vector }[]): number {
  const sigmaRad = SIGMA_PX / camera.focalPx;
  const pairs = real.map(({ seen, direction }) => ({
    sensor: camera.direction(seen.x, seen.y),
    reference: direction,
    sigmaRad,
  }));
  const { covarianceRad2 } = stars.solveAttitude(pairs);
  return covarianceRad2[0][0] + covarianceRad2[1][1];
}
