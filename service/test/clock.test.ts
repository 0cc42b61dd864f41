import { describe, expect, it } from 'vitest';
import { ServiceClock, readMark } from '../lib/clock.js';
import { told } from '../lib/http/told.js';
import { uuidOf } from './support/captures.js';
import { Random } from './support/random.js';
import { SimulatedDisk } from './support/simulated-disk.js';
import { SimulatedStore } from './support/simulated-store.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 366 * DAY_MS;
/** Its time is over soon, but not yet. */
const SOON = { deadlineMs: 60_000, holdFor: 3600 };

type Restart = (world: SimulatedStore) => Promise<unknown>;
const restarts: readonly (readonly [string, Restart])[] = [
  ['while it runs', async () => {}],
  ['across a new start', (world) => world.reopen()],
  [
    'across a new start of the machine',
    (world) => {
      world.disk.rebootMachine(0);
      return world.reopen();
    },
  ],
];
const jumps = [
  ['forward', YEAR_MS],
  ['back', -YEAR_MS],
] as const;
const everyWay = jumps.flatMap(([way, by]) => restarts.map(([when, restart]) => [way, when, by, restart] as const));

/** A capture in each state, and one more that is released. */
async function inEveryState(world: SimulatedStore): Promise<void> {
  for (let n = 1; n <= 6; n += 1) await world.request(n, SOON);
  await world.store.advance(uuidOf(2), { to: 'acquiring' });
  for (const n of [3, 4, 5, 6]) await world.acquire(n);
  await world.store.beginProduct(uuidOf(4), 'png');
  for (const n of [5, 6]) await world.restore(n);
  await world.store.release(uuidOf(6), 'app');
}

const states = async ({ store }: SimulatedStore): Promise<readonly string[]> =>
  (await store.list({ limit: 10 })).map(({ state, retention, product }) =>
    state === 'stored' ? `${retention} ${product?.present}` : state,
  );

describe.each(everyWay)('a wall clock that is set %s by a year, %s', (_way, when, by, restart) => {
  it('ends nothing, and lets nothing go', async () => {
    const world = await SimulatedStore.open();
    await inEveryState(world);
    world.disk.setWall(by);
    await restart(world);
    await world.store.tend();
    const waiting =
      when === 'while it runs' ? ['acquiring', 'acquired', 'restoring'] : ['requested', 'acquired', 'acquired'];
    expect(await states(world)).toEqual(['requested', ...waiting, 'held true', 'released true']);
    expect(world.store.queue.overdue(world.store.clock.now())).toEqual([]);
    await world.acquire(1);
    expect(await world.restore(1)).toMatchObject({ state: 'stored', retention: 'held' });
  });

  it('leaves the order as it was', async () => {
    const world = await SimulatedStore.open();
    await world.request(1, { priority: 3 });
    world.disk.advance(70_000);
    await world.store.tend();
    world.disk.setWall(by);
    await restart(world);
    await world.request(2, { priority: 3 });
    await world.request(3, { priority: 4 });
    const next = world.store.queue.nextToAcquire('main', world.store.clock.now());
    expect(next?.id).toBe(uuidOf(1));
  });

  it('is told once, by an event of nobody and by the state of the clock', async () => {
    const world = await SimulatedStore.open();
    await world.request(1);
    world.disk.setWall(by);
    await restart(world);
    for (let i = 0; i < 3; i += 1) await world.store.tend();
    const { events } = await world.store.events(0, 100);
    const steps = events.filter(({ type }) => type === 'clock');
    expect(steps).toMatchObject([{ captureId: '', app: '', detail: { milliseconds: by }, at: world.io.now() }]);
    expect(world.store.clock.state).toMatchObject({ steps: 1, lastStep: { milliseconds: by, at: world.io.now() } });
  });

  it('moves what apps are told of times to come', async () => {
    const world = await SimulatedStore.open();
    const expiresAt = world.io.now() + HOUR_MS;
    const capture = await world.request(1, { ...SOON, expiresAt });
    world.disk.setWall(by);
    await restart(world);
    const after = told((await world.store.get(capture.id))!, world.store.clock);
    expect(after.request).toMatchObject({ expiresAt: expiresAt + by, deadline: world.io.now() + 60_000 });
    expect(after.createdAt).toBe(capture.createdAt);
  });
});

describe('the time of the service', () => {
  it('goes on while the machine is off, as far as that can be', async () => {
    for (const [offMs, counted] of [
      [HOUR_MS, HOUR_MS],
      [DAY_MS, DAY_MS],
      [DAY_MS + 1, 0],
      [-1, 0],
    ] as const) {
      const world = await SimulatedStore.open();
      await world.request(1);
      const before = world.store.clock.now();
      world.disk.rebootMachine(offMs);
      const { clock } = await world.reopen();
      expect(clock.now() - before).toBe(counted);
    }
  });

  it('ends holds and expires requests when their time has passed, whatever the wall clock says', async () => {
    const world = await SimulatedStore.open();
    await world.storeWhole(1, SOON);
    await world.request(2, SOON);
    world.disk.setWall(-YEAR_MS);
    world.disk.advance(61_000);
    await world.store.tend();
    expect(world.store.queue.overdue(world.store.clock.now())).toHaveLength(1);
    expect(await world.store.get(uuidOf(1))).toMatchObject({ retention: 'held' });
    world.disk.advance(HOUR_MS);
    await world.store.tend();
    expect(await world.store.get(uuidOf(1))).toMatchObject({ retention: 'released' });
  });

  it('counts on by itself: what was kept a minute ago is enough', async () => {
    const world = await SimulatedStore.open();
    for (let i = 0; i < 50; i += 1) {
      world.disk.advance(2000);
      await world.store.tend();
    }
    const before = world.store.clock.now();
    world.disk.setWall(YEAR_MS);
    world.disk.rebootMachine(0);
    const { clock } = await world.reopen();
    expect(before - clock.now()).toBeLessThanOrEqual(60_000);
    expect(before - clock.now()).toBeGreaterThanOrEqual(0);
  });

  it('is known from the manifests where the database is lost', async () => {
    const world = await SimulatedStore.open();
    await world.storeWhole(1, SOON);
    const before = world.store.clock.now();
    for (const table of Object.values(world.tables)) table.clear();
    world.disk.setWall(YEAR_MS);
    const { clock } = await world.reopen();
    expect(clock.now()).toBe(before);
    await world.store.tend();
    expect(await world.store.get(uuidOf(1))).toMatchObject({ retention: 'held', product: { present: true } });
  });

  it('never goes back, and is not moved, by any walk of the wall clock', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const random = new Random(seed);
      const disk = new SimulatedDisk(random);
      const io = disk.io();
      let clock = new ServiceClock(io, null, 86_400_000);
      let [passed, at] = [0, clock.now()];
      for (let i = 0; i < 40; i += 1) {
        const before = clock.now();
        if (random.chance(0.3)) disk.setWall((random.next() - 0.5) * 4 * YEAR_MS);
        if (random.chance(0.2))
          clock = new ServiceClock(io, readMark(JSON.parse(JSON.stringify(clock.mark()))), DAY_MS);
        expect(clock.now()).toBe(before);
        const step = random.below(100_000);
        disk.advance(step);
        passed += step;
        at = clock.now();
      }
      expect(at - passed).toBe(1_700_000_000_000);
    }
  });

  it.each([null, 5, {}, { service: -1, wall: 0, boot: '', monotonic: 0 }, { service: 1e16, wall: 0, boot: '' }])(
    'is not read from %j',
    (value) => expect(readMark(value)).toBeNull(),
  );
});
