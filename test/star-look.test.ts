import { describe, expect, it } from 'vitest';
import { stars } from '../lib/index.js';
import { judge, makeKind } from '../bench/star-kinds.mjs';

describe('the look of the stars, as the frame tells it', () => {
  it.each([
    ['defocused-6', 'disk'],
    ['streak', 'sharp'],
    ['trailed', 'trail'],
  ])('of %s is %s, and no star is lost', async (kind, look) => {
    const truth = await makeKind(kind, 1, stars.simulate);
    const { stars: found, report } = await stars.restoreStars(truth.frame, { method: 'none' });
    expect(report.decision).toMatchObject({ kind: look });
    expect(judge(found, truth)).toEqual({ falseStars: 0, lost: 0 });
  });

  it.each([
    ['bleeding-40', 2, 'sharp'],
    ['bleeding-full', 2, 'sharp'],
    ['satellite', 1, 'sharp'],
    ['faint-satellite', 1, 'sharp'],
    ['spikes', 2, 'sharp'],
    ['defocused-satellite', 3, 'disk'],
  ])('of %s is not that of lines of light, which are taken off (%i)', async (kind, seed, look) => {
    const truth = await makeKind(kind, seed, stars.simulate);
    const { stars: found, report } = await stars.restoreStars(truth.frame, { method: 'none' });
    expect(report.decision).toMatchObject({ kind: look });
    expect(judge(found, truth)).toEqual({ falseStars: 0, lost: 0 });
  });

  it.each([
    ['moon', 2],
    ['moon-saturated', 2],
    ['trailed-moon', 1],
  ])('of %s is not that of the moon, which hides few stars but those behind it (%i)', async (kind, seed) => {
    const truth = await makeKind(kind, seed, stars.simulate);
    const { stars: found } = await stars.restoreStars(truth.frame, { method: 'none' });
    const { falseStars, lost } = judge(found, truth);
    expect(falseStars).toBeLessThanOrEqual(3);
    expect(lost).toBeLessThanOrEqual(2);
  });
});
