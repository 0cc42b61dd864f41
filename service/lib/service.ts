import { BudgetError } from 'perifocal';
import { notifySystemd, peerCredentials, setScheduling } from 'perifocal/system';
import type { SystemdState } from 'perifocal/system';
import type { ServiceConfig } from './config.js';
import { Engine } from './engine/engine.js';
import { Restorers } from './engine/restorers.js';
import type { EngineSettings } from './engine/settings.js';
import { ServiceError } from './errors.js';
import { serveHttp } from './http/server.js';
import type { Io } from './io.js';
import { Board } from './limits/board.js';
import { LoopLag } from './limits/loop-lag.js';
import { requireMemory } from './limits/memory.js';
import { meterSyncs } from './limits/metered-io.js';
import { Watchdog, strokeMilliseconds } from './limits/watchdog.js';
import { camerasOf } from './parts/cameras.js';
import { Housekeeping } from './parts/housekeeping.js';
import { probesOf } from './parts/probes.js';
import { healthOf, vitalsOf } from './parts/vitals.js';
import type { Observed } from './parts/vitals.js';
import { openStore } from './store/open.js';
import { VERSION } from './version.js';

/** What the service takes beside the library: connections, catalogue, database. */
export const SERVICE_BYTES = 25e6;
/** Looks at the parts this often where no watchdog of systemd says how often. */
const LOOK_MS = 5000;

/** Who is told what: lines for the journal. */
export type Log = (line: string) => void;

/** A running service. */
export interface CaptureService {
  /** The port of TCP, or null. */
  readonly port: number | null;
  /** Takes nothing more, gives up what is being restored until the next start, and closes all. Idempotent. */
  close(): Promise<void>;
}

/** What is closed, last opened first. */
class Opened {
  readonly #closers: (() => unknown)[] = [];
  #closing: Promise<void> | null = null;

  add<T>(part: T, close: (part: T) => unknown): T {
    this.#closers.push(() => close(part));
    return part;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
  }
}

/**
 * Starts the service: its place on the machine, its limits, the store, the cameras and the engine, the API. What was
 * opened is closed again where something fails. Rejects with ServiceError.
 */
export async function startService(config: ServiceConfig, realDisk: Io, log: Log): Promise<CaptureService> {
  const opened = new Opened();
  try {
    return await start(config, realDisk, log, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function start(config: ServiceConfig, realDisk: Io, log: Log, opened: Opened): Promise<CaptureService> {
  const { io, times: syncs } = meterSyncs(realDisk);
  await schedule(config, io);
  const board = opened.add(await Board.open(io, config.roots, config.thermal), (part) => part.close());
  const settings = fitThreads(config.engine, board.state.cgroup.cpus);
  const restorers = opened.add(await openRestorers(config, settings, board), (part) => part.close());
  const store = opened.add(await openStore({ folder: config.storeFolder, io, limits: config.storeLimits }), (part) =>
    part.close(),
  );
  log(`store ${config.storeFolder}: ${describeRecovery(store.recovery)}`);
  const engine = opened.add(new Engine({ io, store, board, settings, cameras: config.cameras }, restorers), (part) =>
    part.close(),
  );
  const housekeeping = opened.add(new Housekeeping(io, store, log), (part) => part.close());
  const lag = opened.add(new LoopLag(), (part) => part.close());
  const watching = (): readonly string[] => watchdog.troubles;
  const megapixels = (config.frame.width * config.frame.height) / 1e6;
  const begun = io.monotonic();
  const observed: Observed = {
    ...{ startedAt: io.now(), store, engine, board, lag, syncs, troubles: watching, megapixels },
    upSeconds: () => (io.monotonic() - begun) / 1000,
  };
  const watchdog = opened.add(
    new Watchdog({
      io,
      probes: probesOf(io, store, engine, housekeeping, lag),
      everyMs: strokeMilliseconds(process.env.WATCHDOG_USEC) ?? LOOK_MS,
      stroke: (status) => tell({ watchdog: true, status }, log),
      onTrouble: (troubles) => log(troubles.length > 0 ? `not well: ${troubles.join('; ')}` : 'well'),
      status: () => describe(observed),
    }),
    (part) => part.close(),
  );
  const context = {
    ...{ store, io, peerCredentials, version: VERSION, rules: config.rules, limits: config.http },
    cameras: camerasOf(engine, store),
    vitals: () => vitalsOf(observed),
    health: () => healthOf(observed),
  };
  const http = opened.add(await serveHttp(context, config.listening), (part) => part.close());
  tell({ ready: true, status: describe(observed) }, log);
  opened.add(null, () => tell({ stopping: true }, log));
  return { port: http.port, close: () => opened.close() };
}

/** Threads that help the event loop, and so compute, yield to others; the event loop answers as before. */
async function schedule({ scheduling: { policy, nice, cpus } }: ServiceConfig, io: Io): Promise<void> {
  // Node starts its helpers when they are first needed.
  await io.stat('/');
  if (policy !== null || nice !== null) {
    setScheduling({ ...(policy && { policy }), ...(nice !== null && { nice }), threads: 'helpers' });
  }
  if (cpus !== null) setScheduling({ cpus });
}

/** More threads than processors only wait for each other. */
function fitThreads(settings: EngineSettings, cpus: number | null): EngineSettings {
  const most = Math.max(1, Math.ceil(cpus ?? settings.threads));
  const fit = (threads: 1 | 2 | 3): 1 | 2 | 3 => Math.min(threads, most) as 1 | 2 | 3;
  return { ...settings, threads: fit(settings.threads), hotThreads: fit(settings.hotThreads) };
}

/**
 * The restorers, once the largest frame is known to fit into the memory that there is: that of the configuration, or of
 * the cgroup where that is less. Rejects with ServiceError `INVALID`, which says both.
 */
export async function openRestorers(config: ServiceConfig, settings: EngineSettings, board: Board): Promise<Restorers> {
  const { cgroup } = board.state;
  const memoryBytes = Math.min(settings.memoryBytes, cgroup.memoryBytes ?? settings.memoryBytes);
  const restorers = new Restorers(settings.levels, { ...settings, memoryBytes: memoryBytes - SERVICE_BYTES });
  try {
    await restorers.planBytes(config.frame.width, config.frame.height);
    return restorers;
  } catch (error) {
    await restorers.close();
    if (!(error instanceof BudgetError)) throw error;
    requireMemory(error.requiredBytes + SERVICE_BYTES, cgroup);
    throw new ServiceError('INVALID', `Configuration: engine.memoryMB is too little: ${error.message}`, {
      cause: error,
    });
  }
}

/** The watchdog must not end what works because a line could not be sent. */
function tell(state: SystemdState, log: Log): void {
  try {
    notifySystemd(state);
  } catch (error) {
    log((error as Error).message);
  }
}

const describeRecovery = ({ captures, requeued, seconds, rebuilt }: Observed['store']['recovery']): string =>
  `${captures} captures, ${requeued} taken up again, ${rebuilt ? 'database made anew, ' : ''}${seconds.toFixed(2)} s`;

/** A line for `systemctl status`. */
function describe({ store, engine }: Observed): string {
  const { working } = engine;
  const now = working === null ? 'idle' : `${working.level} of ${working.id}, ${(100 * working.done).toFixed(0)} %`;
  return `${now}; ${store.usage().queued} waiting`;
}
