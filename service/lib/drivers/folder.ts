import { join } from 'node:path';
import { Bell } from '../bell.js';
import { ServiceError } from '../errors.js';
import type { Io, IoStat } from '../io.js';
import { withAnyOf } from '../signals.js';
import { inspect } from './container/inspect.js';
import { copyFile } from './copy.js';
import type { Acquired, Arrival, CameraInfo, Driver, DriverHealth, DriverRequest, Intake, Sink } from './driver.js';
import { Mailbox } from './mailbox.js';
import { verifyFrame } from './verify.js';
import type { FrameSize } from './verify.js';

/** A folder into which another program puts frames. */
export interface FolderOptions extends FrameSize {
  readonly driver: 'folder';
  readonly folder: string;
  /** Between two looks into the folder; hints of the system come in between. Default 2. */
  readonly rescanSeconds: number;
  /** A file that has not changed for so long may be a whole frame. Default 0.5. */
  readonly stableSeconds: number;
  /** A file that is no whole frame, and has not changed for so long, is put aside into `rejected/`. Default 60. */
  readonly rejectSeconds: number;
}

/** What is known of a file. */
interface Sighting {
  readonly bytes: number;
  readonly modifiedAt: number;
  /** By the clock that never jumps. */
  readonly since: number;
}

/** Files that others are still writing, by custom. */
const LEFT_ALONE = /^\.|\.(tmp|part|partial|crdownload)$/i;
const REJECTED = 'rejected';
/** A file that could not be taken so often is put aside. */
const MOST_FAILURES = 3;

/**
 * Frames are files that appear in a folder. One counts when it has not changed for a moment and its container is
 * complete, so that neither a rename nor a slow writer is mistaken. It is copied into the inbox, and removed once its
 * capture is durable.
 */
export class FolderDriver implements Driver {
  readonly #io: Io;
  readonly #name: string;
  readonly #options: FolderOptions;
  readonly #mailbox: Mailbox;
  readonly #closing = new AbortController();
  readonly #seen = new Map<string, Sighting>();
  /** Somebody has them, or they could not be removed. */
  readonly #given = new Set<string>();
  readonly #done: Promise<void>;
  readonly #bell: Bell;
  /** How often a file could not be taken. */
  readonly #failures = new Map<string, number>();
  #trouble: string | null = null;
  #rejected = 0;

  constructor(io: Io, name: string, options: FolderOptions, intake: Intake | null) {
    this.#io = io;
    this.#name = name;
    this.#options = options;
    this.#mailbox = new Mailbox(intake);
    this.#bell = new Bell(io);
    this.#done = this.#run();
  }

  describe(): CameraInfo {
    const { driver, folder, width, height } = this.#options;
    return { driver, source: folder, width, height };
  }

