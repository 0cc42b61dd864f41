import { dirname, join } from 'node:path';
import type { Capture, CaptureState } from '../../lib/capture/capture.js';
import { ServiceError } from '../../lib/errors.js';
import type { ClientRecord } from '../../lib/store/check.js';
import type { StoreLimits } from '../../lib/store/options.js';
import { uuidOf } from './captures.js';
import { FACTS } from './facts.js';
import { STORE_FOLDER, type SimulatedStore } from './simulated-store.js';

/** What a process does until it is ended, and how the next one brings it to its end. */
export interface Scenario {
  readonly name: string;
  /** Before anything can happen. */
  prepare(world: SimulatedStore, log: ClientRecord[]): Promise<void>;
  run(world: SimulatedStore, log: ClientRecord[]): Promise<void>;
  /** The next life: rejects where something is not as it should be. */
  end(world: SimulatedStore, log: ClientRecord[]): Promise<void>;
  /** A file that the medium has lost: its manifest stays. */
  rotten?(world: SimulatedStore): string;
}

const BIG = { bytes: 1e9, ageSeconds: 1e9 };
const NOTHING_KEPT = { raw: { bytes: 1, ageSeconds: 1e9 }, product: { bytes: 1, ageSeconds: 1e9 }, thumbnail: BIG };
const MOST_TRIES = 40;

async function open(world: SimulatedStore, log: ClientRecord[], limits: Partial<StoreLimits> = {}): Promise<void> {
  const store = await again(() => world.reopen(limits));
  store.onEvent(({ seq, captureId: id, type, detail }) => {
    const { sha256 } = detail as { sha256?: string };
    if (id !== '') log.push({ kind: 'event', seq, id, type, ...(sha256 ? { sha256 } : {}) });
  });
}

/** A disk that fails once is tried again, as the service does: housekeeping comes in between. */
async function again<T>(run: () => Promise<T>, between: () => Promise<unknown> = async () => {}): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ServiceError) || !['SYNC', 'FULL'].includes(error.code) || tries === 3) throw error;
      await between();
    }
  }
}

/** Brings a capture to `stored`, from wherever it stands. */
async function finish(world: SimulatedStore, n: number, until: CaptureState = 'stored'): Promise<void> {
  const id = uuidOf(n);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const capture = await world.store.get(id);
    if (capture?.state === until) return;
    await again(
      () => push(world, n, capture),
      () => world.store.tend(),
    );
  }
  throw new Error(`capture ${n} does not come to its end`);
}

async function push(world: SimulatedStore, n: number, capture: Capture | undefined): Promise<void> {
  const id = uuidOf(n);
  const state = (capture && (await world.store.get(id)))?.state;
  if (state === undefined) await world.request(n);
  else if (state === 'requested') await world.store.advance(id, { to: 'acquiring' });
  else if (state === 'acquiring') await world.deliver(n);
  else if (state === 'acquired') await restore(world, n);
}

async function restore(world: SimulatedStore, n: number): Promise<void> {
  const draft = await world.store.beginProduct(uuidOf(n), 'png');
  try {
    await world.write(draft.productPath, `product ${n}`);
    await world.write(draft.thumbnailPath, `thumbnail ${n}`);
    await world.store.commit(draft, FACTS);
  } catch (error) {
    if (!world.disk.crashed) await again(() => world.store.discard(draft, 'the disk failed'));
    throw error;
  }
}

async function repair(world: SimulatedStore): Promise<void> {
  const capture = await world.store.nextRepair();
  if (!capture) return;
  const draft = await world.store.beginRepair(capture.id, 'png');
  try {
    await world.write(draft.productPath, 'made anew');
    await world.write(draft.thumbnailPath, 'small');
    await world.store.commit(draft, FACTS);
  } catch (error) {
    if (!world.disk.crashed) await world.store.discard(draft, 'the disk failed');
    world.disk.advance(3_600_000);
    throw error;
  }
}

async function tend(world: SimulatedStore): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await world.store.tend();
    world.disk.advance(10_000);
  }
}

const life: Scenario = {
  name: 'the life of two captures on a new disk',
  async prepare() {},
  async run(world, log) {
    await open(world, log);
    await finish(world, 1);
    await world.store.ack(uuidOf(1), 'app');
    await finish(world, 2, 'acquired');
    await world.store.cancel(uuidOf(2), 'app');
    await tend(world);
  },
  async end(world, log) {
    await open(world, log);
    await finish(world, 1);
    await tend(world);
    const { reservePath } = world;
    if ((await world.io.stat(reservePath))?.bytes !== 4000) throw new Error('there is no reserve');
  },
};

