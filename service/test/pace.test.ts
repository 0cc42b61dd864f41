import { describe, expect, it } from 'vitest';
import { chooseLevel } from '../lib/capture/ladder.js';
import { LEVELS } from '../lib/capture/capture.js';
import type { Level } from '../lib/capture/capture.js';
import { Pace } from '../lib/engine/pace.js';

const WORK = 3;
/** Seconds that levels take when nothing disturbs. */
const SECONDS: Readonly<Record<Level, number>> = {
  network: 9,
  'network-small': 3.6,
  deconvolve: 0.7,
  'pass-through': 0.1,
};

/** A pace that has seen some frames of every level. */
function learnt(): Pace {
  const pace = new Pace(undefined);
  for (let i = 0; i < 5; i += 1) for (const level of LEVELS) pace.finished(level, WORK, SECONDS[level]);
  return pace;
}

/** The level that is chosen for a frame of 8 s, and what it takes on a machine that is so much slower. */
function frame(pace: Pace, slow: number): Level {
  const facts = { levels: LEVELS.slice(1), now: 0, deadline: 8000, storeSeconds: 0.3 };
  const { level } = chooseLevel({ ...facts, seconds: pace.secondsFor(WORK) })!;
  pace.finished(level, WORK, SECONDS[level] * slow);
  return level;
}

describe('Pace', () => {
  it('learns what levels take', () => {
    const seconds = learnt().secondsFor(WORK);
    for (const level of LEVELS) expect(seconds[level]).toBeCloseTo(SECONDS[level], 0);
    expect(new Pace(undefined).secondsFor(WORK).network).toBe(null);
  });

  it('believes one frame that was in time: the next is restored by the same level', () => {
    const pace = new Pace(undefined);
    pace.finished('network', WORK, 5.9);
    const facts = { levels: LEVELS, now: 0, deadline: 8000, storeSeconds: pace.storeSeconds };
    expect(chooseLevel({ ...facts, seconds: pace.secondsFor(WORK) })).toMatchObject({ level: 'network' });
  });

  it('goes down in one frame when the processor is taken away, and comes back within three', () => {
    const pace = learnt();
    expect(frame(pace, 1)).toBe('network-small');
    expect(frame(pace, 4)).toBe('network-small');
    expect(frame(pace, 4)).toBe('deconvolve');
    for (let i = 0; i < 50; i += 1) expect(frame(pace, 4)).toBe('deconvolve');
    const after = [frame(pace, 1), frame(pace, 1), frame(pace, 1)];
    expect(after.at(-1)).toBe('network-small');
  });

  it('learns from frames that were given up', () => {
    const pace = learnt();
    pace.abandoned('network', WORK, 36, 0.1);
    expect(pace.secondsFor(WORK).deconvolve).toBeGreaterThan(2.5);
  });

  it('does not judge a level that nobody knows by the first rows of its first frame', () => {
    const pace = new Pace(undefined);
    expect(pace.isUntold('network', 0.1)).toBe(true);
    pace.abandoned('network', WORK, 100, 0.1);
    expect(pace.secondsFor(WORK).network).toBe(null);
    pace.abandoned('network', WORK, 30, 0.3);
    expect(pace.secondsFor(WORK).network).toBeGreaterThan(29);
  });

  it('tries a better level now and then', () => {
    const pace = new Pace(undefined);
    const tried = Array.from({ length: 22 }, () => {
      const { shouldProbe } = pace;
      pace.chosen(false);
      return shouldProbe;
    });
    expect(tried.filter(Boolean).length).toBe(2);
    pace.chosen(true);
    expect(pace.shouldProbe).toBe(false);
  });

  it('tries a better level as soon as a lower one is quicker than was known', () => {
    const pace = new Pace(undefined);
    pace.finished('network', WORK, 85);
    pace.finished('deconvolve', WORK, 4);
    pace.chosen(false);
    pace.finished('deconvolve', WORK, 1);
    expect(pace.shouldProbe).toBe(true);
    pace.chosen(false);
    expect(pace.shouldProbe).toBe(false);
  });

  it('forgets what it has learnt on a busy machine', () => {
    const pace = new Pace(undefined);
    for (let i = 0; i < 10; i += 1) pace.finished('network', WORK, 36);
    pace.finished('network', WORK, 9);
    expect(pace.secondsFor(WORK).network).toBeLessThan(15);
  });

  it('outlives a restart, and takes no nonsense', () => {
    const pace = learnt();
    const again = new Pace(JSON.parse(JSON.stringify(pace.memo)));
    expect(again.secondsFor(WORK)).toEqual(pace.secondsFor(WORK));
    for (const memo of [null, 5, 'x', { rates: 3, slowdown: -1, storeSeconds: 'much' }, { slowdown: 1e9 }]) {
      expect(new Pace(memo).memo).toMatchObject({ rates: {}, slowdown: 1, storeSeconds: 0.5 });
    }
  });
});
