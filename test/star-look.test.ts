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
    ['cosmics', 1],
    ['moon', 4],
    ['planet', 1],
  ])('of %s hides no star beside it, and makes none (%i)', async (kind, seed) => {
    const truth = await makeKind(kind, seed, stars.simulate);
    const { stars: found } = await stars.restoreStars(truth.frame, { method: 'none' });
    expect(judge(found, truth)).toEqual({ falseStars: 0, lost: 0 });
  });

  it('of a moon that rows without numbers cut off does not hide what is beyond them', async () => {
    const { frame, stars: all } = await makeKind('moon', 4, stars.simulate);
    const data = Float32Array.from(frame.data, (value, index) =>
      Math.floor(index / 512) === 300 ? NaN : value / 65_535,
    );
    const { stars: found } = await stars.restoreStars({ ...frame, depth: 32, data }, { method: 'none' });
    const below = all.filter(({ y }) => y > 310);
    expect(below.length).toBeGreaterThan(5);
    expect(judge(found, { stars: below, all }).lost).toBe(0);
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
