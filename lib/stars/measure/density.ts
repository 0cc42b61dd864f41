import { createStreakSample, sampleStreak } from '../simulate/streak.js';
import { StreakProfile } from './profile.js';
import type { StarProfile } from './profile.js';

/** Light of a star of flux 1 around its place, roughly for disks. */
export function densityOf(profile: StarProfile): (dx: number, dy: number) => number {
  if (profile instanceof StreakProfile) {
    const [lengthPx, angleRad, sigmaPx] = profile.shape;
    const sample = createStreakSample();
    return (dx, dy) => {
      sampleStreak({ lengthPx, angleRad, sigmaPx: Math.hypot(sigmaPx, 0.6) }, dx, dy, sample);
      return sample.value;
    };
  }
  const radiusPx = profile.extentPx / 2;
  return (dx, dy) => {
    const off = Math.max(0, Math.hypot(dx, dy) - radiusPx) / profile.sigmaPx;
    return Math.exp((-off * off) / 2) / (Math.PI * radiusPx ** 2);
  };
}
