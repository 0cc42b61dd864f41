import { describe, expect, it } from 'vitest';
import type { QuotaError } from '../lib/errors.js';
import { DEFAULT_LIMITS } from '../lib/store/options.js';
import type { AppLimits } from '../lib/store/options.js';
import { uuidOf } from './support/captures.js';
import { SimulatedStore } from './support/simulated-store.js';

const app = (limits: Partial<AppLimits>) => ({ app: { ...DEFAULT_LIMITS.app, ...limits } });

async function refusalOf(world: SimulatedStore, n: number, who = 'app', changes: object = {}): Promise<QuotaError> {
  try {
    await world.request(n, changes, who);
  } catch (error) {
    return error as QuotaError;
  }
  throw new Error(`request ${n} was taken`);
}

/** Each product of these tests, with its raw file, its thumbnail and its manifests, is more than 6000 bytes. */
const ONE = 6000;

describe('the limits of an app', () => {
  it('of captures that wait: says when the next of its own is done', async () => {
    const world = await SimulatedStore.open(app({ captures: 3 }));
    for (const n of [1, 2, 3]) await world.request(n);
    // Nothing is known of the pace yet: 8 s.
    expect(await refusalOf(world, 4)).toMatchObject({ code: 'QUOTA', retryAfterSeconds: 8 });
    for (let i = 0; i < 20; i += 1) {
      await world.acquire(1 + i);
      world.disk.advance(2000);
      await world.restore(1 + i);
      await world.request(4 + i);
    }
    const refused = await refusalOf(world, 30);
    expect(refused.message).toMatch(/3 captures of app app wait, and 3 may: wait until one is done/);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(3);
    // Others come before it.
    for (const n of [40, 41, 42]) await world.request(n, { priority: 9 }, 'beta');
    for (const n of [40, 41, 42]) await world.acquire(n);
    await world.acquire(21);
    expect((await refusalOf(world, 30)).retryAfterSeconds).toBeGreaterThanOrEqual(8);
  });

  it('of captures that wait: says when one is given up, where that is sooner', async () => {
    const world = await SimulatedStore.open(app({ captures: 1 }));
    await world.request(1, { deadlineMs: 3000 });
    world.disk.advance(1000);
    expect(await refusalOf(world, 2)).toMatchObject({ retryAfterSeconds: 2 });
    // That is true.
    world.disk.advance(2001);
    for (const { id } of world.store.queue.overdue(world.store.clock.now())) {
      await world.store.advance(id, { to: 'expired', reason: 'late' });
    }
    await world.request(2);
  });

  it('of bytes that are kept: what it has released goes, what it holds is told, others go on', async () => {
    const world = await SimulatedStore.open(app({ keptBytes: 3 * ONE }));
    for (const n of [1, 2, 3]) await world.storeWhole(n, { holdFor: n * 1000 });
    for (const n of [1, 2]) await world.request(20 + n, {}, 'beta');
    const held = await refusalOf(world, 4);
    expect(held.message).toMatch(/bytes of app app are kept, and 18000 may be: acknowledge/);
    expect(held.retryAfterSeconds).toBe(2);
    // Raw files go first; then nothing is left but what it holds.
    for (let i = 0; i < 3; i += 1) await world.store.tend();
    for (let n = 5; n < 15; n += 1) {
      if ((await world.request(n).catch((error: QuotaError) => error.code)) === 'QUOTA') break;
      await world.acquire(n);
      await world.restore(n);
    }
    for (let i = 0; i < 3; i += 1) await world.store.tend();
    const refused = await refusalOf(world, 30);
    expect(refused.retryAfterSeconds).toBeGreaterThan(900);
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(1002);
    // That is true as well.
    world.disk.advance(1000 * refused.retryAfterSeconds);
    for (let i = 0; i < 2; i += 1) await world.store.tend();
    await world.request(30);
    await world.request(23, {}, 'beta');
  });

  it('of captures that are kept: the oldest of its own that have ended go, and no other', async () => {
    const world = await SimulatedStore.open(app({ records: 100 }));
    await world.request(999, {}, 'beta');
    await world.store.cancel(uuidOf(999), 'beta');
    let refused = 0;
    for (let n = 0; n < 300; n += 1) {
      const capture = await world.request(n).catch(() => null);
      if (capture) await world.store.cancel(capture.id, 'app');
      else refused += 1;
      if (n % 5 === 4) await world.store.tend();
    }
    expect(refused).toBe(0);
    expect((await world.store.list({ app: 'app', limit: 1000 })).length).toBeLessThanOrEqual(100);
    expect(await world.store.get(uuidOf(299))).toBeDefined();
    expect(await world.store.get(uuidOf(999))).toBeDefined();
  });

  it('of captures of all apps: the oldest that have ended go', async () => {
    const world = await SimulatedStore.open({ records: 10 });
    for (let n = 0; n < 40; n += 1) {
      await world.request(n, {}, n % 2 === 0 ? 'alpha' : 'beta');
      await world.store.cancel(uuidOf(n), 'app');
      await world.store.tend();
    }
    expect((await world.store.list({ limit: 100 })).length).toBeLessThanOrEqual(10);
  });

  it('of captures that are kept takes stored ones too, once they are released', async () => {
    const world = await SimulatedStore.open(app({ records: 4 }));
    for (const n of [1, 2, 3, 4]) await world.storeWhole(n);
    expect((await refusalOf(world, 5)).message).toMatch(/4 captures of app app are kept, and 4 may be/);
    await world.store.ack(uuidOf(2), 'app');
    for (let i = 0; i < 3; i += 1) await world.store.tend();
    expect(await world.store.get(uuidOf(2))).toBeUndefined();
    await world.request(5);
    expect(await world.store.get(uuidOf(1))).toMatchObject({ retention: 'held', product: { present: true } });
  });

  it('of holds: at the request and later', async () => {
    const world = await SimulatedStore.open(app({ holdSeconds: 100 }));
    const refused = await refusalOf(world, 1, 'app', { holdFor: 101 });
    expect(refused).toMatchObject({ code: 'INVALID', message: expect.stringMatching(/101 s is longer .* 100 s: ask/) });
    await world.storeWhole(1, { holdFor: 100 });
    await expect(world.store.hold(uuidOf(1), 'app', 101)).rejects.toMatchObject({ code: 'INVALID' });
    await world.store.hold(uuidOf(1), 'app', 100);
  });

  it('are those of its name where it has some', async () => {
    const own = { ...DEFAULT_LIMITS.app, captures: 2 };
    const world = await SimulatedStore.open({ ...app({ captures: 1 }), apps: { beta: own } });
    await world.request(1);
    await refusalOf(world, 2);
    for (const n of [3, 4]) await world.request(n, {}, 'beta');
    await refusalOf(world, 5, 'beta');
  });
});
