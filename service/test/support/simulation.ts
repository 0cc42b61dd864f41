import { checkRequest } from '../../lib/capture/request.js';
import { ServiceError } from '../../lib/errors.js';
import type { Io } from '../../lib/io.js';
import { check } from '../../lib/store/check.js';
import type { ClientRecord } from '../../lib/store/check.js';
import type { Table } from '../../lib/store/database.js';
import { openStore } from '../../lib/store/open.js';
import { DEFAULT_LIMITS } from '../../lib/store/options.js';
import type { StoreLimits } from '../../lib/store/options.js';
import type { Store } from '../../lib/store/store.js';
import { uuidOf } from './captures.js';
import { requireFilesOfManifests } from './invariants.js';
import { Random } from './random.js';
import { FACTS } from './facts.js';
import { SimulatedDatabase, sorted } from './simulated-database.js';
import { Crash, SimulatedDisk } from './simulated-disk.js';

const FOLDER = '/store';
const MOST_FILE_BYTES = 3000;
const HOUR_MS = 3_600_000;

/** So small that things have to go. */
const LIMITS: StoreLimits = {
  ...DEFAULT_LIMITS,
  quotaBytes: 18_000,
  minFreeBytes: 0,
  classes: {
    raw: { bytes: 8_000, ageSeconds: 90 * 86_400 },
    product: { bytes: 8_000, ageSeconds: 90 * 86_400 },
    thumbnail: { bytes: 8_000, ageSeconds: 90 * 86_400 },
    manifest: { bytes: 1e9, ageSeconds: 1e9 },
  },
  reserveBytes: 2000,
  events: 1e6,
};

/** What a seed has shown to happen: so that a test can tell whether it tests anything. */
export interface SimulationCounts {
  operations: number;
  crashes: number;
  stored: number;
  evicted: number;
  completed: number;
  requeued: number;
  rebuilds: number;
  refused: Record<string, number>;
}

export const noSimulationCounts = (): SimulationCounts => ({
  operations: 0,
  crashes: 0,
  stored: 0,
  evicted: 0,
  completed: 0,
  requeued: 0,
  rebuilds: 0,
  refused: {},
});

/**
 * Lives of a store on a simulated disk, each ended by a crash or orderly: clients ask, cameras deliver, frames are
 * restored, the disk fails. After every start the checker looks at all of it. Rejects with what it found and the seed.
 */
export async function simulate(seed: number, lives: number, counts: SimulationCounts): Promise<void> {
  const world = new World(seed, counts);
  try {
    for (let life = 0; life < lives; life += 1) await world.live();
    await world.end();
  } catch (error) {
    throw new Error(`Seed ${seed}: ${(error as Error).message}`, { cause: error });
  }
  counts.operations += world.disk.operations;
}

class World {
  readonly disk: SimulatedDisk;
  readonly #random: Random;
  readonly #counts: SimulationCounts;
  readonly #io: Io;
  readonly #tables = SimulatedDatabase.tables();
  #log: ClientRecord[] = [];
  #asked = 0;

