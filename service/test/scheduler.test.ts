import { describe, expect, test } from 'vitest';
import type { Capture } from '../lib/capture/capture.js';
import { AGING_MS, compareUrgency, decidePush, givesUpAt, refusal } from '../lib/capture/scheduler.js';
import { LiveQueue } from '../lib/capture/live-queue.js';
import { makeCapture } from './support/captures.js';
import { Random } from './support/random.js';

const now = 2_000_000;

function queueOf(live: readonly Capture[]): LiveQueue {
  const queue = new LiveQueue();
  for (const capture of live) queue.put(capture);
  return queue;
}

function randomCapture(random: Random, order: number): Capture {
  const state = random.pick(['requested', 'acquiring', 'acquired', 'restoring'] as const);
  const deadline = random.chance(0.5) ? now + random.below(5) * 1000 - 2000 : null;
  const expiresAt = random.chance(0.3) ? now + random.below(5) * 1000 - 2000 : null;
  const createdAt = now - random.below(4) * AGING_MS + 10;
  const request = { priority: random.below(10), deadline, expiresAt, camera: random.pick(['main', 'star']) };
  return makeCapture(order, { state, createdAt }, request);
}

describe('the order of work', () => {
  test('is a total order, and the next is its first', () => {
    for (let seed = 0; seed < 500; seed += 1) {
      const random = new Random(seed);
      const live = Array.from({ length: 8 }, (_, order) => randomCapture(random, order));
      for (const a of live) {
        for (const b of live) {
          expect(Math.sign(compareUrgency(a, b, now)) + Math.sign(compareUrgency(b, a, now))).toBe(0);
          for (const c of live) {
            if (compareUrgency(a, b, now) < 0 && compareUrgency(b, c, now) < 0) {
              expect(compareUrgency(a, c, now)).toBeLessThan(0);
            }
          }
        }
      }
      const sorted = [...live].sort((a, b) => compareUrgency(a, b, now));
      expect(queueOf(live).nextToRestore(now)).toBe(sorted.find(({ state }) => state === 'acquired') ?? null);
    }
  });

  test('priority, then deadline, then age', () => {
    const urgent = makeCapture(3, { createdAt: now }, { priority: 5 });
    const early = makeCapture(2, { createdAt: now }, { deadline: now + 10 });
    const old = makeCapture(0, { createdAt: now });
    const young = makeCapture(1, { createdAt: now });
    const sorted = [young, old, early, urgent].sort((a, b) => compareUrgency(a, b, now));
    expect(sorted).toEqual([urgent, early, old, young]);
  });

  test('none starves: the lowest comes before the highest after ten minutes', () => {
    const low = makeCapture(0, { createdAt: now }, { priority: 0 });
    const high = (at: number): Capture => makeCapture(1, { createdAt: at }, { priority: 9 });
    const after = (minutes: number): number => now + minutes * AGING_MS;
    expect(compareUrgency(low, high(after(8)), after(8))).toBeGreaterThan(0);
    expect(compareUrgency(low, high(after(10)), after(10))).toBeLessThan(0);
  });

  test('a camera gets what is for it, and nothing that is late', () => {
    for (let seed = 0; seed < 500; seed += 1) {
      const random = new Random(seed);
      const live = Array.from({ length: 8 }, (_, order) => randomCapture(random, order));
      const next = queueOf(live).nextToAcquire('main', now);
      if (next) expect(next).toMatchObject({ state: 'requested', request: { camera: 'main' } });
      const late = queueOf(live).overdue(now);
      for (const capture of late) expect(givesUpAt(capture)!).toBeLessThan(now);
      expect(late.includes(next!)).toBe(false);
    }
  });
});

describe('limits of the queue', () => {
  test('by count and by bytes', () => {
    const raw = { name: 'raw.jpg', bytes: 70, sha256: '', mime: '', width: null, height: null, present: true };
    const load = queueOf([makeCapture(1), makeCapture(2, { raw })]).load;
    expect(load).toEqual({ captures: 2, bytes: 70 });
    expect(refusal('all', load, { captures: 3, bytes: 100 })).toBeNull();
    expect(refusal('all', load, { captures: 2, bytes: 100 })).toBe('2 captures of all wait, and 2 may');
    expect(refusal('app', load, { captures: 3, bytes: 70 })).toMatch('70 bytes of raw frames of app wait');
  });
});

describe('frames that come unasked', () => {
  const waiting = [4, 2, 3].map((order) => makeCapture(order, { state: 'acquired' }));

  test('are taken while there is room', () => {
    expect(decidePush(queueOf(waiting).ofCamera('main'), 4, 'drop-newest')).toEqual({ take: true, drop: null });
    expect(decidePush(queueOf(waiting).ofCamera('star'), 1, 'drop-newest')).toEqual({ take: true, drop: null });
  });

  test('push out the oldest, wait, or go', () => {
    expect(decidePush(queueOf(waiting).ofCamera('main'), 3, 'drop-oldest-raw')).toMatchObject({
      take: true,
      drop: { order: 2 },
    });
    expect(decidePush(queueOf(waiting).ofCamera('main'), 3, 'block')).toEqual({ take: false, wait: true });
    expect(decidePush(queueOf(waiting).ofCamera('main'), 3, 'drop-newest')).toEqual({ take: false, wait: false });
  });

  test('never push out a frame that is being restored', () => {
    const busy = [makeCapture(1, { state: 'restoring' })];
    expect(decidePush(queueOf(busy).ofCamera('main'), 1, 'drop-oldest-raw')).toEqual({ take: false, wait: false });
  });
});