  health(): DriverHealth {
    if (this.#trouble !== null) return { healthy: false, reason: this.#trouble };
    const reason = this.#rejected > 0 ? `${this.#rejected} files were no frames: see ${REJECTED}/ in the folder` : null;
    return { healthy: true, reason };
  }

  async acquire(request: DriverRequest, sink: Sink, signal: AbortSignal): Promise<Acquired> {
    this.#bell.ring();
    return withAnyOf([signal, this.#closing.signal], (either) => this.#mailbox.acquire(request, sink, either));
  }

  async close(): Promise<void> {
    this.#closing.abort(new ServiceError('CLOSED', `Camera ${this.#name} is being closed`));
    this.#bell.ring();
    await this.#done;
  }

  /** Looks into the folder now and then, and soon after a hint. */
  async #run(): Promise<void> {
    const watcher = this.#watch();
    while (!this.#closing.signal.aborted) {
      let isSettled = true;
      try {
        isSettled = await this.#scan();
        this.#trouble = null;
      } catch (error) {
        this.#trouble = `cannot look into ${this.#options.folder}: ${(error as Error).message}`;
      }
      const { rescanSeconds, stableSeconds } = this.#options;
      await this.#bell.wait(1000 * (isSettled ? rescanSeconds : stableSeconds));
    }
    watcher?.close();
  }

  /** A hint only: where the system gives none, looking now and then is enough. */
  #watch(): { close(): void } | null {
    try {
      return this.#io.watch(this.#options.folder, () => this.#bell.ring());
    } catch {
      return null;
    }
  }

  /** Resolves with false where a file is to be looked at again soon. */
  async #scan(): Promise<boolean> {
    const names = (await this.#io.list(this.#options.folder)).filter((name) => !LEFT_ALONE.test(name));
    for (const name of [...this.#seen.keys(), ...this.#given]) {
      if (names.includes(name)) continue;
      this.#seen.delete(name);
      this.#given.delete(name);
    }
    const ready: { readonly name: string; readonly modifiedAt: number }[] = [];
    let isSettled = true;
    for (const name of names.filter((candidate) => !this.#given.has(candidate))) {
      const stat = await this.#io.stat(this.#pathOf(name));
      if (stat?.kind !== 'file') continue;
      if (!this.#isStable(name, stat)) isSettled = false;
      else if (await this.#isWhole(name)) ready.push({ name, modifiedAt: stat.modifiedAt });
    }
    ready.sort((a, b) => a.modifiedAt - b.modifiedAt || (a.name < b.name ? -1 : 1));
    for (const { name } of ready) await this.#offer(name);
    return isSettled;
  }

  #isStable(name: string, { bytes, modifiedAt }: IoStat): boolean {
    const before = this.#seen.get(name);
    const now = this.#io.monotonic();
    if (before?.bytes === bytes && before.modifiedAt === modifiedAt) {
      return now - before.since >= this.#options.stableSeconds * 1000;
    }
    this.#seen.set(name, { bytes, modifiedAt, since: now });
    return false;
  }

  async #isWhole(name: string): Promise<boolean> {
    const { state } = await inspect(this.#io, this.#pathOf(name));
    if (state === 'whole') return true;
    const unchangedMs = this.#io.monotonic() - this.#seen.get(name)!.since;
    if (unchangedMs >= this.#options.rejectSeconds * 1000) await this.#reject(name);
    return false;
  }

  /** It is kept, where it does not stand in the way. */
  async #reject(name: string): Promise<void> {
    const folder = this.#pathOf(REJECTED);
    await this.#io.makeFolder(folder);
    // Whoever may write frames could have made it a link to anywhere.
    if ((await this.#io.stat(folder))?.kind !== 'folder') throw new ServiceError('CAMERA', `${folder} is no folder`);
    await this.#io.rename(this.#pathOf(name), await this.#freeName(folder, name));
    this.#seen.delete(name);
    this.#failures.delete(name);
    this.#rejected += 1;
  }

  /** A name that is not taken there: an earlier file of that name is kept too. */
  async #freeName(folder: string, name: string): Promise<string> {
    const path = join(folder, name);
    return (await this.#io.stat(path)) === null ? path : join(folder, `${this.#io.uuid()}-${name}`);
  }

  async #offer(name: string): Promise<void> {
    if (!this.#mailbox.isWanted) return;
    this.#given.add(name);
    try {
      const answer = await this.#mailbox.offer(this.#arrivalOf(name));
      if (answer === 'later') this.#given.delete(name);
      if (answer === 'dropped') await this.#remove(name);
    } catch (error) {
      this.#given.delete(name);
      throw error;
    }
  }

  #arrivalOf(name: string): Arrival {
    const path = this.#pathOf(name);
    return {
      name,
      captureId: null,
      app: null,
      write: async (sink, signal) => {
        await copyFile(this.#io, path, sink, signal);
        const facts = await verifyFrame(this.#io, sink.path, this.#options, this.#name);
        const stat = await this.#io.stat(path);
        return stat ? { ...facts, acquiredAt: Math.round(stat.modifiedAt) } : facts;
      },
      settle: (captureId, why) => (captureId === null ? this.#returned(name, why) : this.#remove(name)),
    };
  }

  /** It is offered again; where it is at fault itself, not for ever. */
  async #returned(name: string, why: unknown): Promise<void> {
    const isAtFault = !(why instanceof ServiceError) || why.code === 'CAMERA';
    const failures = (this.#failures.get(name) ?? 0) + (isAtFault ? 1 : 0);
    this.#failures.set(name, failures);
    try {
      if (failures >= MOST_FAILURES) await this.#reject(name);
    } finally {
      this.#given.delete(name);
    }
  }

  /** One that cannot be removed is not given again while the service runs. */
  async #remove(name: string): Promise<void> {
    this.#seen.delete(name);
    this.#failures.delete(name);
    try {
      await this.#io.unlink(this.#pathOf(name));
    } catch (error) {
      this.#trouble = `cannot remove ${this.#pathOf(name)}: ${(error as Error).message}`;
    }
  }

  #pathOf(name: string): string {
    return join(this.#options.folder, name);
  }
}
