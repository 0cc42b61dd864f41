import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DriverOptions } from '../lib/drivers/open.js';
import { Bench, ENGINE, SIZE, camera, exec, picture } from './support/engine.js';

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.make();
});
afterEach(() => bench.remove());

const standing = {
  app: 'payload',
  priority: 4,
  levels: ['network', 'network-small', 'deconvolve', 'pass-through'],
  output: { format: 'png' },
  deadlineMs: null,
  holdForSeconds: 60,
} as const;

describe('the engine', () => {
  it('makes a product anew that has gone bad', async () => {
    await bench.start([camera('nadir', bench.replay())]);
    const capture = await bench.ended(await bench.request({ camera: 'nadir', deadlineMs: 60_000 }));
    const path = bench.store.pathOf(capture, 'product');
    await chmod(path, 0o640);
    await writeFile(path, 'rays');
    await bench.store.scrub();
    const again = await bench.until(capture.id, ({ product }) => product!.name !== capture.product!.name);
    expect(again).toMatchObject({ state: 'stored', level: 'network', product: { sha256: capture.product!.sha256 } });
    expect(bench.store.pathOf(again, 'product')).toMatch(/restored\.2\.png$/);
  });

  it('restores a frame by the network, with a thumbnail', async () => {
    await bench.start([camera('nadir', bench.replay())]);
    const capture = await bench.ended(await bench.request({ camera: 'nadir' }));
    expect(capture).toMatchObject({ state: 'stored', level: 'network', levelReason: 'no deadline' });
    expect(capture.model).toMatchObject({ name: 'eo-defocus-small', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(capture.product).toMatchObject({ mime: 'image/png', ...SIZE });
    expect(capture.report).toMatchObject({ operation: 'restore', method: 'network' });
    const product = await sharp(bench.store.pathOf(capture, 'product')).metadata();
    expect(product).toMatchObject({ format: 'png', ...SIZE });
    const thumbnail = await sharp(bench.store.pathOf(capture, 'thumbnail')).metadata();
    expect(thumbnail).toMatchObject({ format: 'jpeg', ...SIZE });
    expect(await readFile(bench.store.pathOf(capture, 'raw'))).toEqual(await readFile(bench.path('frames/1.jpg')));
  });

  it.each(['jpeg', 'webp', 'tiff', 'fits'])('writes %s', async (format) => {
    await bench.start([camera('nadir', bench.replay())]);
    const quality = format === 'jpeg' ? { quality: 50 } : {};
    const capture = await bench.ended(await bench.request({ camera: 'nadir', output: { format, ...quality } }));
    expect(capture).toMatchObject({ state: 'stored', product: { mime: `image/${format}` } });
  });

  it('passes a frame through byte for byte where that is all that is wanted', async () => {
    await bench.start([camera('nadir', bench.replay())]);
    const body = { camera: 'nadir', levels: ['pass-through'], output: { format: 'jpeg' } };
    const capture = await bench.ended(await bench.request(body));
    expect(capture).toMatchObject({ level: 'pass-through', model: null, report: { operation: 'pass-through' } });
    const [raw, product] = await Promise.all(
      (['raw', 'product'] as const).map((what) => readFile(bench.store.pathOf(capture, what))),
    );
    expect(product).toEqual(raw);
  });

  it('passes a frame through in its own format where it cannot have the one wanted', async () => {
    await bench.start([camera('nadir', bench.replay())]);
    const body = { camera: 'nadir', levels: ['pass-through'], output: { format: 'fits' } };
    const capture = await bench.ended(await bench.request(body));
    expect(capture).toMatchObject({ state: 'stored', product: { mime: 'image/jpeg' } });
  });

  it('goes down where there is no time, and says so', async () => {
    await bench.start([camera('nadir', bench.replay())]);
    const late = await bench.ended(await bench.request({ camera: 'nadir', deadlineMs: 40 }));
    // It may be too late even for its acquisition.
    if (late.state === 'stored') expect(late.level).not.toBe(null);
    else expect(late.state).toBe('expired');
  });

  it('takes the next level where one fails: a frame that cannot be decoded is passed through', async () => {
    const bytes = await picture();
    bytes.fill(0, 200, bytes.length - 2);
    await writeFile(bench.path('frames/1.jpg'), bytes);
    await bench.start([camera('nadir', bench.replay())]);
    const capture = await bench.ended(await bench.request({ camera: 'nadir', output: { format: 'jpeg' } }));
    if (capture.state === 'stored') expect(capture).toMatchObject({ level: 'pass-through' });
    else expect(capture.reason).toBeTruthy();
    expect(['stored', 'failed']).toContain(capture.state);
  });

  it('fails where all that is allowed fails, and passes nothing through', async () => {
    await writeFile(bench.path('frames/1.jpg'), await picture(1, { width: 15, height: 15 }));
    const deconvolve = { psf: 'disk:9', method: 'wiener' } as const;
    await bench.start([camera('nadir', bench.replay())], { levels: { ...ENGINE.levels, deconvolve } });
    const capture = await bench.ended(await bench.request({ camera: 'nadir', levels: ['deconvolve'] }));
    expect(capture).toMatchObject({ state: 'failed', product: null, reason: expect.stringMatching(/failed 3 times/) });
  });

  it('remembers how long levels take', async () => {
    await bench.start([camera('nadir', bench.replay())]);
    await bench.ended(await bench.request({ camera: 'nadir' }));
    await bench.until(await bench.request({ camera: 'nadir' }), ({ state }) => state === 'stored');
    await sleep(50);
    await bench.stop();
    await bench.start([camera('nadir', bench.replay())]);
    expect(bench.engine.pace.memo.rates.network!.count).toBeGreaterThan(0);
  });

  it('only passes frames through while the board is too hot', async () => {
    await mkdir(join(bench.thermal, 'thermal_zone0'), { recursive: true });
    await writeFile(join(bench.thermal, 'thermal_zone0/temp'), '90000\n');
    await bench.start([camera('nadir', bench.replay())]);
    const capture = await bench.ended(await bench.request({ camera: 'nadir', output: { format: 'jpeg' } }));
    expect(capture).toMatchObject({ level: 'pass-through', levelReason: 'the board is too hot' });
  });
});

describe('acquisition', () => {
  it('tries again, then says what the camera said', async () => {
    await bench.start([camera('nadir', exec('sh', '-c', 'echo shutter stuck >&2; exit 9'))]);
    const capture = await bench.ended(await bench.request({ camera: 'nadir' }));
    expect(capture).toMatchObject({ state: 'failed', attempts: 2 });
    expect(capture.reason).toMatch(/ended with code 9; it said: shutter stuck/);
    expect(bench.engine.cameras.get('nadir')!.health()).toMatchObject({ healthy: false });
  });

  it('rejects what the camera refuses, at once, and does not blame the camera', async () => {
    await bench.start([camera('nadir', exec('sh', '-c', 'echo gain is 3: give 1 or 2 >&2; exit 64'))]);
    const capture = await bench.ended(await bench.request({ camera: 'nadir', params: { gain: 3 } }));
    expect(capture).toMatchObject({ state: 'rejected', attempts: 1, reason: expect.stringMatching(/give 1 or 2/) });
    expect(bench.engine.cameras.get('nadir')!.health()).toMatchObject({ healthy: true });
  });

  it('rejects what asks for a camera or a level that is not configured any more', async () => {
    await bench.start([camera('nadir', bench.replay())], { levels: { ...ENGINE.levels, network: null } });
    const stray = await bench.ended(await bench.request({ camera: 'zenith' }));
    expect(stray).toMatchObject({ state: 'rejected', reason: expect.stringMatching(/no camera zenith any more/) });
    const capture = await bench.ended(await bench.request({ camera: 'nadir', levels: ['network'] }));
    expect(capture).toMatchObject({
      state: 'rejected',
      attempts: 0,
      reason: expect.stringMatching(/allow one of them/),
    });
  });

  it('gives up a camera that hangs', async () => {
    await bench.start([camera('nadir', exec('sleep', '60'), { timeoutSeconds: 0.2, attempts: 1 })]);
    const capture = await bench.ended(await bench.request({ camera: 'nadir' }));
    expect(capture).toMatchObject({ state: 'failed', reason: expect.stringMatching(/nothing within 0.2 s/) });
  });

  it('lets a capture expire that gets no frame in time', async () => {
    await bench.start([camera('nadir', exec('sleep', '60'), { timeoutSeconds: 30 })]);
    const begun = Date.now();
    const capture = await bench.ended(await bench.request({ camera: 'nadir', expiresAt: begun + 300 }));
    expect(capture.state).toBe('expired');
    expect(Date.now() - begun).toBeLessThan(2000);
  });

  it.each([
    ['forward', 1],
    ['back', -1],
  ])('does not mind a wall clock that is set %s by a year while a frame is taken', async (_, way) => {
    await bench.start([camera('nadir', exec('sh', '-c', `sleep 0.4; cat ${bench.path('frames/1.jpg')}`))]);
    const id = await bench.request({ camera: 'nadir', deadlineMs: 60_000, expiresAt: Date.now() + 60_000 });
    await bench.until(id, ({ state }) => state === 'acquiring');
    bench.disk.setForward = way * 366 * 86_400_000;
    expect(await bench.ended(id)).toMatchObject({ state: 'stored', levelReason: 'in time', retention: 'held' });
  });

  it('ends what is cancelled, and goes on with the next', async () => {
    await bench.start([camera('nadir', exec('sh', '-c', `sleep 0.4; cat ${bench.path('frames/1.jpg')}`))]);
    const id = await bench.request({ camera: 'nadir' });
    await bench.until(id, ({ state }) => state === 'acquiring');
    await bench.store.cancel(id, 'app');
    const next = await bench.ended(await bench.request({ camera: 'nadir' }));
    expect(next.state).toBe('stored');
    expect((await bench.store.get(id))!.state).toBe('cancelled');
    expect(await readdir(bench.path('store/inbox'))).toEqual([]);
  });

  it('works on other cameras while one hangs', async () => {
    await bench.start([camera('bad', exec('sleep', '60')), camera('good', bench.replay())]);
    const bad = await bench.request({ camera: 'bad' });
    const good = await bench.ended(await bench.request({ camera: 'good' }));
    expect(good.state).toBe('stored');
    expect((await bench.store.get(bad))!.state).toBe('acquiring');
  });
});

describe('frames that come unasked', () => {
  it('become captures of their own, and leave their folder', async () => {
    await bench.start([camera('nadir', bench.watch(), { standing })]);
    for (let i = 0; i < 100 && bench.store.lastSeq < 5; i += 1) await sleep(50);
    const [capture] = await bench.store.list({ limit: 1 });
    const stored = await bench.ended(capture!.id);
    expect(stored).toMatchObject({ state: 'stored', app: 'payload' });
    expect(await readdir(bench.path('frames'))).toEqual([]);
  });

  it.each([
    ['drop-newest', 'droppedNewest'],
    ['drop-oldest-raw', 'droppedOldest'],
  ] as const)('are bounded: %s', async (overflow, counted) => {
    const settings = { standing, queue: 2, overflow };
    // No product is stored meanwhile, so that frames wait however slow the machine is.
    bench.disk.lostAt = 'draft-';
    await bench.start([camera('nadir', bench.replay({ everySeconds: 0.03 }), settings)]);
    const nadir = bench.engine.cameras.get('nadir')!;
    await expect.poll(() => nadir.counts[counted], { timeout: 30_000 }).toBeGreaterThan(0);
    expect(bench.store.live().length).toBeLessThanOrEqual(3);
  });

  it('wait in their folder: block', async () => {
    for (let i = 2; i < 8; i += 1) await writeFile(bench.path(`frames/${i}.jpg`), await picture(i));
    await bench.start([camera('nadir', bench.watch(), { standing, queue: 2, overflow: 'block' })]);
    for (let i = 0; i < 400 && (await readdir(bench.path('frames'))).length > 0; i += 1) await sleep(50);
    expect(await readdir(bench.path('frames'))).toEqual([]);
    for (let i = 0; i < 200 && bench.store.live().length > 0; i += 1) await sleep(50);
    const all = await bench.store.list({ limit: 100 });
    expect(all.map(({ state }) => state)).toEqual(new Array(7).fill('stored'));
  });

  it('are put aside where they are of the wrong size', async () => {
    await bench.start([camera('nadir', { ...bench.watch(), width: 64, height: 48 } as DriverOptions, { standing })]);
    const rejected = (): Promise<string[]> => readdir(bench.path('frames/rejected')).catch(() => []);
    await expect.poll(rejected, { timeout: 10_000 }).toEqual(['1.jpg']);
    const state = async () => (await bench.store.list({ limit: 1 }))[0]?.state;
    await expect.poll(state, { timeout: 10_000 }).toBe('failed');
    const [capture] = await bench.store.list({ limit: 1 });
    expect(capture!.reason).toMatch(/160x128 pixels, not 64x48/);
  });
});
