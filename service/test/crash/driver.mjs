// A program that uses the store as the service does, for tests that end it at any moment:
//   node driver.mjs STORE LOG CAPTURES [SEED]
// It recovers, then lets captures come to their end, and logs what a client would have been told, each line whole
// before the next step.
import { appendFileSync, writeFileSync } from 'node:fs';
import { checkRequest } from '../../dist/capture/request.js';
import { realIo } from '../../dist/io.js';
import { openStore } from '../../dist/store/open.js';
import { DEFAULT_LIMITS } from '../../dist/store/options.js';

const [folder = '', log = '', captures = '', seed = '0'] = process.argv.slice(2);
// Frames and products are evicted early; manifests stay, and must not fill the quota however long the program lives.
const { classes } = DEFAULT_LIMITS;
const early = { raw: { ...classes.raw, bytes: 100_000 }, product: { ...classes.product, bytes: 150_000 } };
const limits = { ...DEFAULT_LIMITS, minFreeBytes: 0, reserveBytes: 16 * 1024, classes: { ...classes, ...early } };
/** @param {object} record */
const say = (record) => appendFileSync(log, `${JSON.stringify(record)}\n`);

const store = await openStore({ folder, io: realIo(), limits });
store.onEvent(({ seq, captureId: id, type, detail: { sha256 } }) => say({ kind: 'event', seq, id, type, sha256 }));
for (const { id } of store.live()) await finish(id);
for (let n = 0; n < Number(captures); n += 1) await takeOne(idOf(n), n);
await store.tend();
await store.close();

/** @param {string} id @param {number} n */
async function takeOne(id, n) {
  if (await store.get(id)) return;
  const checked = checkRequest({ camera: 'main', holdFor: 0 }, Date.now());
  await retry(() => store.request('app', id, checked));
  say({ kind: 'accepted', id });
  if (n % 4 === 3) await retry(() => store.cancel(id, 'app'));
  else await finish(id);
  if (n % 4 === 1) await retry(() => store.ack(id, 'app'));
  await store.tend();
}

/** From wherever it stands to `stored`. @param {string} id */
async function finish(id) {
  for (;;) {
    if (stateOf(id) === undefined) return;
    await retry(() => advance(id));
  }
}

/** @param {string} id */
function stateOf(id) {
  return store.live().find((capture) => capture.id === id)?.state;
}

/** One step, from wherever an attempt that failed has left it. @param {string} id */
async function advance(id) {
  const state = stateOf(id);
  if (state === 'requested') await store.advance(id, { to: 'acquiring' });
  if (state === 'acquiring') {
    const path = store.inboxPath(id);
    writeFileSync(path, Buffer.alloc(9000, `raw ${id} `));
    await store.adopt(id, path, { mime: 'image/jpeg', width: 4, height: 3 });
  }
  if (state === 'restoring') await store.advance(id, { to: 'acquired', reason: 'tried again' });
  if (state === 'acquired') await restore(id);
}

/** @param {string} id */
async function restore(id) {
  const draft = await store.beginProduct(id, 'png');
  writeFileSync(draft.productPath, Buffer.alloc(14_000, `product ${id} `));
  writeFileSync(draft.thumbnailPath, Buffer.alloc(1000, `thumbnail ${id} `));
  const size = { width: 4, height: 3 };
  const model = { name: 'eo', sha256: 'b'.repeat(64) };
  const level = /** @type {const} */ ('network');
  const facts = { level, levelReason: 'in time', model, mime: 'image/png', ...size, thumbnail: size };
  await store.commit(draft, { ...facts, report: { seconds: 1 } });
}

/**
 * The disk may fail: the store says so, recovers, and is asked again. What fails for good ends the program.
 * @template T
 * @param {() => Promise<T>} run
 * @returns {Promise<T>}
 */
async function retry(run) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === 8) throw error;
      say({ kind: 'note', error: String(error) });
      await store.tend();
    }
  }
}

/** @param {number} n */
function idOf(n) {
  return `${seed.padStart(8, '0')}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}
