import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { readAccounts, groupNumber, readRules } from './config/access.js';
import { readCameras } from './config/cameras.js';
import { Fields, refuse } from './config/fields.js';
import { readLimits } from './config/store.js';
import { INTEGRITY_MODES } from './engine/restorers.js';
import type { LevelOptions } from './engine/restorers.js';
import type { CameraSettings, EngineSettings } from './engine/settings.js';
import { ServiceError } from './errors.js';
import type { AccessRule } from './http/auth.js';
import { DEFAULT_LIMITS as HTTP_LIMITS } from './http/context.js';
import type { HttpLimits } from './http/context.js';
import type { Listening } from './http/server.js';
import type { Io } from './io.js';
import { SYSTEM_ROOTS } from './limits/roots.js';
import type { SystemRoots } from './limits/roots.js';
import type { ThermalLimits } from './limits/thermal.js';
import { limitsOf } from './store/options.js';
import type { StoreLimits } from './store/options.js';

/** How the process stands among others; null: as it was started. */
export interface SchedulingSettings {
  readonly policy: 'other' | 'batch' | 'idle' | null;
  readonly nice: number | null;
  readonly cpus: readonly number[] | null;
}

/** The whole configuration of a service, checked, with defaults. */
export interface ServiceConfig {
  readonly storeFolder: string;
  readonly storeLimits: StoreLimits;
  readonly listening: Listening;
  readonly rules: readonly AccessRule[];
  readonly http: HttpLimits;
  readonly engine: EngineSettings;
  /** The largest frame that memory is planned for. */
  readonly frame: { readonly width: number; readonly height: number };
  readonly cameras: readonly CameraSettings[];
  readonly thermal: ThermalLimits;
  readonly scheduling: SchedulingSettings;
  readonly roots: SystemRoots;
}

const MOST_BYTES = 1024 * 1024;
/** As many as the engine computes with. */
const MOST_THREADS = 3;
const MEGABYTE = 1e6;