/** The camera delivers another kind of file the second time, restoration is begun twice. */
const attempts: Scenario = {
  name: 'second attempts',
  async prepare(world, log) {
    await open(world, log);
    await world.request(1);
  },
  async run(world) {
    const id = uuidOf(1);
    await world.store.advance(id, { to: 'acquiring' });
    await world.write(world.store.inboxPath(id), 'half a frame');
    await world.store.advance(id, { to: 'requested', reason: 'the camera hung' });
    await finish(world, 1, 'acquired');
    const draft = await world.store.beginProduct(id, 'jpeg');
    await world.write(draft.productPath, 'half a product');
    await world.store.discard(draft, 'late');
    await finish(world, 1);
    await world.store.hold(id, 'app', 3600);
    await tend(world);
  },
  async end(world, log) {
    await open(world, log);
    await finish(world, 1);
    await tend(world);
  },
};

const eviction: Scenario = {
  name: 'eviction',
  async prepare(world, log) {
    await open(world, log);
    for (const n of [1, 2]) {
      await finish(world, n);
      await world.store.release(uuidOf(n), 'app');
    }
    await tend(world);
  },
  async run(world, log) {
    await open(world, log, { classes: { ...NOTHING_KEPT, manifest: BIG } });
    await tend(world);
  },
  async end(world, log) {
    // What the database says before anything is tidied is what readers see: no file that it promises is missing.
    await open(world, log);
    await tend(world);
  },
};

const removal: Scenario = {
  name: 'removal of what is left of a capture',
  async prepare(world, log) {
    const classes = { ...NOTHING_KEPT, manifest: BIG };
    await open(world, log, { classes });
    await finish(world, 1);
    await world.store.release(uuidOf(1), 'app');
    await tend(world);
    log.length = 0;
  },
  async run(world, log) {
    await open(world, log, { classes: { ...NOTHING_KEPT, manifest: { bytes: 1, ageSeconds: 1e9 } } });
    await tend(world);
  },
  async end(world, log) {
    await open(world, log, { classes: { ...NOTHING_KEPT, manifest: { bytes: 1, ageSeconds: 1e9 } } });
    await tend(world);
    if (await world.store.get(uuidOf(1))) throw new Error('the record is still there');
  },
};

const SCRUBBED = { scrubSeconds: 0 };
const badProduct = (): string => join(STORE_FOLDER, '2023/11/14', uuidOf(1), 'restored.png');

const repairing: Scenario = {
  name: 'a product made anew',
  rotten: badProduct,
  async prepare(world, log) {
    await open(world, log, SCRUBBED);
    await finish(world, 1);
    world.disk.rot(badProduct());
  },
  async run(world) {
    await tend(world);
    await again(() => repair(world));
  },
  async end(world, log) {
    await open(world, log, SCRUBBED);
    await tend(world);
    await again(() => repair(world));
    if ((await world.store.get(uuidOf(1)))?.product?.name === 'restored.png') throw new Error('nothing was made anew');
  },
};

const NOTES = 'notes of a stranger';

/** Whether a stranger's file is still somewhere: it is never lost. */
async function requireNotes(world: SimulatedStore, folder = STORE_FOLDER): Promise<boolean> {
  for (const name of await world.io.list(folder)) {
    const path = join(folder, name);
    if (name.includes(NOTES)) return (await world.io.readFile(path, 1e6)).length === 2000;
    if ((await world.io.stat(path))?.kind === 'folder' && (await requireNotes(world, path))) return true;
  }
  return false;
}

const strangers: Scenario = {
  name: "a stranger's file",
  async prepare(world, log) {
    await open(world, log);
    await world.request(1);
    const capture = await world.acquire(1);
    await world.writeDurably(join(dirname(world.store.pathOf(capture, 'raw')), NOTES), 'x');
  },
  async run(world) {
    await world.store.cancel(uuidOf(1), 'app');
    await tend(world);
  },
  async end(world, log) {
    if (!(await requireNotes(world))) throw new Error("a stranger's file is lost");
    await open(world, log);
    const live = world.store.live().length > 0;
    if (live) await world.store.cancel(uuidOf(1), 'app');
    await tend(world);
    if (!(await requireNotes(world))) throw new Error("a stranger's file is lost");
  },
};

const rebuild: Scenario = {
  name: 'a database made anew',
  async prepare(world, log) {
    await open(world, log);
    await finish(world, 1);
    const capture = await world.store.get(uuidOf(1));
    const day = dirname(dirname(world.store.pathOf(capture!, 'raw')));
    await world.io.makeFolder(join(day, uuidOf(77)));
    await world.io.syncFolder(day);
    await world.writeDurably(join(day, uuidOf(77), NOTES), 'x');
    for (const table of Object.values(world.tables)) table.clear();
    log.splice(0, log.length, ...log.filter((record) => record.kind === 'event' && record.type === 'stored'));
  },
  async run(world, log) {
    await open(world, log);
    await finish(world, 2);
    await tend(world);
  },
  async end(world, log) {
    if (!(await requireNotes(world))) throw new Error("a stranger's file is lost");
    await open(world, log);
    await tend(world);
    if (!(await world.store.get(uuidOf(1)))) throw new Error('a stored product is forgotten');
  },
};

export const SCENARIOS: readonly Scenario[] = [life, attempts, eviction, removal, repairing, strangers, rebuild];
