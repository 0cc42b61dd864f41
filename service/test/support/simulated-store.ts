import { dirname, join } from 'node:path';
import type { Capture } from '../../lib/capture/capture.js';
import { checkRequest } from '../../lib/capture/request.js';
import type { Io } from '../../lib/io.js';
import { openStore } from '../../lib/store/open.js';
import { DEFAULT_LIMITS } from '../../lib/store/options.js';
import type { StoreLimits } from '../../lib/store/options.js';
import type { Store } from '../../lib/store/store.js';
import { uuidOf } from './captures.js';
import { FACTS } from './facts.js';
import { Random } from './random.js';
import { SimulatedDatabase } from './simulated-database.js';
import { SimulatedDisk } from './simulated-disk.js';

export const STORE_FOLDER = '/store';
/** Nothing is too old, nothing too much, until a test says so. */
const LIMITS: StoreLimits = { ...DEFAULT_LIMITS, minFreeBytes: 0, reserveBytes: 4000 };

/** A disk with a store on it, for tests of single faults: `io` may be changed between two openings. */
export class SimulatedStore {
  readonly disk: SimulatedDisk;
  readonly tables = SimulatedDatabase.tables();
  readonly reservePath = join(STORE_FOLDER, 'reserve');
  io: Io;
  store!: Store;
  #deliveries = 0;

  constructor(seed = 1) {
    this.disk = new SimulatedDisk(new Random(seed));
    this.io = this.disk.io();
  }

  static async open(limits: Partial<StoreLimits> = {}): Promise<SimulatedStore> {
    const made = new SimulatedStore();
    await made.reopen(limits);
    return made;
  }

  async reopen(limits: Partial<StoreLimits> = {}): Promise<Store> {
    const database = new SimulatedDatabase(this.disk, this.tables);
    const options = { folder: STORE_FOLDER, io: this.io, limits: { ...LIMITS, ...limits } };
    this.store = await openStore(options, async () => database);
    return this.store;
  }

  /** From now on the disk has this much room left. */
  async leave(bytes: number): Promise<void> {
    this.disk.capacityBytes = 2 ** 40;
    const { freeBytes, totalBytes } = await this.io.room(STORE_FOLDER);
    this.disk.capacityBytes = totalBytes - freeBytes + bytes;
  }

  async request(n: number, changes: object = {}, app = 'app'): Promise<Capture> {
    const checked = checkRequest({ camera: 'main', ...changes }, this.store.clock.now(), this.store.clock.ahead);
    return (await this.store.request(app, uuidOf(n), checked)).capture;
  }

  async acquire(n: number): Promise<Capture> {
    const id = uuidOf(n);
    await this.store.advance(id, { to: 'acquiring' });
    return this.deliver(n);
  }

  /** The frame comes into the inbox, and is taken: of another kind each time. */
  async deliver(n: number): Promise<Capture> {
    const id = uuidOf(n);
    const path = this.store.inboxPath(id);
    if (!(await this.exists(path))) await this.write(path, `raw ${n}`);
    const mime = this.#deliveries % 2 === 0 ? 'image/jpeg' : 'image/png';
    this.#deliveries += 1;
    return this.store.adopt(id, path, { mime, width: 4, height: 3 });
  }

  async restore(n: number): Promise<Capture> {
    const draft = await this.store.beginProduct(uuidOf(n), 'png');
    await this.write(draft.productPath, `product ${n}`);
    await this.write(draft.thumbnailPath, `thumbnail ${n}`);
    return this.store.commit(draft, FACTS);
  }

  async storeWhole(n: number, changes: object = {}): Promise<Capture> {
    await this.request(n, changes);
    await this.acquire(n);
    return this.restore(n);
  }

  async write(path: string, text: string): Promise<void> {
    const file = await this.io.create(path);
    await file.write(Buffer.alloc(2000, text));
    await file.close();
  }

  /** As a program does that wants a file to stay. */
  async writeDurably(path: string, text: string): Promise<void> {
    await this.write(path, text);
    const file = await this.io.open(path);
    await file.sync();
    await file.close();
    await this.io.syncFolder(dirname(path));
  }

  async exists(path: string): Promise<boolean> {
    return (await this.io.stat(path)) !== null;
  }
}
