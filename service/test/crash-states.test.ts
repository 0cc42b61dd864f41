import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realIo } from '../lib/io.js';
import { openStore } from '../lib/store/open.js';
import { compileRecorder, has, runDriver } from './crash/programs.js';
import { CRASH_KINDS, ReplayedDisk, readRecording } from './crash/replay.js';
import { findingsOf, parseClientLog } from './support/real-check.js';
import { QUICK_FOLDER, SMALL_LIMITS, temporaryFolder } from './support/real-store.js';

/** `CRASH_CAPTURES=10 npx vitest run --project service service/test/crash-states.test.ts` is the long form. */
const captures = Number(process.env.CRASH_CAPTURES ?? '1');

test.skipIf(!has('gcc'))('recovery from every crash state of a recorded run', { timeout: 3_600_000 }, async () => {
  const work = await temporaryFolder(QUICK_FOLDER);
  const root = join(work, 'recorded');
  await mkdir(root);
  const env = { LD_PRELOAD: compileRecorder(work), CRASH_RECORD_FOLDER: root, CRASH_RECORD_TO: join(work, 'calls') };
  const { status, stderr } = runDriver([join(root, 'store'), join(root, 'log'), String(captures)], { env });
  expect([status, stderr.replace(/ExperimentalWarning.*/g, '')]).toEqual([0, '']);
  const disk = new ReplayedDisk(root);
  const seen = new Set<string>();
  let calls = 0;
  for (const call of readRecording(join(work, 'calls'))) {
    calls += 1;
    if (!disk.apply(call)) continue;
    for (const kind of CRASH_KINDS) {
      const state = join(work, 'state');
      await rm(state, { recursive: true, force: true });
      await disk.leave(kind, state);
      const digest = await digestOf(state);
      if (seen.has(digest)) continue;
      seen.add(digest);
      const findings = await recoverAndCheck(join(state, 'store'), disk.contentOf(join(root, 'log')));
      expect(findings, `call ${calls}: ${call.words.join(' ')}, left: ${kind}`).toEqual([]);
    }
  }
  // The replayed run ends as the recorded one did.
  await disk.leave('everything', join(work, 'end'));
  expect(await digestOf(join(work, 'end'))).toBe(await digestOf(root));
  console.log(`${seen.size} states of ${calls} calls`);
  expect(seen.size).toBeGreaterThan(100 * captures);
});

async function recoverAndCheck(folder: string, log: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const store = await openStore({ folder, io: realIo(), limits: SMALL_LIMITS });
  const { reasons } = store.health();
  await store.close();
  return [...reasons, ...(await findingsOf(folder, parseClientLog(log)))];
}

/** Of all names and bytes below a folder. What clients were told is not on the disk that crashes. */
async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => [join(entry.parentPath, entry.name), entry.isFile()] as const);
  for (const [path, isFile] of paths.sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path.slice(folder.length)}\n`);
    if (isFile) hash.update(await readFile(path));
  }
  return hash.digest('hex');
}
