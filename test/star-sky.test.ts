import { describe, expect, it } from 'vitest';
import { stars } from '../lib/index.js';
import { SKY_SIGMA, judge, makeKind } from '../bench/star-kinds.mjs';

async function measure(kind: string, seed = 1) {
  const truth = await makeKind(kind, seed, stars.simulate);
  const { stars: found, report } = await stars.restoreStars(truth.frame, { method: 'none' });
  return { ...judge(found, truth), report, count: truth.stars.length };
}

describe('the sky as it is', () => {
  it.each([
    ['clipped-1', 'cut off at black, 8 bits'],
    ['clipped-coarse', 'below black, with noise of half a count'],
    ['clipped-half', 'cut off in one half'],
    ['gradient', 'a gradient of 3,000 counts'],
    ['gradient-shot', 'noisier to one side'],
    ['moonlight', 'lit by the moon'],
    ['zero-border', 'within an unused border'],
    ['round-mask', 'within a round mask'],
    ['rows', 'with noise of rows'],
    ['columns', 'with noise of columns'],
    ['jpeg-75', 'of a JPEG of quality 75'],
    ['smoothed', 'with noise that neighbours share'],
  ])('%s: %s, hides no star and makes none', async (kind) => {
    const { falseStars, lost, count } = await measure(kind);
    expect(count).toBeGreaterThan(20);
    expect(falseStars).toBeLessThanOrEqual(1);
    expect(lost).toBeLessThanOrEqual(0.02 * count);
  });

  it('clipped-2: black nearly everywhere, 8 bits, hides at most one star of 50 and makes none', async () => {
    const all: Awaited<ReturnType<typeof measure>>[] = [];
    for (const seed of [1, 2, 3]) all.push(await measure('clipped-2', seed));
    const sum = (of: 'falseStars' | 'lost' | 'count'): number => all.reduce((total, frame) => total + frame[of], 0);
    expect(sum('falseStars')).toBeLessThanOrEqual(1);
    expect(sum('lost')).toBeLessThanOrEqual(0.02 * sum('count'));
  });

  it.each([
    ['clipped-1', SKY_SIGMA / 4, -SKY_SIGMA / 4],
    ['clipped-2', SKY_SIGMA / 4, (-2 * SKY_SIGMA) / 4],
  ])('has the noise of what is cut off too (%s)', async (kind, sigma, level) => {
    const { sky } = (await measure(kind)).report;
    expect(sky.sigma / sigma).toBeGreaterThan(0.9);
    expect(sky.sigma / sigma).toBeLessThan(1.1);
    expect(Math.abs(sky.level - level)).toBeLessThan(0.15 * sigma);
  });

  it('has the noise of a frame without its gradient', async () => {
    const { sky } = (await measure('gradient')).report;
    expect(Math.abs(sky.sigma / SKY_SIGMA - 1)).toBeLessThan(0.05);
  });
});
