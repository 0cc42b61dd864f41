import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { IntegrityError } from 'perifocal';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Restorers } from '../lib/engine/restorers.js';
import { FullError } from '../lib/errors.js';
import type { LoopLag } from '../lib/limits/loop-lag.js';
import { camerasOf } from '../lib/parts/cameras.js';
import type { Housekeeping } from '../lib/parts/housekeeping.js';
import { probesOf } from '../lib/parts/probes.js';
import { ANY_SIZE, Bench, camera, exec, picture } from './support/engine.js';

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.make();
});
afterEach(() => bench.remove());

const standing = {
  app: 'payload',
  priority: 4,
  levels: ['pass-through'],
  output: { format: 'jpeg' },
  deadlineMs: null,
  holdForSeconds: 60,
} as const;
const passed = { camera: 'nadir', levels: ['pass-through'], output: { format: 'jpeg' } };

const until = async (isTrue: () => boolean | Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 400 && !(await isTrue()); i += 1) await sleep(25);
  expect(await isTrue()).toBe(true);
};

describe('the watchdog', () => {
  const answers = (): string[] => {
    const { io, store, engine } = bench;
    const probes = probesOf(io, store, engine, { silentSeconds: 0 } as Housekeeping, { p99Seconds: 0 } as LoopLag);
    return Object.entries(probes).flatMap(([name, probe]) => (probe() === null ? [] : [name]));
  };

  it('does not mind a camera that takes its time or hangs, but a loop that does not come back', async () => {
    await bench.start([
      camera('nadir', exec('sleep', '60'), { timeoutSeconds: 300 }),
      camera('zenith', bench.replay()),
    ]);
    const id = await bench.request({ camera: 'nadir', levels: ['pass-through'] });
    await until(async () => (await bench.store.get(id))!.state === 'acquiring');
    bench.disk.passed = 305_000;
    // The other camera has nothing to do and says so every second.
    await until(() => bench.engine.cameras.get('zenith')!.overdueSeconds < 100);
    expect(answers().filter((name) => name === 'camera nadir')).toEqual([]);
    bench.disk.passed = 440_000;
    expect(answers()).toContain('camera nadir');
    await bench.store.cancel(id, 'app');
    await until(() => !answers().includes('camera nadir'));
  });
});

describe('a disk that fails', () => {
  it.each([
    ['is full when a product is committed', 'fullAt'],
    ['loses what was synced', 'lostAt'],
  ] as const)('%s: the capture is restored once it works again', async (_, fault) => {
    await bench.start([camera('nadir', bench.replay())]);
    bench.disk[fault] = fault === 'fullAt' ? 'manifest' : 'draft-';
    const id = await bench.request(passed);
    await until(() => bench.disk.failures > 0);
    bench.disk[fault] = null;
    await bench.store.tend();
    const capture = await bench.ended(id);
    expect(capture).toMatchObject({ state: 'stored', level: 'pass-through' });
  });

  it('does not take the step back: it is made up for', async () => {
    await bench.start([camera('nadir', bench.replay())]);
    const { advance } = bench.store;
    let refused = 0;
    bench.disk.fullAt = 'manifest';
    bench.store.advance = async (id, change) => {
      if (change.to !== 'acquired' || refused++ >= 2) return advance.call(bench.store, id, change);
      throw new FullError('The disk is full: simulated', { cause: new Error('ENOSPC') });
    };
    bench.store.discard = (draft, reason) => bench.store.advance(draft.id, { to: 'acquired', reason });
    const id = await bench.request(passed);
    await until(() => refused > 0);
    bench.disk.fullAt = null;
    await bench.store.tend();
    expect(await bench.ended(id)).toMatchObject({ state: 'stored' });
  });

  it('is full when a frame comes: that is no failure of the camera', async () => {
    await bench.start([camera('nadir', bench.replay(), { attempts: 1 })]);
    Object.assign(bench.disk, { fullAt: '/inbox/', freeBytes: 0 });
    const id = await bench.request(passed);
    await until(() => bench.disk.failures > 0);
    expect((await bench.store.get(id))!.state).not.toBe('failed');
    // The engine still asks how much is free: with room, the frame would be one that can never fit.
    bench.disk.fullAt = null;
    expect(await bench.ended(id)).toMatchObject({ state: 'stored' });
    expect(bench.engine.restarts).toBe(0);
  });

  it('does not take that a camera has failed: it is tried again', async () => {
    await bench.start([camera('nadir', exec('false'), { attempts: 1 })]);
    const { advance } = bench.store;
    let refused = 0;
    bench.store.advance = async (id, change) => {
      if (change.to !== 'failed' || refused++ > 0) return advance.call(bench.store, id, change);
      throw new FullError('The disk is full: simulated');
    };
    expect(await bench.ended(await bench.request(passed))).toMatchObject({ state: 'failed' });
  });

  it('is full when a frame comes unasked: the frame stays where it is and is taken later', async () => {
    Object.assign(bench.disk, { fullAt: '/inbox/', freeBytes: 0 });
    await bench.start([camera('nadir', bench.watch(), { standing })]);
    await until(() => bench.disk.failures > 1);
    expect(await readdir(bench.path('frames'))).toEqual(['1.jpg']);
    expect(await bench.store.list({ state: 'failed', limit: 10 })).toEqual([]);
    Object.assign(bench.disk, { fullAt: null, freeBytes: null });
    await until(async () => (await bench.store.list({ state: 'stored', limit: 10 })).length === 1);
    expect(await readdir(bench.path('frames'))).toEqual([]);
    expect(await bench.store.list({ limit: 10 })).toHaveLength(1);
  });
});

