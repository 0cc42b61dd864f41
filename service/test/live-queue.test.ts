import { describe, expect, it } from 'vitest';
import type { Capture } from '../lib/capture/capture.js';
import { LiveQueue } from '../lib/capture/live-queue.js';
import { AGING_MS, compareUrgency, givesUpAt } from '../lib/capture/scheduler.js';
import { makeCapture, uuidOf } from './support/captures.js';
import { Random } from './support/random.js';

const STATES = ['requested', 'acquiring', 'acquired', 'restoring'] as const;

function randomCapture(random: Random, order: number, now: number): Capture {
  const bytes = random.below(100);
  const raw = { name: 'raw.jpg', bytes, sha256: '', mime: '', width: null, height: null, present: true };
  const state = random.pick(STATES);
  const deadline = random.chance(0.5) ? now + random.below(20) * 10_000 : null;
  const request = { priority: random.below(10), deadline, camera: random.pick(['main', 'star']) };
  const app = random.pick(['alpha', 'beta']);
  const createdAt = now - random.below(3 * AGING_MS);
  return makeCapture(order, { state, createdAt, app, raw: random.chance(0.5) ? raw : null }, request);
}

/** What the queue must say of these, by looking at all of them. */
function expectRight(queue: LiveQueue, all: readonly Capture[], now: number): void {
  const ids = (captures: Iterable<Capture | null>): unknown[] => [...captures].map((capture) => capture?.id);
  const sorted = [...all].sort((a, b) => compareUrgency(a, b, now));
  const late = (capture: Capture): boolean => (givesUpAt(capture) ?? now) < now;
  expect(ids(queue.all())).toEqual(ids([...all].sort((a, b) => a.order - b.order)));
  expect(ids(queue.toRestore(now))).toEqual(ids(sorted.filter(({ state }) => state === 'acquired')));
  expect(ids([queue.nextToRestore(now)])).toEqual(ids([sorted.find(({ state }) => state === 'acquired') ?? null]));
  for (const camera of ['main', 'star']) {
    const wanted = sorted.filter(({ state, request }) => state === 'requested' && request.camera === camera);
    expect(ids(queue.requestedOf(camera, now))).toEqual(ids(wanted));
    const next = wanted.find((capture) => !late(capture) && capture.order % 2 === 0);
    expect(queue.nextToAcquire(camera, now, ({ order }) => order % 2 === 0)?.id).toBe(next?.id);
    expect(queue.cameras.includes(camera)).toBe(wanted.length > 0);
  }
  const overdue = all.filter((capture) => ['requested', 'acquiring'].includes(capture.state) && late(capture));
  expect(new Set(ids(queue.overdue(now)))).toEqual(new Set(ids(overdue)));
  for (const state of STATES) expect(queue.count(state)).toBe(all.filter((capture) => capture.state === state).length);
  for (const app of ['alpha', 'beta']) {
    const own = all.filter((capture) => capture.app === app);
    const bytes = own.reduce((sum, { raw }) => sum + (raw?.bytes ?? 0), 0);
    expect(queue.loadOf(app)).toEqual({ captures: own.length, bytes });
  }
  expect(queue.load.captures).toBe(all.length);
}

describe('LiveQueue', () => {
  it('says the same as looking at all captures, whatever happens to them and however long they wait', () => {
    for (let seed = 0; seed < 150; seed += 1) {
      const random = new Random(seed);
      const queue = new LiveQueue();
      const all = new Map<string, Capture>();
      let now = 10_000_000;
      for (let i = 0; i < 40; i += 1) {
        const order = random.below(12);
        const capture = randomCapture(random, order, now);
        if (random.chance(0.25)) {
          queue.remove(uuidOf(order));
          all.delete(uuidOf(order));
        } else {
          queue.put(capture);
          all.set(capture.id, capture);
        }
        now += random.below(random.pick([10, AGING_MS, 5 * AGING_MS]));
        if (i % 4 === 0) expectRight(queue, [...all.values()], now);
      }
    }
  });
});
