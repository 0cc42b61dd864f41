import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const UNIT = join(import.meta.dirname, '../deploy/perifocal.service');
/** In tenths, as systemd counts: 1.6 when it was written. */
const MOST_EXPOSURE = 2;

const hasSystemd = ((): boolean => {
  try {
    execFileSync('systemd-analyze', ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
})();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perifocal-deploy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!hasSystemd)('the unit file', () => {
  /** The unit, with a program that is here. */
  async function unit(): Promise<string> {
    const path = join(folder, 'perifocal.service');
    const text = await readFile(UNIT, 'utf8');
    await writeFile(path, text.replace('/usr/bin/perifocal-serve', '/bin/true'));
    return path;
  }

  it('is understood by systemd to the last word', async () => {
    const { stdout, stderr } = await run('systemd-analyze', ['verify', await unit()]);
    expect(stdout + stderr).toBe('');
  });

  it('leaves little to attack', async () => {
    const { stdout } = await run('systemd-analyze', ['security', '--offline=true', await unit()]);
    const exposure = Number(/Overall exposure level for perifocal.service: ([\d.]+)/.exec(stdout)?.[1]);
    expect(exposure).toBeLessThanOrEqual(MOST_EXPOSURE);
  });
});
