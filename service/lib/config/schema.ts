import { FORMATS, LEVELS } from '../capture/capture.js';
import { NAME, REQUEST_DEFAULTS, YEAR_SECONDS } from '../capture/request.js';
import { INTEGRITY_MODES } from '../engine/restorers.js';
import { ROLES } from '../http/access.js';
import { DEFAULT_LIMITS as HTTP_LIMITS } from '../http/context.js';
import { integer, list, number, object, oneOf, orNull, text } from '../http/schemas/schema.js';
import type { Schema } from '../http/schemas/schema.js';
import { SYSTEM_ROOTS } from '../limits/roots.js';
import { DEFAULT_LIMITS } from '../store/options.js';
import { CAMERA_SCHEMA } from './camera-schema.js';

const MOST = Number.MAX_SAFE_INTEGER;
const name = (description: string): Schema => text(description, { pattern: NAME.source });
const bytes = (description: string, fallback: number, least = 0): Schema =>
  integer(`${description}, in bytes`, least, MOST, { default: fallback });
const seconds = (description: string, fallback: number, least = 0): Schema =>
  number(`${description}, in seconds`, { minimum: least, default: fallback });

const limits = DEFAULT_LIMITS;
const fileClass = (what: keyof typeof limits.classes): Schema =>
  object(`Of ${what} files`, {
    bytes: bytes('Above it, the oldest go', limits.classes[what].bytes),
    ageSeconds: seconds('Older ones go', limits.classes[what].ageSeconds),
  });
const waiting = ({ captures, bytes: most }: typeof limits.queue): Readonly<Record<string, Schema>> => ({
  captures: integer('How many may wait', 1, MOST, { default: captures }),
  bytes: bytes('Their frames', most, 1),
});
const APP = object('What each app may take; keptBytes: half of the quota', {
  ...waiting(limits.app),
  keptBytes: integer('All of its files, in bytes', 1, MOST),
  records: integer('Captures, whatever has become of them', 1, MOST, { default: limits.app.records }),
  holdSeconds: integer('The longest hold', 0, YEAR_SECONDS, { default: limits.app.holdSeconds }),
});

const STORE = object(
  'Where all is kept',
  {
    folder: text('Made where it is missing; may be relative to the file', { minLength: 1 }),
    limits: object('What it may take', {
      quotaBytes: bytes('All files', limits.quotaBytes, 2 ** 20),
      minFreeBytes: bytes('What the file system is left', limits.minFreeBytes),
      classes: object('By the kind of file', {
        raw: fileClass('raw'),
        product: fileClass('product'),
        thumbnail: fileClass('thumbnail'),
        manifest: fileClass('manifest'),
      }),
      queue: object('Captures of all apps', waiting(limits.queue)),
      records: integer('Captures of all apps, whatever has become of them', 1, MOST, { default: limits.records }),
      app: APP,
      apps: { type: 'object', description: 'Of one app; default as app', additionalProperties: APP },
      events: integer('Events that are kept, at least', 100, MOST, { default: limits.events }),
      quarantine: object('What nobody knows and is kept aside', {
        bytes: bytes('All of it', limits.quarantine.bytes),
        files: integer('How many files', 0, MOST, { default: limits.quarantine.files }),
      }),
      reserveBytes: bytes('Given up when the disk is full', limits.reserveBytes),
      longestOffSeconds: seconds('Time without the service that counts, at most', limits.longestOffSeconds),
      scrubSeconds: seconds('Between two files that are read again', limits.scrubSeconds, 0.1),
    }),
  },
  ['folder'],
);

const SOCKET = object(
  'The Unix socket',
  {
    path: text('May be relative to the file', { minLength: 1 }),
    mode: text('Its permissions, octal', { pattern: '^0?[0-7]{3}$', default: '0660' }),
    group: orNull(text('The name of its group; default that of the service', { minLength: 1 })),
  },
  ['path'],
);

const TCP = object(
  'A port of this machine',
  {
    host: { ...oneOf('The address', ['127.0.0.1', '::1']), default: '127.0.0.1' },
    port: integer('0: any that is free', 0, 65_535),
  },
  ['port'],
);

const RULE: Schema = {
  ...object(
    'Who may call, known by one of user, uid, group and tokenFile',
    {
      app: name('The app that it is'),
      role: oneOf('What it may do', ROLES),
      user: text('The name of a user', { minLength: 1 }),
      uid: integer('The number of a user', 0, 2 ** 32 - 2),
      group: text('The name of a group', { minLength: 1 }),
      tokenFile: text('A file with a token, readable by its owner only', { minLength: 1 }),
      maxPriority: integer('The most urgent that it may ask for', 0, 9, { default: 9 }),
      linkFolders: list('Folders, absolute, into which it may have files linked', text('A folder', { pattern: '^/' })),
    },
    ['app', 'role'],
  ),
  oneOf: ['user', 'uid', 'group', 'tokenFile'].map((key) => ({ required: [key] })),
};

