import { describe, expect, it } from 'vitest';
import { LEVELS } from '../lib/capture/capture.js';
import type { Capture, Level } from '../lib/capture/capture.js';
import { LevelDrop, LevelLadder, NoLevel } from '../lib/engine/level-ladder.js';
import { Pace } from '../lib/engine/pace.js';
import { realIo } from '../lib/io.js';

const SECONDS: Readonly<Record<Level, number>> = {
  network: 9,
  'network-small': 3.6,
  deconvolve: 0.7,
  'pass-through': 0.1,
};

/** A ladder for a frame of 3 megapixels at a time that the test moves. */
function ladderOf(
  deadlineMs: number | null,
  levels: readonly Level[] = LEVELS,
  thermal: 'normal' | 'critical' = 'normal',
  available: readonly Level[] = LEVELS,
) {
  const pace = new Pace(undefined);
  for (let i = 0; i < 5; i += 1) for (const level of LEVELS) pace.finished(level, 3, SECONDS[level]);
  const clock = { now: 0 };
  const raw = { width: 2000, height: 1500 };
  const capture = { request: { deadline: deadlineMs, levels }, raw } as unknown as Capture;
  const io = { ...realIo(), now: () => clock.now };
  return { ladder: new LevelLadder(io, pace, capture, available, thermal), clock, pace };
}

describe('LevelLadder', () => {
  it('chooses the best level that is in time', () => {
    for (const [deadlineMs, level] of [
      [null, 'network'],
      [20_000, 'network'],
      [8000, 'network-small'],
      [3000, 'deconvolve'],
      [1000, 'pass-through'],
      [-5000, 'pass-through'],
    ] as const) {
      expect(ladderOf(deadlineMs).ladder.choose().level, `${deadlineMs}`).toBe(level);
    }
  });

  it('gives a frame up as soon as its pace says that it will be late, early enough for the next level', () => {
    const { ladder, clock } = ladderOf(8000);
    clock.now = 1000;
    ladder.check('network-small', 0, 0.25);
    clock.now = 3000;
    const drop = (): void => ladder.check('network-small', 0, 0.1);
    expect(drop).toThrow(LevelDrop);
    try {
      drop();
    } catch (error) {
      const { choice } = error as LevelDrop;
      expect(choice.level).toBe('deconvolve');
      expect(choice.reason).toMatch(/network-small would have been .* late/);
    }
  });

  describe('that has learnt of a network on a busy machine only', () => {
    const levels: readonly Level[] = ['network', 'deconvolve', 'pass-through'];

    /** A ladder for a frame of 8 s, after many that went through a lower level. */
    function probing() {
      const { ladder, clock, pace } = ladderOf(8000, levels);
      for (let i = 0; i < 80; i += 1) pace.finished('network', 3, 9 * 1.02 ** i);
      for (let i = 0; i < 10; i += 1) pace.chosen(false);
      expect(pace.secondsFor(3).network).toBeGreaterThan(20);
      expect(ladder.choose().level).toBe('network');
      return { ladder, clock, pace };
    }

    it('lets it go on while its own pace is quick enough, and knows it then', () => {
      const { ladder, clock, pace } = probing();
      for (const done of [0.01, 0.04, 0.06, 0.3, 0.9]) {
        clock.now = 4000 * done;
        ladder.check('network', 0, done);
      }
      pace.finished('network', 3, 4);
      expect(pace.secondsFor(3).network).toBeLessThan(7);
    });

    it('gives it up by its own pace, and in time where that tells nothing', () => {
      const { ladder, clock } = probing();
      clock.now = 1500;
      expect(() => ladder.check('network', 0, 0.06)).toThrow(LevelDrop);
      clock.now = 6000;
      ladder.check('network', 0, 0.04);
      clock.now = 6600;
      expect(() => ladder.check('network', 0, 0.04)).toThrow('had only begun when deconvolve');
    });
  });

  it('keeps a frame that has no deadline, however slow', () => {
    const { ladder, clock } = ladderOf(null);
    clock.now = 1e6;
    ladder.check('network', 0, 0.1);
  });

  it('goes to the next level that is allowed where one fails', () => {
    const { ladder } = ladderOf(20_000, ['network', 'deconvolve', 'pass-through']);
    expect(ladder.below('network', 'no memory')).toEqual({
      level: 'deconvolve',
      reason: 'network failed: no memory',
    });
    expect(ladder.below('deconvolve', 'bad')).toEqual({ level: 'pass-through', reason: 'deconvolve failed: bad' });
    expect(ladder.below('pass-through', 'disk')).toBe(null);
  });

  it.each(LEVELS.slice(0, 3))('never leaves what the request allows: %s', (only) => {
    const { ladder } = ladderOf(-5000, [only]);
    expect(ladder.choose().level).toBe(only);
    ladder.check(only, 0, 0.01);
    expect(ladder.below(only, 'no memory')).toBe(null);
  });

  it('says why there is no level: the board is too hot, or the configuration has none', () => {
    const { ladder } = ladderOf(null, ['network'], 'critical');
    expect(() => ladder.choose()).toThrow(NoLevel);
    expect(() => ladder.choose()).toThrow(/levels are network, and the board is too hot .*: allow others/);
    const none = ladderOf(null, ['network'], 'normal', ['pass-through']).ladder;
    expect(() => none.choose()).toThrow(/the configuration has none of them/);
  });

  it('only passes frames through while the board is too hot', () => {
    const { ladder } = ladderOf(20_000, LEVELS, 'critical');
    expect(ladder.choose()).toEqual({ level: 'pass-through', reason: 'the board is too hot' });
  });

  it('tries a better level after ten frames below it', () => {
    const { pace } = ladderOf(8000);
    const frame = () => {
      const raw = { width: 2000, height: 1500 };
      const capture = { request: { deadline: 8000, levels: LEVELS }, raw } as unknown as Capture;
      return new LevelLadder({ ...realIo(), now: () => 0 }, pace, capture, LEVELS, 'normal').choose();
    };
    const chosen = Array.from({ length: 11 }, () => frame().level);
    expect(chosen.slice(0, 10)).toEqual(new Array(10).fill('network-small'));
    expect(chosen[10]).toBe('network');
  });
});
