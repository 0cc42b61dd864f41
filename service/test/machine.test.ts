import { describe, expect, test } from 'vitest';
import { STATES } from '../lib/capture/capture.js';
import type { Capture, CaptureState } from '../lib/capture/capture.js';
import { isTerminal, mark, mayGo, step } from '../lib/capture/machine.js';
import type { Moment } from '../lib/clock.js';
import type { CaptureChange } from '../lib/capture/machine.js';
import { makeCapture } from './support/captures.js';
import { Random } from './support/random.js';

const file = {
  name: 'raw.jpg',
  bytes: 3,
  sha256: 'a'.repeat(64),
  mime: 'image/jpeg',
  width: 4,
  height: 3,
  present: true,
};
const facts = {
  level: 'network',
  levelReason: 'in time',
  model: null,
  product: file,
  thumbnail: null,
  report: {},
} as const;

/** A moment by both clocks. */
const at = (service: number): Moment => ({ service, wall: service + 1_000_000 });

/** A change to each state. */
const changes: Record<CaptureState, CaptureChange> = {
  requested: { to: 'requested', reason: 'the camera hung' },
  acquiring: { to: 'acquiring' },
  acquired: { to: 'acquired', raw: file, acquiredAt: 7 },
  restoring: { to: 'restoring' },
  stored: { to: 'stored', facts },
  rejected: { to: 'rejected', reason: 'no' },
  failed: { to: 'failed', reason: 'no' },
  expired: { to: 'expired', reason: 'late' },
  cancelled: { to: 'cancelled', reason: 'asked' },
};

describe('the state machine', () => {
  test('every pair of states has a step or an error that names both', () => {
    for (const from of STATES) {
      for (const to of STATES) {
        const capture = makeCapture(1, { state: from });
        const attempt = (): unknown => step(capture, changes[to], at(5));
        if (mayGo(from, to)) expect(step(capture, changes[to], at(5)).capture.state).toBe(to);
        else expect(attempt).toThrow(new RegExp(`is ${from} and cannot become ${to}: `));
        expect(capture.state).toBe(from);
      }
    }
  });

  test('exactly five states are final', () => {
    expect(STATES.filter(isTerminal)).toEqual(['stored', 'rejected', 'failed', 'expired', 'cancelled']);
  });

  test('random walks end in one terminal state, once, and count what they did', () => {
    for (let seed = 0; seed < 2000; seed += 1) {
      const random = new Random(seed);
      const seen: CaptureState[] = [];
      let capture: Capture = makeCapture(1);
      while (!isTerminal(capture.state)) {
        const to = random.pick(STATES.filter((state) => mayGo(capture.state, state)));
        capture = step(capture, changes[to], at(seen.length)).capture;
        seen.push(to);
      }
      expect(seen.filter(isTerminal)).toHaveLength(1);
      expect(capture.attempts).toBe(seen.filter((state) => state === 'acquiring').length);
      expect(capture.restorations).toBe(seen.filter((state) => state === 'restoring').length);
      if (capture.state === 'stored') expect(capture).toMatchObject({ level: 'network', retention: 'held', raw: file });
    }
  });

  test('a stored capture says until when it is held', () => {
    const restoring = makeCapture(1, { state: 'restoring' }, { holdForSeconds: 10 });
    expect(step(restoring, changes.stored, at(5000)).capture).toMatchObject({
      storedAt: 1_005_000,
      holdUntil: 15_000,
      times: { ended: 5000 },
    });
  });

  test('going back into the queue keeps the frame and says why', () => {
    const restoring = makeCapture(1, { state: 'restoring', raw: file, acquiredAt: 3 });
    const back = step(restoring, { to: 'acquired', reason: 'restart' }, at(9)).capture;
    expect(back).toMatchObject({ state: 'acquired', raw: file, acquiredAt: 3, reason: 'restart' });
  });
});

describe('marks of a stored capture', () => {
  const stored = makeCapture(1, { state: 'stored', retention: 'held' });

  test('acknowledging releases, once', () => {
    const acked = mark(stored, 'acked');
    expect(acked?.capture).toMatchObject({ acked: true, retention: 'released' });
    expect(mark(acked!.capture, 'acked')).toBeNull();
    expect(mark(acked!.capture, 'released')).toBeNull();
  });

  test('an evicted product stays evicted', () => {
    const evicted = mark(mark(stored, 'released')!.capture, 'evicted')!.capture;
    expect(() => mark(stored, 'evicted')).toThrow(/is held: only a released product/);
    expect(mark(evicted, 'released')).toBeNull();
    expect(mark(evicted, 'evicted')).toBeNull();
    expect(mark(evicted, 'acked')?.capture).toMatchObject({ acked: true, retention: 'evicted' });
  });

  test('what is not stored has none', () => {
    expect(() => mark(makeCapture(1), 'acked')).toThrow('is requested: only a stored one can be acknowledged');
  });
});