describe('a camera', () => {
  it('may leave a folder where its frame is to be', async () => {
    await bench.start([camera('nadir', exec('mkdir', '{path}'), { attempts: 1 }), camera('other', bench.replay())]);
    expect(await bench.ended(await bench.request(passed))).toMatchObject({ state: 'failed' });
    expect(await bench.ended(await bench.request({ ...passed, camera: 'other' }))).toMatchObject({ state: 'stored' });
    expect(await readdir(bench.path('store/inbox'))).toEqual([]);
  });

  it('is not opened anew because a capture is cancelled', async () => {
    await bench.start([camera('nadir', exec('sleep', '60'))]);
    const id = await bench.request(passed);
    await bench.until(id, ({ state }) => state === 'acquiring');
    await bench.store.cancel(id, 'app');
    const late = await bench.request({ ...passed, expiresAt: Date.now() + 600 });
    expect(await bench.ended(late)).toMatchObject({ state: 'expired' });
    await sleep(200);
    expect(bench.engine.restarts).toBe(0);
  });
});

it('gives no app a frame that another one has pushed, but for those that may', async () => {
  const push = { driver: 'push', ...ANY_SIZE } as const;
  await bench.start([camera('nadir', push, { standing }), camera('front', push, { pushers: ['daemon'] })]);
  const cameras = camerasOf(bench.engine, bench.store);
  const frame = await picture();
  const send = (id: string, app: string | null) => {
    const bytes = (async function* () {
      yield frame;
    })();
    return cameras.push(id, { app, captureId: null, bytes, signal: new AbortController().signal });
  };
  const id = await bench.request({ ...passed, camera: 'front' });
  await bench.until(id, ({ state }) => state === 'acquiring');
  await expect(send('front', 'stranger')).rejects.toMatchObject({ code: 'STATE' });
  await expect(send('nadir', 'stranger')).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await send('front', 'daemon')).toEqual({ captureId: id });
  await send('nadir', 'payload');
});

it('tells no camera program of the watchdog', async () => {
  process.env.NOTIFY_SOCKET = '/nowhere';
  await bench.start([camera('nadir', exec('sh', '-c', 'echo "[$NOTIFY_SOCKET]" >&2; exit 1'), { attempts: 1 })]);
  const { reason } = await bench.ended(await bench.request(passed));
  delete process.env.NOTIFY_SOCKET;
  expect(reason).toContain('it said: []');
});

it('keeps the older frame until the newer one is safe', async () => {
  await bench.start([
    camera('nadir', { driver: 'push', ...ANY_SIZE }, { standing, queue: 1, overflow: 'drop-oldest-raw' }),
  ]);
  const { store } = bench;
  // Nothing is restored meanwhile.
  store.beginProduct = async () => Promise.reject(new FullError('not now'));
  const nadir = bench.engine.cameras.get('nadir')!;
  const push = (bytes: Uint8Array): Promise<string> =>
    nadir.push({
      captureId: null,
      app: null,
      bytes: (async function* () {
        yield bytes;
      })(),
      signal: new AbortController().signal,
    });
  const old = await push(await picture());
  await expect(push(Buffer.from('no frame'))).rejects.toThrow(/only a part of a frame/);
  expect((await store.get(old))!.state).toBe('acquired');
  const [one, two] = await Promise.all([push(await picture(2)), push(await picture(3))]);
  await until(() => store.live().length === 1);
  expect((await store.get(old))!.state).toBe('failed');
  expect([one, two]).toContain(store.live()[0]!.id);
});

describe('a restoration whose result cannot be trusted', () => {
  afterEach(() => void vi.restoreAllMocks());

  /** Makes the first restorations fail their checks. */
  function fail(count: number): void {
    let left = count;
    const restore = Restorers.prototype.restore;
    vi.spyOn(Restorers.prototype, 'restore').mockImplementation(function (this: Restorers, ...asked) {
      if (left-- > 0) return Promise.reject(new IntegrityError('it fails its checks'));
      return restore.apply(this, asked);
    });
  }

  it.each([
    [1, 'deconvolve', { found: 1, healed: 1, lost: 0 }],
    [3, 'pass-through', { found: 3, healed: 0, lost: 3 }],
  ] as const)('is made again, %i times failed, and is %s at last', async (count, level, faults) => {
    fail(count);
    await bench.start([camera('nadir', bench.replay())]);
    const levels = ['deconvolve', 'pass-through'];
    const id = await bench.request({ camera: 'nadir', levels, output: { format: 'jpeg' } });
    expect((await bench.ended(id)).level).toBe(level);
    expect(bench.engine.faults).toMatchObject(faults);
  });
});
