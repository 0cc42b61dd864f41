import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { realIo } from '../lib/io.js';
import { checkAndHeal, checkStore } from '../lib/store/check-store.js';
import { rebuildStore } from '../lib/store/open.js';
import { loadSqlite } from '../lib/store/sqlite-module.js';
import { uuidOf } from './support/captures.js';
import { openReal, storeWhole, temporaryFolder } from './support/real-store.js';

const CLI = fileURLToPath(new URL('../dist/cli/store.js', import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
const RAYS = Buffer.alloc(200, 'rays');

/** Two captures: the first has a bad product and a row of which one copy is bad, the second a bad manifest. */
async function damagedStore() {
  const folder = await temporaryFolder();
  const store = await openReal(folder);
  const [one, two] = [await storeWhole(store, 1), await storeWhole(store, 2)];
  const paths = { product: store.pathOf(one, 'product'), manifest: store.pathOf(two, 'manifest') };
  await store.close();
  for (const path of Object.values(paths)) damage(path);
  edit(folder, `UPDATE captures SET copy = x'00' WHERE key = 1`);
  return { folder: join(folder, 'store'), paths, one, two };
}

/** Another file of the same size under the same name. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
}

function edit(folder: string, sql: string): void {
  const database = new (loadSqlite().DatabaseSync)(join(folder, 'store', 'catalogue-000001.db'));
  database.exec(sql);
  database.close();
}

const stateOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'lock')
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${statSync(path).size} ${readFileSync(path).toString('hex')}`);

test('a check reports, each thing once, and changes nothing', async () => {
  const { folder } = await damagedStore();
  const before = stateOf(folder);
  const { findings, captures } = await checkStore({ io: realIo(), folder, deep: true });
  expect(
    findings.map(({ invariant, message }) => `${invariant} ${message.replace(/\d{4}\/\d\d\/\d\d\//, '')}`),
  ).toEqual([
    'I0 one copy of the record captures 1 is damaged',
    `I1 ${uuidOf(1)}/restored.png is not what was stored`,
    `I1 ${uuidOf(2)}/manifest.json is damaged`,
  ]);
  expect(captures).toBe(2);
  expect(stateOf(folder)).toEqual(before);
});

test('a record whose copies are both damaged is found once', async () => {
  const { folder } = await damagedStore();
  edit(dirname(folder), `UPDATE captures SET body = x'01' WHERE key = 1`);
  const { findings } = await checkStore({ io: realIo(), folder, deep: true });
  expect(findings.filter(({ message }) => /captures 1|0001/.test(message))).toEqual([
    { invariant: 'I0', message: 'the record captures 1 is damaged' },
  ]);
});

test('a check with healing mends what it can, and says what', async () => {
  const { folder, one } = await damagedStore();
  const { findings, mended } = await checkAndHeal({ io: realIo(), folder, deep: true });
  expect(mended.map(({ message }) => message.split('/').at(-1))).toEqual([
    'one copy of the record captures 1 is damaged',
    'restored.png is not what was stored',
    'manifest.json is damaged',
  ]);
  expect(findings.map(({ message }) => message.split('/').at(-1))).toEqual([
    'restored.png is not what was stored: it is made anew when the service runs',
  ]);
  const store = await openReal(dirname(folder));
  expect((await store.nextRepair())?.id).toBe(one.id);
});

test('a store that a service has open is not checked, and the exit codes tell', async () => {
  const { folder } = await damagedStore();
  expect(run('check', folder)).toMatchObject({ status: 1, stdout: expect.stringContaining('3 things are not') });
  const healed = run('check', '--heal', folder);
  expect(healed).toMatchObject({ status: 1, stdout: expect.stringContaining('mended  I1') });
  const store = await openReal(dirname(folder));
  expect(run('check', folder)).toMatchObject({ status: 2, stderr: expect.stringMatching(/^LOCKED: Another service/) });
  await store.close();
  expect(run('check', dirname(folder))).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^FORMAT: .*no store/),
  });
  const whole = await temporaryFolder();
  await (await openReal(whole)).close();
  expect(run('check', join(whole, 'store'))).toMatchObject({ status: 0 });
  const rebuilt = run('rebuild', join(whole, 'store'));
  expect(rebuilt).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+ captures in /), stderr: '' });
});

test('a rebuild asks the old database where a manifest is damaged, and keeps it aside', async () => {
  const { folder, one, two } = await damagedStore();
  await rebuildStore({ folder, io: realIo() });
  expect(readdirSync(join(folder, 'quarantine'))).toEqual(['000001-catalogue-000001.db']);
  const store = await openReal(dirname(folder));
  expect(await store.list({ limit: 9 })).toMatchObject([
    { id: one.id, state: 'stored', product: one.product },
    { id: two.id, state: 'stored', product: two.product },
  ]);
  await store.close();
  const { findings } = await checkStore({ io: realIo(), folder, deep: true });
  expect(findings.map(({ message }) => message.split('/').at(-1))).toEqual(['restored.png is not what was stored']);
});

test('a rebuild makes a product anew that is not there in its size, and does not forget it', async () => {
  const { folder, paths, one } = await damagedStore();
  writeFileSync(paths.product, RAYS.subarray(0, 7));
  await rebuildStore({ folder, io: realIo() });
  const store = await openReal(dirname(folder));
  expect(await store.get(one.id)).toMatchObject({ state: 'stored', product: one.product });
  expect((await store.nextRepair())?.id).toBe(one.id);
});
