import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Capture } from '../../lib/capture/capture.js';
import { isTerminal } from '../../lib/capture/machine.js';
import { checkRequest } from '../../lib/capture/request.js';
import type { DriverOptions } from '../../lib/drivers/open.js';
import { Engine } from '../../lib/engine/engine.js';
import { Restorers } from '../../lib/engine/restorers.js';
import type { CameraSettings, EngineSettings } from '../../lib/engine/settings.js';
import { Board } from '../../lib/limits/board.js';
import { openStore } from '../../lib/store/open.js';
import type { Store } from '../../lib/store/store.js';
import { FailingDisk } from './failing-disk.js';

export const SIZE = { width: 160, height: 128 };

/** A picture with detail, as a JPEG. */
export function picture(seed = 1, size = SIZE): Promise<Buffer> {
  const data = Uint8Array.from({ length: size.width * size.height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % size.width, Math.floor(i / 3 / size.width)];
    return 128 + 60 * Math.sin((x * seed) / 9) + 50 * Math.cos(y / 7) + (i % 3) * 5;
  });
  return sharp(data, { raw: { ...size, channels: 3 } })
    .jpeg()
    .toBuffer();
}

export const ENGINE: EngineSettings = {
  levels: { network: 'eo-defocus-small', networkSmall: null, deconvolve: { psf: 'disk:2', method: 'hyper-laplacian' } },
  memoryBytes: 300e6,
  threads: 1,
  hotThreads: 1,
  attempts: 3,
  integrity: 'checked',
};

const CAMERA = {
  timeoutSeconds: 5,
  attempts: 2,
  mostBytes: 10e6,
  standing: null,
  pushers: [],
  queue: 3,
  overflow: 'drop-newest',
} as const;

export const camera = (
  name: string,
  driver: CameraSettings['driver'],
  rest: Partial<CameraSettings> = {},
): CameraSettings => ({ ...CAMERA, name, driver, ...rest });

export const ANY_SIZE = { width: null, height: null };

/** A program for each frame. */
export const exec = (...command: string[]): DriverOptions => ({
  driver: 'exec',
  command,
  output: command.join(' ').includes('{path}') ? 'path' : 'stdout',
  extension: '',
  killSeconds: 0.2,
  limits: { dataBytes: null, cpuSeconds: null, openFiles: null },
  ...ANY_SIZE,
});

/** An engine on a store of its own, beside a folder `frames` with one picture. */
export class Bench {
  readonly disk = new FailingDisk();
  readonly io = this.disk.io();
  readonly thermal: string;
  folder: string;
  store!: Store;
  board!: Board;
  engine!: Engine;

  private constructor(folder: string) {
    this.folder = folder;
    this.thermal = join(folder, 'thermal');
  }

  static async make(): Promise<Bench> {
    const bench = new Bench(await mkdtemp(join(tmpdir(), 'perifocal-engine-')));
    await mkdir(bench.path('frames'));
    await writeFile(bench.path('frames/1.jpg'), await picture());
    return bench;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Plays the pictures in `frames`. */
  replay(rest: object = {}): DriverOptions {
    const frames = { folder: this.path('frames'), everySeconds: null, frames: null };
    return { driver: 'replay', ...frames, ...ANY_SIZE, ...rest } as DriverOptions;
  }

  /** Takes what comes into `frames`. */
  watch(): DriverOptions {
    const pace = { rescanSeconds: 0.1, stableSeconds: 0.05, rejectSeconds: 60 };
    return { driver: 'folder', folder: this.path('frames'), ...pace, ...ANY_SIZE };
  }

  async start(cameras: readonly CameraSettings[], settings: Partial<EngineSettings> = {}): Promise<void> {
    const { io } = this;
    this.store = await openStore({ folder: this.path('store'), io });
    const nowhere = this.path('nowhere');
    const roots = { proc: nowhere, cgroup: nowhere, thermal: this.thermal, edac: nowhere };
    this.board = await Board.open(io, roots, { hot: 70, critical: 85 });
    const merged = { ...ENGINE, ...settings };
    const restorers = new Restorers(merged.levels, merged);
    this.engine = new Engine({ io, store: this.store, board: this.board, settings: merged, cameras }, restorers);
  }

  async stop(): Promise<void> {
    await this.engine?.close();
    await this.board?.close();
    await this.store?.close();
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async request(body: object): Promise<string> {
    const id = this.io.uuid();
    await this.store.request('app', id, checkRequest(body, this.store.clock.now(), this.store.clock.ahead));
    return id;
  }

  /** The capture once it is in a terminal state. */
  async ended(id: string, seconds = 30): Promise<Capture> {
    return this.until(id, ({ state }) => isTerminal(state), seconds);
  }

  async until(id: string, isTrue: (capture: Capture) => boolean, seconds = 30): Promise<Capture> {
    for (const end = Date.now() + seconds * 1000; ; await sleep(20)) {
      const capture = (await this.store.get(id))!;
      if (isTrue(capture)) return capture;
      if (Date.now() > end) throw new Error(`Capture ${id} is still ${capture.state} (${capture.reason})`);
    }
  }
}
