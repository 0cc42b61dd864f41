// What many captures cost: node service/bench/scale.mjs [captures, default 10000]
// Start, rebuild from the manifests, and acknowledgements and requests while as many wait, with an engine that listens.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { checkRequest } from '../dist/capture/request.js';
import { Engine } from '../dist/engine/engine.js';
import { Restorers } from '../dist/engine/restorers.js';
import { realIo } from '../dist/io.js';
import { Board } from '../dist/limits/board.js';
import { openStore, rebuildStore } from '../dist/store/open.js';
import { DEFAULT_LIMITS } from '../dist/store/options.js';

const count = Number(process.argv[2] ?? 10_000);
const most = { captures: 2 * count, bytes: 1e12 };
const limits = {
  ...DEFAULT_LIMITS,
  ...{ queue: most, records: 4 * count, minFreeBytes: 0, reserveBytes: 0 },
  app: { ...DEFAULT_LIMITS.app, ...most, records: 4 * count },
};
const PRODUCT = { level: 'pass-through', levelReason: 'bench', model: null, mime: 'image/png', width: 4, height: 3 };
const io = realIo();

/** Nothing is made durable: the bench makes its store so, and measures with the real disk. */
function hasty() {
  /** @type {import('../dist/io.js').Io} */
  const made = {
    ...io,
    syncFolder: async () => {},
    create: async (path) => unsynced(await io.create(path)),
    open: async (path) => unsynced(await io.open(path)),
    run: (work, input) => work.run(made, input),
  };
  return made;
}

/** @param {import('../dist/io.js').IoFile} file */
const unsynced = (file) => ({
  write: (/** @type {Uint8Array} */ bytes) => file.write(bytes),
  read: (/** @type {Uint8Array} */ into, /** @type {number} */ position) => file.read(into, position),
  size: () => file.size(),
  copyTo: (/** @type {string} */ path) => file.copyTo(path),
  sync: async () => {},
  protect: () => file.protect(),
  close: () => file.close(),
});

/** @typedef {import('../dist/store/store.js').Store} Store */

/** @param {Store} store @param {string} id */
const request = (store, id) => store.request('app', id, checkRequest({ camera: 'front' }, store.clock.now()));

/** @param {Store} store @param {string} id */
async function storeOne(store, id) {
  await request(store, id);
  await store.advance(id, { to: 'acquiring' });
  await writeFile(store.inboxPath(id), 'raw');
  await store.adopt(id, store.inboxPath(id), { mime: 'image/jpeg', width: 4, height: 3 });
  const draft = await store.beginProduct(id, 'png');
  await writeFile(draft.productPath, 'product');
  await store.commit(draft, /** @type {any} */ ({ ...PRODUCT, thumbnail: null, report: null }));
}

/** @param {readonly string[]} ids @param {(id: string) => Promise<unknown>} run */
async function inLots(ids, run) {
  for (let start = 0; start < ids.length; start += 16) await Promise.all(ids.slice(start, start + 16).map(run));
}

/** @param {() => Promise<unknown>} run */
async function secondsOf(run) {
  const begin = performance.now();
  await run();
  return Number(((performance.now() - begin) / 1000).toFixed(2));
}

/** Milliseconds of each. @param {readonly string[]} ids @param {(id: string) => Promise<unknown>} run */
async function spread(ids, run) {
  /** @type {number[]} */
  const times = [];
  for (const id of ids) times.push(1000 * (await preciseSeconds(() => run(id))));
  times.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => Number((times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(2));
  return { median: at(0.5), p99: at(0.99) };
}

/** @param {() => Promise<unknown>} run */
async function preciseSeconds(run) {
  const begin = performance.now();
  await run();
  return (performance.now() - begin) / 1000;
}

/** An engine whose camera waits for frames that never come. @param {Store} store @param {string} nowhere */
async function openEngine(store, nowhere) {
  const roots = { proc: nowhere, cgroup: nowhere, thermal: nowhere, edac: nowhere };
  const board = await Board.open(io, roots, { hot: 70, critical: 85 });
  const levels = { network: null, networkSmall: null, deconvolve: null };
  const settings = /** @type {const} */ ({
    levels,
    memoryBytes: 300e6,
    threads: 1,
    hotThreads: 1,
    attempts: 3,
    integrity: 'checked',
  });
  const driver = /** @type {const} */ ({ driver: 'push', width: null, height: null });
  const usual = { timeoutSeconds: 600, attempts: 3, mostBytes: 1e6, pushers: [], standing: null, queue: 9 };
  const camera = /** @type {const} */ ({ name: 'front', driver, ...usual, overflow: 'block' });
  const engine = new Engine({ io, store, board, settings, cameras: [camera] }, new Restorers(levels, settings));
  return { close: () => Promise.all([engine.close(), board.close()]) };
}

const parent = await mkdtemp(join(tmpdir(), 'perifocal-scale-'));
const options = { folder: join(parent, 'store'), limits };
const ids = Array.from({ length: count }, () => randomUUID());
try {
  let store = await openStore({ ...options, io: hasty() });
  await inLots(ids, (id) => storeOne(store, id));
  await store.close();
  const start = await secondsOf(async () => {
    store = await openStore({ ...options, io });
  });
  await store.close();
  const rebuild = await secondsOf(() => rebuildStore({ ...options, io }));
  store = await openStore({ ...options, io });
  const tend = 1000 * (await preciseSeconds(() => store.tend()));
  const idle = await spread(ids.slice(0, 200), (id) => store.ack(id, 'app'));
  await inLots(
    Array.from({ length: count }, () => randomUUID()),
    (id) => request(store, id),
  );
  const engine = await openEngine(store, join(parent, 'nowhere'));
  const ack = await spread(ids.slice(200, 700), (id) => store.ack(id, 'app'));
  const more = Array.from({ length: 200 }, () => randomUUID());
  const ask = await spread(more, (id) => request(store, id));
  await engine.close();
  await store.close();
  const result = { captures: count, startSeconds: start, rebuildSeconds: rebuild, tendMilliseconds: Math.round(tend) };
  console.log(JSON.stringify({ ...result, ackMilliseconds: idle, withAsManyWaiting: { ack, request: ask } }));
} finally {
  await rm(parent, { recursive: true, force: true });
}
