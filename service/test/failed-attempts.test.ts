import { chmod, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailedAttempts } from '../lib/engine/failed-attempts.js';
import { Bench, camera } from './support/engine.js';

describe('attempts that have failed', () => {
  it('say when the next pause is over', () => {
    let now = 1000;
    const failed = new FailedAttempts({ monotonic: () => now });
    expect(failed.msToNext).toBe(Number.POSITIVE_INFINITY);
    failed.add('a');
    expect(failed.add('a')).toBe(2);
    expect(failed.msToNext).toBe(1000);
    now += 100;
    failed.add('b');
    expect(failed.msToNext).toBe(500);
    now += 500;
    expect(failed.isPaused('b')).toBe(false);
    expect(failed.msToNext).toBe(400);
    now += 400;
    expect(failed.msToNext).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a restoration that fails before it begins', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.make();
  });
  afterEach(() => bench.remove());
  const passed = { camera: 'nadir', levels: ['pass-through'], output: { format: 'jpeg' } };

  it('is tried again as soon as its pause is over, where nothing else waits', async () => {
    const asked = vi.spyOn(bench.io, 'sleep');
    await bench.start([camera('nadir', bench.replay())]);
    const { store } = bench;
    const begin = store.beginProduct;
    const tried: number[] = [];
    store.beginProduct = (...wanted) => {
      tried.push(asked.mock.calls.length);
      return tried.length === 1 ? Promise.reject(new Error('simulated')) : begin.apply(store, wanted);
    };
    expect(await bench.ended(await bench.request(passed))).toMatchObject({ state: 'stored' });
    const between = asked.mock.calls.slice(tried[0], tried[1]).map(([milliseconds]) => milliseconds);
    // What expires is looked for each 250 ms; the cameras, which wait as well, do so for 1000 ms.
    const pauses = between.filter((milliseconds) => milliseconds > 0 && milliseconds !== 250);
    expect(Math.min(...pauses)).toBeLessThanOrEqual(500);
  });

  it('is tried again after pauses, ever longer, where a stored product is to be made anew', async () => {
    await bench.start([camera('nadir', bench.replay())]);
    const { store } = bench;
    const capture = await bench.ended(await bench.request(passed));
    let tries = 0;
    const begin = store.beginRepair;
    store.beginRepair = (...wanted) => {
      tries += 1;
      return tries <= 2 ? Promise.reject(new Error('simulated')) : begin.apply(store, wanted);
    };
    const path = store.pathOf(capture, 'product');
    await chmod(path, 0o640);
    await writeFile(path, 'rays');
    await store.scrub();
    expect(store.needsRepair(capture.id)).toBe(true);
    await expect.poll(() => tries, { timeout: 10_000 }).toBe(1);
    await sleep(100);
    expect(tries).toBe(1);
    const again = await bench.until(capture.id, ({ product }) => product!.name !== capture.product!.name);
    expect(again).toMatchObject({ state: 'stored', product: { sha256: capture.product!.sha256 } });
    expect(tries).toBe(3);
    expect(store.needsRepair(capture.id)).toBe(false);
  });
});
