import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ServiceError } from '../lib/errors.js';
import { crc32c } from '../lib/store/crc32c.js';
import { decodeManifest } from '../lib/store/manifest.js';
import { rebuildStore } from '../lib/store/open.js';
import { verifyRow } from '../lib/store/rows.js';
import { loadSqlite } from '../lib/store/sqlite-module.js';
import { realIo } from '../lib/io.js';
import { uuidOf } from './support/captures.js';
import { Random } from './support/random.js';
import { acquire, openReal, request, storeWhole, temporaryFolder } from './support/real-store.js';

const flip = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};

test('CRC-32C is that of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283');
  expect(crc32c(Buffer.alloc(32)).toString(16)).toBe('8a9136aa');
});

describe('every single flipped bit', () => {
  test('of the manifests of a store is noticed', async () => {
    const store = await openReal(await temporaryFolder());
    const capture = await storeWhole(store, 1);
    for (const name of ['manifest.json', 'acquired.json']) {
      const bytes = readFileSync(join(dirname(store.pathOf(capture, 'raw')), name));
      expect(decodeManifest(bytes)?.capture.id).toBe(capture.id);
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        if (decodeManifest(flip(bytes, bit)) !== null) throw new Error(`bit ${bit} of ${name} makes no difference`);
      }
    }
  });

  test('of every row of a database is noticed and healed', async () => {
    const folder = await temporaryFolder();
    const store = await openReal(folder);
    await storeWhole(store, 1);
    await request(store, 2);
    await store.close();
    const database = new (loadSqlite().DatabaseSync)(join(folder, 'store', 'catalogue-000001.db'));
    const rows = ['captures', 'events', 'memos'].flatMap((table) => database.prepare(`SELECT * FROM ${table}`).all());
    database.close();
    expect(rows).toHaveLength(9);
    for (const row of rows as { key: number; body: Uint8Array; crc: number; copy: Uint8Array }[]) {
      expect(verifyRow(row)).toEqual({ body: row.body, healed: false });
      for (let bit = 0; bit < row.body.length * 8; bit += 1) {
        for (const damaged of [
          { ...row, body: flip(row.body, bit) },
          { ...row, copy: flip(row.copy, bit) },
        ]) {
          const { body, healed } = verifyRow(damaged);
          if (!healed || Buffer.compare(body!, row.body) !== 0) throw new Error(`bit ${bit} of row ${row.key}`);
        }
      }
      for (let bit = 0; bit < 32; bit += 1) {
        const crc = (row.crc ^ (1 << bit)) >>> 0;
        expect(verifyRow({ ...row, crc })).toEqual({ body: row.body, healed: true });
      }
    }
  });
});

describe('a damaged database', () => {
  test('single bits of its file: captures and events are as they were, or it says what is lost', {
    timeout: 120_000,
  }, async () => {
    const folder = await temporaryFolder();
    const store = await openReal(folder);
    for (let n = 1; n <= 3; n += 1) await storeWhole(store, n);
    const before = { captures: await store.list({ limit: 9 }), events: (await store.events(0, 99)).events };
    await store.close();
    const file = join(folder, 'store', 'catalogue-000001.db');
    const whole = readFileSync(file);
    const random = new Random(3);
    let noticed = 0;
    for (let round = 0; round < 60; round += 1) {
      for (const name of readdirSync(join(folder, 'store'))) {
        if (name.startsWith('catalogue-')) rmSync(join(folder, 'store', name));
      }
      writeFileSync(file, flip(whole, random.below(whole.length * 8)));
      const opened = await openReal(folder);
      const captures = await opened.list({ limit: 9 });
      // Events are in the database only: where they are lost, the log begins anew, above all that was seen.
      const page = await opened.events(0, 99).catch((error: ServiceError) => error);
      const { events = null, firstSeq = 1 } = page instanceof ServiceError ? {} : page;
      const { counters, reasons } = opened.health();
      const isDamaged = page instanceof ServiceError && page.code === 'DAMAGED';
      const said = isDamaged || counters.healedRows + counters.damagedRows > 0 || reasons.length > 0;
      if (said) noticed += 1;
      await opened.close();
      expect(captures, `round ${round}`).toEqual(before.captures);
      if (firstSeq === 1 && !said) expect(events).toEqual(before.events);
      else if (firstSeq > 1) expect(firstSeq).toBeGreaterThan(1_000_000);
    }
    expect(noticed).toBeGreaterThan(5);
  });

  test('and one that is gone is made anew from manifests', async () => {
    const folder = await temporaryFolder();
    const store = await openReal(folder);
    for (let n = 1; n <= 3; n += 1) await storeWhole(store, n);
    await request(store, 4);
    await acquire(store, 4);
    const before = await store.list({ limit: 9 });
    await store.close();
    const report = await rebuildStore({ folder: join(folder, 'store'), io: realIo() });
    expect(report).toMatchObject({ captures: 4, rebuilt: true, quarantinedFiles: 0 });
    const again = await openReal(folder);
    expect(await again.list({ limit: 9 })).toEqual(
      before.map((capture) => ({ ...capture, attempts: expect.anything() })),
    );
    expect((await again.events(0, 9)).firstSeq).toBe(1_000_001);
    expect(again.live().map(({ id }) => id)).toEqual([uuidOf(4)]);
  });

  test('files that nobody knows are kept aside by a rebuild', async () => {
    const folder = await temporaryFolder();
    const store = await openReal(folder);
    const capture = await storeWhole(store, 1);
    await store.close();
    const own = dirname(store.pathOf(capture, 'raw'));
    cpSync(own, join(own, '..', uuidOf(77)), { recursive: true });
    const report = await rebuildStore({ folder: join(folder, 'store'), io: realIo() });
    expect(report).toMatchObject({ captures: 1, quarantinedFiles: 5 });
    const again = await openReal(folder);
    expect(again.usage().quarantinedBytes).toBeGreaterThan(300);
  });
});

test('a rebuild that cannot read the folders leaves the old database in its place', async () => {
  const folder = await temporaryFolder();
  const store = await openReal(folder);
  await storeWhole(store, 1);
  await request(store, 2);
  await store.close();
  const real = realIo();
  const list = (path: string): Promise<string[]> =>
    /\/\d{4}$/.test(path) ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) : real.list(path);
  await expect(rebuildStore({ folder: join(folder, 'store'), io: { ...real, list } })).rejects.toThrow('EIO');
  const again = await openReal(folder);
  expect((await again.list({ limit: 9 })).map(({ state }) => state)).toEqual(['stored', 'requested']);
});