  constructor(seed: number, counts: SimulationCounts) {
    this.#random = new Random(seed);
    this.#counts = counts;
    this.disk = new SimulatedDisk(this.#random);
    this.#io = this.disk.io();
  }

  /** One life: from the start of the process to its end. */
  async live(): Promise<void> {
    this.#chooseFaults();
    const store = await this.#open();
    // What an open store can do without may have failed because the process has ended.
    if (store && !this.disk.crashed) {
      await this.#quietly(() => this.#check());
      const before = this.disk.operations;
      while (!this.disk.crashed && this.disk.operations - before < 150) {
        await Promise.all(
          Array.from({ length: 1 + this.#random.below(3) }, () => this.#attempt(() => this.#act(store))),
        );
      }
      if (!this.disk.crashed) await store.close();
    }
    this.#reboot();
    await this.#quietly(() => requireFilesOfManifests(this.#io, FOLDER));
  }

  /** All goes well again: everything comes to an end, and it is all there. */
  async end(): Promise<void> {
    this.disk.faults = {};
    this.disk.crashIn = Number.POSITIVE_INFINITY;
    const store = await this.#open();
    if (!store) throw new Error('the store did not open on a disk that works');
    for (let round = 0; round < 2; round += 1) await store.tend();
    if (!store.health().writable)
      throw new Error(`not writable on a disk that works: ${store.health().reasons.join()}`);
    for (const { id } of store.live()) await this.#finish(store, id);
    if (store.live().length > 0) throw new Error(`${store.live().length} captures did not come to an end`);
    await this.#check(true);
    await store.close();
  }

  #chooseFaults(): void {
    const random = this.#random;
    this.disk.crashIn = random.chance(0.85) ? 1 + random.below(random.pick([40, 200])) : Number.POSITIVE_INFINITY;
    const often = random.pick([0, 0, 0, 0.02, 0.1]);
    this.disk.faults = random.pick([{}, {}, { full: often }, { writeError: often }, { syncError: often }]);
  }

  async #open(): Promise<Store | null> {
    try {
      const database = new SimulatedDatabase(this.disk, this.#tables);
      const store = await openStore({ folder: FOLDER, io: this.#io, limits: LIMITS }, async () => database);
      this.#counts.completed += store.recovery.completed;
      this.#counts.requeued += store.recovery.requeued;
      store.onEvent(({ seq, captureId: id, type, detail }) => {
        const { sha256 } = detail as { sha256?: string };
        this.#log.push({ kind: 'event', seq, id, type, ...(sha256 ? { sha256 } : {}) });
        if (type === 'stored') this.#counts.stored += 1;
        if (type === 'evicted') this.#counts.evicted += 1;
      });
      return store;
    } catch (error) {
      this.#judge(error);
      return null;
    }
  }

  #reboot(): void {
    if (!this.disk.crashed && this.#random.chance(0.5)) return;
    this.#counts.crashes += 1;
    this.disk.restart();
    if (this.#random.chance(0.1)) this.#loseDatabase();
  }

  /** What is left then is what files say: products that were stored, and frames. */
  #loseDatabase(): void {
    this.#counts.rebuilds += 1;
    for (const table of Object.values(this.#tables)) table.clear();
    this.#log = this.#log.filter((record) => record.kind === 'event' && record.type === 'stored');
  }

  async #check(settled = false): Promise<void> {
    const rows = async (table: Table) => sorted(this.#tables[table]);
    const most = { quotaBytes: LIMITS.quotaBytes, frameBytes: 1e6 };
    const { findings } = await check({ io: this.#io, folder: FOLDER, rows, clientLog: this.#log, most, settled });
    if (findings.length > 0)
      throw new Error(findings.map(({ invariant, message }) => `${invariant}: ${message}`).join('\n'));
  }

  /** While the checker looks, the disk works and the process lives. */
  async #quietly(run: () => Promise<void>): Promise<void> {
    const { crashIn, faults } = this.disk;
    this.disk.crashIn = Number.POSITIVE_INFINITY;
    this.disk.faults = {};
    await run();
    this.disk.crashIn = crashIn;
    this.disk.faults = faults;
  }

  async #attempt(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#judge(error);
    }
  }

  /** Errors that a service may give, or that the end of the process gives; all others are faults. */
  #judge(error: unknown): void {
    if (this.disk.crashed || error instanceof Crash) return;
    const { code, message } = error as ServiceError;
    // Until housekeeping, after a database that has failed several times in turn.
    const isRefused = code === 'UNWRITABLE' && message.startsWith('The store takes no requests');
    const isFault = ['INTERNAL', 'DAMAGED', 'UNWRITABLE'].includes(code) && !isRefused;
    const expected = error instanceof ServiceError && !isFault;
    // Cameras and restorers meet the disk themselves, and each other.
    const ofOthers = ['ENOSPC', 'EIO', 'EEXIST', 'ENOENT'].includes(code);
    if (!expected && !ofOthers) throw error;
    this.#counts.refused[code] = (this.#counts.refused[code] ?? 0) + 1;
  }

  async #act(store: Store): Promise<void> {
    const random = this.#random;
    const live = store.live();
    const one = live.length > 0 ? random.pick(live) : null;
    this.disk.advance(random.below(1000));
    const choice = random.below(14);
    if (choice < 3 || (one === null && choice < 9)) return this.#request(store);
    if (choice < 9 && one) return this.#push(store, one.id);
    if (choice === 9 || choice > 11) return store.tend();
    if (choice === 10) return this.#mark(store);
    this.disk.advance(random.chance(0.1) ? HOUR_MS : 0);
    if (one) await store.cancel(one.id, 'app');
  }

  async #request(store: Store): Promise<void> {
    // Now and then a client asks again for what it has asked.
    const n = this.#random.chance(0.2) ? this.#random.below(this.#asked + 1) : this.#asked;
    this.#asked = Math.max(this.#asked, n + 1);
    const checked = checkRequest({ camera: 'main', holdFor: 600 }, store.clock.now());
    const { capture } = await store.request('app', uuidOf(n), checked);
    this.#log.push({ kind: 'accepted', id: capture.id });
  }

  /** Takes a capture one step further, whatever that is. */
  async #push(store: Store, id: string): Promise<void> {
    const state = store.live().find((capture) => capture.id === id)?.state;
    if (state === 'requested') await store.advance(id, { to: 'acquiring' });
    if (state === 'acquiring') return this.#acquire(store, id);
    if (state === 'acquired') return this.#restore(store, id);
    if (state === 'restoring' && this.#random.chance(0.3)) await store.advance(id, { to: 'acquired', reason: 'late' });
  }

  async #acquire(store: Store, id: string): Promise<void> {
    if (this.#random.chance(0.1)) return void (await store.advance(id, { to: 'requested', reason: 'the camera hung' }));
    const path = store.inboxPath(id);
    if (!(await this.#io.stat(path))) await this.#write(path);
    await store.adopt(id, path, { mime: this.#random.pick(['image/jpeg', 'image/png']), width: 4, height: 3 });
  }

  async #restore(store: Store, id: string): Promise<void> {
    const draft = await store.beginProduct(id, this.#random.pick(['png', 'jpeg'] as const));
    try {
      await this.#write(draft.productPath);
      await this.#write(draft.thumbnailPath);
      await store.commit(draft, FACTS);
    } catch (error) {
      if (this.disk.crashed) throw error;
      await store.discard(draft, 'the disk failed');
      throw error;
    }
  }

  async #mark(store: Store): Promise<void> {
    const stored = await store.list({ state: 'stored', limit: 1000 });
    if (stored.length === 0) return;
    const { id } = this.#random.pick(stored);
    await (this.#random.chance(0.7) ? store.ack(id, 'app') : store.release(id, 'app'));
  }

  async #finish(store: Store, id: string): Promise<void> {
    for (let step = 0; step < 50; step += 1) {
      const live = store.live().find((capture) => capture.id === id);
      if (!live) return;
      if (step > 10) await store.advance(id, { to: 'failed', reason: 'no more tries' });
      else await this.#attempt(() => this.#push(store, id));
      await store.tend();
    }
  }

  async #write(path: string): Promise<void> {
    const file = await this.#io.create(path);
    const bytes = Buffer.alloc(8 + this.#random.below(MOST_FILE_BYTES), this.#random.pick(['a', 'b', 'c', 'd']));
    bytes.writeDoubleLE(this.#random.next());
    await file.write(bytes);
    await file.close();
  }
}