const HTTP_TEXTS: Readonly<Record<keyof typeof HTTP_LIMITS, string>> = {
  connections: 'Connections at the same time',
  connectionsPerUser: 'Those of one user of the system, and all of TCP together',
  requestsPerSecond: 'Requests of one app in a second, in the long run; twice as many at once',
  waitsPerApp: 'Waiting requests and streams of one app at the same time',
  headSeconds: "Until a request's head has arrived",
  bodySeconds: "Until a request's JSON has arrived",
  frameSeconds: 'Until a frame has arrived',
  idleSeconds: 'Without a byte in either direction',
  heartbeatSeconds: 'Between signs of life of an event stream',
};
const httpLimit = (key: keyof typeof HTTP_LIMITS): Schema =>
  number(HTTP_TEXTS[key], { minimum: 0.1, maximum: 86_400, default: HTTP_LIMITS[key] });

const HTTP = object(
  'Limits of the API',
  Object.fromEntries((Object.keys(HTTP_LIMITS) as (keyof typeof HTTP_LIMITS)[]).map((key) => [key, httpLimit(key)])),
);

const THREADS = integer('That compute; default as there are processors', 1, 3);
const SIDE = (fallback: number): Schema => integer('In pixels', 16, 65_535, { default: fallback });

const ENGINE = object('How frames are restored', {
  memoryMB: integer('Of the whole process, in 1e6 bytes', 100, 1_000_000, { default: 300 }),
  threads: THREADS,
  hotThreads: { ...THREADS, description: 'While the board is hot', default: 1 },
  attempts: integer('To restore a frame before it has failed', 1, 100, { default: 3 }),
  integrity: { ...oneOf('What of the work is checked against flipped bits', INTEGRITY_MODES), default: 'checked' },
  frame: object('The largest, for the plan at the start', { width: SIDE(2048), height: SIDE(1536) }),
  levels: object('Without any: the network eo-defocus-small', {
    network: orNull(text('A packaged model, or the path of a model file', { minLength: 1 })),
    networkSmall: orNull(text('A quicker one', { minLength: 1 })),
    deconvolve: orNull(
      object(
        'Deconvolution',
        {
          psf: text('The kernel of the camera: in words, or a file', { minLength: 1 }),
          method: { ...oneOf('How', ['hyper-laplacian', 'wiener']), default: 'hyper-laplacian' },
        },
        ['psf'],
      ),
    ),
  }),
});

const SCHEDULING = object('The process among others', {
  policy: orNull(oneOf('Of the threads that compute', ['other', 'batch', 'idle'])),
  nice: orNull(integer('Of the threads that compute', -20, 19)),
  cpus: orNull(list('Numbers of the processors that it may use', integer('A processor', 0, 1023))),
});

const STANDING = orNull(
  object(
    'What frames that come unasked are taken as',
    {
      app: name('Whose captures they are'),
      priority: integer('0 to 9', 0, 9, { default: REQUEST_DEFAULTS.priority }),
      levels: list('That may be used; default all', oneOf('A level', LEVELS)),
      output: object('The product', {
        format: { ...oneOf('Its format', FORMATS), default: 'png' },
        quality: orNull(integer('Of jpeg and webp', 1, 100)),
      }),
      deadlineMs: orNull(integer('From when the frame comes, in milliseconds', 1, YEAR_SECONDS * 1000)),
      holdForSeconds: integer('Products are held', 0, YEAR_SECONDS, { default: REQUEST_DEFAULTS.holdForSeconds }),
    },
    ['app'],
  ),
);

const DEGREES = (fallback: number): Schema =>
  number('Degrees Celsius', { minimum: 0, maximum: 150, default: fallback });

/** The configuration of a service as a JSON schema; what the code refuses beyond it is said in the documentation. */
export const CONFIG_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Configuration of perifocal-serve',
  ...object(
    'One service',
    {
      $schema: text('The path of this schema, for editors'),
      store: STORE,
      socket: orNull(SOCKET),
      tcp: orNull(TCP),
      access: list('Who may call; default nobody', RULE),
      http: HTTP,
      engine: ENGINE,
      cameras: {
        type: 'object',
        description: 'By their names',
        propertyNames: { pattern: NAME.source },
        additionalProperties: CAMERA_SCHEMA(STANDING),
      },
      thermal: object('Where heat begins', { hot: DEGREES(75), critical: DEGREES(90) }),
      scheduling: SCHEDULING,
      roots: object(
        'Where the kernel tells of the board',
        Object.fromEntries(
          Object.entries(SYSTEM_ROOTS).map(([key, path]) => [key, text('A folder', { minLength: 1, default: path })]),
        ),
      ),
    },
    ['store'],
  ),
  anyOf: ['socket', 'tcp'].map((key) => ({ required: [key], properties: { [key]: { type: 'object' } } })),
};
