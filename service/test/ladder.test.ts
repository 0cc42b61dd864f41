import { describe, expect, test } from 'vitest';
import { LEVELS } from '../lib/capture/capture.js';
import type { Level } from '../lib/capture/capture.js';
import { chooseLevel, redecide } from '../lib/capture/ladder.js';
import type { LadderFacts } from '../lib/capture/ladder.js';
import { learn, p95Seconds, readRates } from '../lib/capture/rates.js';
import type { Rates } from '../lib/capture/rates.js';
import { Random } from './support/random.js';

/** Of a frame of 3 megapixels on two cores. */
const seconds = { network: 9, 'network-small': 3.6, deconvolve: 0.7, 'pass-through': 0.1 };
const facts = (leftSeconds: number | null, changes: Partial<LadderFacts> = {}): LadderFacts => ({
  levels: LEVELS,
  seconds,
  now: 1000,
  deadline: leftSeconds === null ? null : 1000 + leftSeconds * 1000,
  storeSeconds: 0.3,
  ...changes,
});

describe('the choice of a level', () => {
  test('is the best that is done in time', () => {
    const choices = [20, 9.3, 9.2, 3.8, 1.1, 0.5, 0.1, -5].map((left) => chooseLevel(facts(left))!.level);
    const [best, small, plain, none] = LEVELS;
    expect(choices).toEqual([best, best, small, plain, plain, none, none, none]);
  });

  test('is the best without a deadline, and says why it is none better', () => {
    expect(chooseLevel(facts(null))).toEqual({ level: 'network', reason: 'no deadline' });
    expect(chooseLevel(facts(5))!.reason).toBe('network takes 9.0 s, 5.0 s left');
    expect(chooseLevel(facts(0))!.reason).toMatch('too late for any level');
  });

  test('is among those that are allowed, and never gets better with less time', () => {
    for (let seed = 0; seed < 2000; seed += 1) {
      const random = new Random(seed);
      const levels = LEVELS.filter(() => random.chance(0.7));
      const times = Object.fromEntries(LEVELS.map((level) => [level, random.chance(0.2) ? null : random.next() * 10]));
      const ordered = (left: number): number => {
        const choice = chooseLevel(facts(left, { levels, seconds: times }));
        if (levels.length === 0) expect(choice).toBeNull();
        else expect(levels).toContain(choice!.level);
        return LEVELS.indexOf(choice?.level ?? 'pass-through');
      };
      const left = random.next() * 10;
      const fits = levels.some((level) => (times[level] ?? 0) + 0.3 <= left - 1);
      if (fits) expect(ordered(left - 1)).toBeGreaterThanOrEqual(ordered(left));
    }
  });
});

describe('second thoughts, strip by strip', () => {
  const at = (level: Level, elapsed: number, done: number) => ({ level, startedAt: 1000 - elapsed * 1000, done });

  test('none while the frame is on its way', () => {
    expect(redecide(at('network', 4.5, 0.5), facts(5))).toBeNull();
    expect(redecide(at('network', 0, 0), facts(9.4))).toBeNull();
    expect(redecide(at('network', 9, 0.1), facts(null))).toBeNull();
  });

  test('a frame that slows down goes to the best level that still fits', () => {
    expect(redecide(at('network', 4, 0.1), facts(5))).toMatchObject({ level: 'network-small' });
    expect(redecide(at('network', 8, 0.2), facts(2))).toMatchObject({ level: 'deconvolve' });
    expect(redecide(at('network-small', 6, 0.2), facts(0.5))?.reason).toMatch(/network-small would have been \d/);
  });

  test('one that is late but nearly done goes on', () => {
    expect(redecide(at('deconvolve', 1, 0.99), facts(-1, { storeSeconds: 0 }))).toBeNull();
    expect(redecide(at('pass-through', 9, 0.1), facts(-1))).toBeNull();
  });

  test('a frame at any pace ends: simulated with a CPU that is taken away', () => {
    for (let seed = 0; seed < 500; seed += 1) {
      const random = new Random(seed);
      const slowdown = 1 + random.next() * 4;
      const deadline = 1000 + 12_000;
      let [now, done, startedAt] = [1000, 0, 1000];
      let level: Level = chooseLevel(facts(null, { now, deadline }))!.level;
      while (done < 1) {
        done += 1 / 100;
        now += (seconds[level] * slowdown * 1000) / 100;
        const lower = redecide({ level, startedAt, done }, facts(null, { now, deadline }));
        if (lower) [level, done, startedAt] = [lower.level, 0, now];
      }
      // Late by no more than what the lowest levels take when slowed down.
      expect(now + 300).toBeLessThan(deadline + slowdown * 1000 * 0.8 + 300);
    }
  });
});

describe('rates', () => {
  test('learn the mean, and a percentile that most frames keep', () => {
    const random = new Random(1);
    let rates: Rates = {};
    let kept = 0;
    for (let frame = 0; frame < 400; frame += 1) {
      const taken = 3 * (2 + random.next() * 0.5);
      const predicted = p95Seconds(rates, 'network', 3);
      if (predicted !== null && taken <= predicted) kept += 1;
      rates = learn(rates, 'network', 3, taken);
    }
    expect(rates.network!.mean).toBeGreaterThan(2);
    expect(rates.network!.mean).toBeLessThan(2.5);
    expect(kept / 400).toBeGreaterThan(0.9);
  });

  test('nonsense teaches nothing, and JSON of any kind is read', () => {
    expect(learn({}, 'network', 0, 1)).toEqual({});
    expect(learn({}, 'network', 1, Number.NaN)).toEqual({});
    const rates = learn({}, 'network', 2, 4);
    expect(readRates(JSON.parse(JSON.stringify(rates)))).toEqual(rates);
    expect(readRates({ network: { mean: -1, variance: 0, count: 1 }, deconvolve: 5, other: {} })).toEqual({});
    expect([readRates(null), readRates('x')]).toEqual([{}, {}]);
    expect(p95Seconds(rates, 'deconvolve', 2)).toBeNull();
  });
});
