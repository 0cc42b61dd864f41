import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { realIo } from '../lib/io.js';
import { openStore } from '../lib/store/open.js';
import { has, runDriver, startDriver } from './crash/programs.js';
import { Random } from './support/random.js';
import { findingsOf, readClientLog } from './support/real-check.js';
import { QUICK_FOLDER, SMALL_LIMITS, temporaryFolder } from './support/real-store.js';

/**
 * Long forms: `CRASH_EVERY=1` for every system call, `CRASH_KILLS=1000` for the soak, before
 * `npx vitest run --project service service/test/crash-kills.test.ts`.
 */
const every = Number(process.env.CRASH_EVERY ?? '9');
const kills = Number(process.env.CRASH_KILLS ?? '10');
const isLong = every < 9 || kills > 10;
const TIMEOUT_MS = isLong ? 36_000_000 : 600_000;

/** strace counts calls for each thread: Node's files are the one of the pool, the database is SQLite's. */
const SETS = { files: 'fsync,rename,unlink,mkdir,rmdir', database: 'fdatasync,pwrite64,ftruncate' };
const MOST_CALLS = 500;

async function recoverAndCheck(work: string): Promise<string[]> {
  const folder = join(work, 'store');
  await mkdir(folder, { recursive: true });
  const store = await openStore({ folder, io: realIo(), limits: SMALL_LIMITS });
  await store.close();
  return findingsOf(folder, readClientLog(join(work, 'log')));
}

/** Resolves once the log of what a client was told has so many lines; the test's own time bounds it. */
async function hasSaid(log: string, lines: number): Promise<void> {
  while (readClientLog(log).length < lines) await sleep(20);
}

describe.skipIf(!has('strace'))(`at every ${every}th system call of a capture's life`, () => {
  const faults = ['signal=KILL', 'error=ENOSPC', 'error=EDQUOT', 'error=EIO'];
  const cases = faults.flatMap((fault) => Object.entries(SETS).map(([name, calls]) => ({ fault, name, calls })));

  test.each(cases)('$fault in $name', { timeout: TIMEOUT_MS }, async ({ fault, calls }) => {
    let injected = 0;
    for (let when = 1 + (fault.length % every); when < MOST_CALLS; when += every) {
      const work = await temporaryFolder(QUICK_FOLDER);
      const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:${fault}:when=${when}`];
      const prefix = ['strace', '-f', '-qq', '-o', join(work, 'strace'), ...inject];
      const env = { UV_THREADPOOL_SIZE: '1' };
      const { error, signal, status, stderr } = runDriver([join(work, 'store'), join(work, 'log'), '1'], {
        prefix,
        env,
      });
      const findings = await recoverAndCheck(work);
      expect(findings, `${fault} at call ${when}: ${stderr}`).toEqual([]);
      expect(error, `call ${when}`).toBeUndefined();
      const hit = /INJECTED|killed by SIGKILL/.test(readFileSync(join(work, 'strace'), 'utf8'));
      if (!hit) break;
      injected += 1;
      // What has gone wrong once is tried again, and a store that cannot be opened says why.
      if (fault !== 'signal=KILL')
        expect(status === 0 || /(Service|Full)Error/.test(stderr), `${signal} ${stderr}`).toBe(true);
    }
    console.log(`${injected} of ${fault}`);
    expect(injected).toBeGreaterThan(2);
  });
});

test(`a store outlives ${kills} kills`, { timeout: TIMEOUT_MS }, async () => {
  const random = new Random(7);
  const work = await temporaryFolder();
  for (let life = 0; life < kills; life += 1) {
    const driver = startDriver([join(work, 'store'), join(work, 'log'), '100000', String(life)]);
    // Listened for before it may have ended by itself.
    const ended = new Promise((resolve) => driver.once('exit', (_, signal) => resolve(signal)));
    // One half dies as it starts, also where the machine is slow; the other half has got somewhere.
    if (life % 2 === 0) await hasSaid(join(work, 'log'), readClientLog(join(work, 'log')).length + 3);
    await sleep(200 + random.below(1200));
    driver.kill('SIGKILL');
    expect(await ended, `life ${life} has ended by itself`).toBe('SIGKILL');
    expect(await recoverAndCheck(work), `life ${life}`).toEqual([]);
  }
  const log = readClientLog(join(work, 'log'));
  console.log(`${log.filter((record) => record.kind === 'event' && record.type === 'stored').length} products`);
  expect(log.length).toBeGreaterThan(kills);
});
