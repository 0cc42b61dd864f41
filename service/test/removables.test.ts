import { describe, expect, it } from 'vitest';
import type { Capture } from '../lib/capture/capture.js';
import { Catalogue } from '../lib/store/catalogue.js';
import { DEFAULT_LIMITS } from '../lib/store/options.js';
import type { StoreLimits } from '../lib/store/options.js';
import { planRemovals } from '../lib/store/retention.js';
import { makeCapture, uuidOf } from './support/captures.js';
import { Random } from './support/random.js';

const LIMITS: StoreLimits = { ...DEFAULT_LIMITS, quotaBytes: 3000, minFreeBytes: 0, records: 20 };
const most = { keptBytes: 1500, records: 12 };
const DAY_MS = 86_400_000;

function randomCapture(random: Random, order: number, now: number): Capture {
  const state = random.pick(['acquired', 'stored', 'stored', 'stored', 'failed', 'cancelled'] as const);
  const retention = state === 'stored' ? random.pick(['held', 'released', 'evicted'] as const) : null;
  const file = (name: string, present: boolean) => ({
    ...{ name, bytes: 100, sha256: '', mime: '', width: null, height: null, present },
  });
  const product = state === 'stored' ? file('restored.png', retention !== 'evicted') : null;
  const raw = state === 'cancelled' ? null : file('raw.jpg', random.chance(0.7));
  const times = { created: now, ended: state === 'acquired' ? null : now - random.below(40) * DAY_MS };
  const holdUntil = retention === null ? null : now + random.below(1000);
  const facts = { state, retention, product, raw, times, holdUntil, app: random.pick(['alpha', 'beta']) };
  return makeCapture(order, facts, { priority: random.below(10) });
}

/** A catalogue of some captures, and the same after they have changed again and again. */
function catalogueOf(captures: Iterable<Capture>): Catalogue {
  const catalogue = new Catalogue();
  for (const capture of captures) catalogue.put({ capture, manifestBytes: 10 });
  return catalogue;
}

function planOf(catalogue: Catalogue, now: number, count: number) {
  const apps = catalogue.apps.map(([, share]) => ({ ...share, most }));
  return planRemovals({ ...catalogue.all, limits: LIMITS, now, freeBytes: 1e9, apps }, count);
}

describe('what goes', () => {
  it('is the same however it came to be, bounded, and nothing that is held or waits', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const random = new Random(seed);
      const now = 1000 * DAY_MS;
      const last = new Map<string, Capture>();
      const changed = new Catalogue();
      for (let i = 0; i < 60; i += 1) {
        const capture = randomCapture(random, random.below(30), now);
        const app = last.get(capture.id)?.app ?? capture.app;
        const { priority } = (last.get(capture.id) ?? capture).request;
        const next = { ...capture, app, request: { ...capture.request, priority } };
        last.set(capture.id, next);
        const entry = changed.put({ capture: next, manifestBytes: 10 });
        if (random.chance(0.1)) {
          changed.remove(entry);
          last.delete(next.id);
        }
      }
      const names = (catalogue: Catalogue, count: number) =>
        planOf(catalogue, now, count).map(({ entry, what }) => `${what} ${entry.order}`);
      const all = names(changed, 1000);
      const sorted = [...last.values()].sort((a, b) => a.order - b.order);
      expect(all.sort()).toEqual(names(catalogueOf(sorted), 1000).sort());
      expect(names(changed, 5).length).toBe(Math.min(5, all.length));
      expect(new Set(all).size).toBe(all.length);
      for (const { entry, what } of planOf(changed, now, 1000)) {
        expect(entry.live).toBeNull();
        if (what !== 'raw') expect(entry.retention).not.toBe('held');
      }
      expect(changed.entries.map(({ order }) => order)).toEqual(sorted.map(({ order }) => order));
      for (const { order, id } of sorted) expect(changed.at(order)?.id).toBe(id);
      expect(changed.find(uuidOf(77))).toBeUndefined();
    }
  });

  it('is what an app has too much of, and nothing of another app', () => {
    const file = { name: 'restored.png', bytes: 500, sha256: '', mime: '', width: 1, height: 1, present: true };
    const times = { created: 0, ended: 1000 };
    const stored = (order: number, app: string): Capture =>
      makeCapture(order, { app, state: 'stored', retention: 'released', product: file, times, holdUntil: 5 });
    const catalogue = catalogueOf([stored(1, 'beta'), stored(2, 'alpha'), stored(3, 'alpha'), stored(4, 'alpha')]);
    expect(planOf(catalogue, 2000, 10).map(({ entry }) => entry.order)).toEqual([2]);
  });
});
