import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Capture, CaptureRequest } from '../../lib/capture/capture.js';
import { checkRequest } from '../../lib/capture/request.js';
import { realIo } from '../../lib/io.js';
import type { Io } from '../../lib/io.js';
import { openStore } from '../../lib/store/open.js';
import { DEFAULT_LIMITS } from '../../lib/store/options.js';
import type { StoreLimits } from '../../lib/store/options.js';
import type { Store } from '../../lib/store/store.js';
import { uuidOf } from './captures.js';
import { FACTS } from './facts.js';

/** In memory where there is such a place: thousands of stores are quicker there. What a crash leaves is computed. */
export const QUICK_FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Small, so that tests are quick. */
export const SMALL_LIMITS: StoreLimits = { ...DEFAULT_LIMITS, minFreeBytes: 0, reserveBytes: 64 * 1024 };

/** A folder that is gone after the test. */
export async function temporaryFolder(parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'perifocal-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A store that is closed after the test. */
export async function openReal(folder: string, limits: Partial<StoreLimits> = {}, io: Io = realIo()): Promise<Store> {
  const store = await openStore({ folder: join(folder, 'store'), io, limits: { ...SMALL_LIMITS, ...limits } });
  onTestFinished(() => store.close());
  return store;
}

/** Requests a capture with the id of that number. */
export async function request(
  store: Store,
  n: number,
  changes: Partial<Record<keyof CaptureRequest | 'holdFor', unknown>> = {},
): Promise<Capture> {
  return (await store.request('app', uuidOf(n), checkRequest({ camera: 'main', ...changes }, store.clock.now())))
    .capture;
}

/** Acquires it: the frame is what its number says. */
export async function acquire(store: Store, n: number, bytes = 100): Promise<Capture> {
  const id = uuidOf(n);
  await store.advance(id, { to: 'acquiring' });
  await writeFile(store.inboxPath(id), Buffer.alloc(bytes, `raw ${n} `));
  return store.adopt(id, store.inboxPath(id), { mime: 'image/jpeg', width: 4, height: 3 });
}

/** Restores and stores it. */
export async function restore(store: Store, n: number, bytes = 200): Promise<Capture> {
  const draft = await store.beginProduct(uuidOf(n), 'png');
  await writeFile(draft.productPath, Buffer.alloc(bytes, `product ${n} `));
  await writeFile(draft.thumbnailPath, Buffer.alloc(20, `thumb ${n} `));
  return store.commit(draft, FACTS);
}

export async function storeWhole(
  store: Store,
  n: number,
  changes: Parameters<typeof request>[2] = {},
): Promise<Capture> {
  await request(store, n, changes);
  await acquire(store, n);
  return restore(store, n);
}