/** Reads a configuration. Throws ServiceError `INVALID`: which key, what it is, and what to give. */
export async function readConfig(io: Io, path: string): Promise<ServiceConfig> {
  const bytes = await io.readFile(path, MOST_BYTES).catch((cause: Error) => {
    throw new ServiceError('INVALID', `The configuration ${path} cannot be read: ${cause.message}`, { cause });
  });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new ServiceError('INVALID', `The configuration ${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
  return checkConfig(io, value, dirname(path));
}

/** Checks a configuration, JSON from a file. @param base folder that paths of the store and the socket begin at */
export async function checkConfig(io: Io, value: unknown, base: string): Promise<ServiceConfig> {
  const fields = new Fields('', value);
  // For editors.
  if (fields.has('$schema')) fields.text('$schema');
  const accounts = await readAccounts(io);
  const store = fields.object('store');
  const storeFolder = absolute(base, store.text('folder'));
  const thermal = fields.object('thermal');
  const config = {
    storeFolder,
    storeLimits: readLimits(store.object('limits')),
    listening: readListening(fields, base, (name, where) => groupNumber(name, where, accounts)),
    rules: await readRules(io, fields, accounts),
    http: readHttp(fields.object('http')),
    ...readEngine(fields.object('engine')),
    cameras: readCameras(fields.object('cameras')),
    thermal: {
      hot: thermal.number('hot', { least: 0, most: 150 }, 75),
      critical: thermal.number('critical', { least: 0, most: 150 }, 90),
    },
    scheduling: readScheduling(fields.object('scheduling')),
    roots: readRoots(fields.object('roots')),
  };
  if (config.thermal.critical <= config.thermal.hot) {
    throw refuse('thermal.critical', config.thermal.critical, `more than thermal.hot, ${config.thermal.hot}`);
  }
  requireHolds(config);
  store.done(thermal.done(config));
  return fields.done(config);
}

/** A standing request for a hold that its app may not have would be refused with each frame. */
function requireHolds({ cameras, storeLimits }: Pick<ServiceConfig, 'cameras' | 'storeLimits'>): void {
  for (const { name, standing } of cameras) {
    const most = standing === null ? 0 : limitsOf(storeLimits, standing.app).holdSeconds;
    if (standing === null || standing.holdForSeconds <= most) continue;
    const where = `cameras.${name}.standing.holdForSeconds`;
    throw refuse(where, standing.holdForSeconds, `at most ${most}, the longest hold of ${standing.app}`);
  }
}

const absolute = (base: string, path: string): string => (path.startsWith('/') ? path : join(base, path));

function readListening(fields: Fields, base: string, groupOf: (name: string, where: string) => number): Listening {
  const socket = fields.orNull('socket', (key) => {
    const inside = fields.object(key);
    const gid = inside.orNull('group', (name) => groupOf(inside.text(name), inside.at(name)));
    return inside.done({ path: absolute(base, inside.text('path')), mode: readMode(inside), gid });
  });
  const tcp = fields.orNull('tcp', (key) => {
    const inside = fields.object(key);
    const host = inside.oneOf('host', ['127.0.0.1', '::1'], '127.0.0.1');
    return inside.done({ host, port: inside.integer('port', { least: 0, most: 65_535 }) });
  });
  if (socket === null && tcp === null) throw refuse('socket', null, 'a socket, or tcp, or both: nobody could call');
  return { socket, tcp };
}

function readMode(fields: Fields): number {
  const text = fields.text('mode', '0660');
  if (!/^0?[0-7]{3}$/.test(text)) throw refuse(fields.at('mode'), text, 'an octal mode such as "0660"');
  return Number.parseInt(text, 8);
}

function readHttp(fields: Fields): HttpLimits {
  const limits = Object.entries(HTTP_LIMITS).map(([key, fallback]) => {
    return [key, fields.number(key, { least: 0.1, most: 86_400 }, fallback)] as const;
  });
  return fields.done(Object.fromEntries(limits) as unknown as HttpLimits);
}

function readEngine(fields: Fields): Pick<ServiceConfig, 'engine' | 'frame'> {
  const most = { least: 1, most: MOST_THREADS };
  const usual = Math.min(MOST_THREADS, availableParallelism());
  const threads = fields.integer('threads', most, usual) as 1 | 2 | 3;
  const frame = fields.object('frame');
  const side = { least: 16, most: 65_535 };
  const engine: EngineSettings = {
    levels: readLevels(fields.object('levels')),
    memoryBytes: MEGABYTE * fields.integer('memoryMB', { least: 100, most: 1_000_000 }, 300),
    threads,
    hotThreads: fields.integer('hotThreads', most, 1) as 1 | 2 | 3,
    attempts: fields.integer('attempts', { least: 1, most: 100 }, 3),
    integrity: fields.oneOf('integrity', INTEGRITY_MODES, 'checked'),
  };
  const size = { width: frame.integer('width', side, 2048), height: frame.integer('height', side, 1536) };
  return fields.done({ engine, frame: frame.done(size) });
}

function readLevels(fields: Fields): LevelOptions {
  const isDefault = fields.keys.length === 0;
  const deconvolve = fields.orNull('deconvolve', (key) => {
    const inside = fields.object(key);
    const method = inside.oneOf('method', ['hyper-laplacian', 'wiener'], 'hyper-laplacian');
    return inside.done({ psf: inside.text('psf'), method });
  });
  return fields.done({
    network: isDefault ? 'eo-defocus-small' : fields.orNull('network', (key) => fields.text(key)),
    networkSmall: fields.orNull('networkSmall', (key) => fields.text(key)),
    deconvolve,
  });
}

function readScheduling(fields: Fields): SchedulingSettings {
  return fields.done({
    policy: fields.orNull('policy', (key) => fields.oneOf(key, ['other', 'batch', 'idle'])),
    nice: fields.orNull('nice', (key) => fields.integer(key, { least: -20, most: 19 })),
    cpus: fields.orNull('cpus', (key) =>
      fields.list(key, (item, where) => {
        if (Number.isInteger(item) && (item as number) >= 0 && (item as number) < 1024) return item as number;
        throw refuse(where, item, 'the number of a processor');
      }),
    ),
  });
}

function readRoots(fields: Fields): SystemRoots {
  const roots = Object.entries(SYSTEM_ROOTS).map(([key, path]) => [key, fields.text(key, path)] as const);
  return fields.done(Object.fromEntries(roots) as unknown as SystemRoots);
}
