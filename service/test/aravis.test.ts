import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDriver } from '../lib/drivers/open.js';
import { realIo } from '../lib/io.js';

const SCRIPT = join(import.meta.dirname, '../deploy/aravis-frame.py');
const FAKE = 'arv-fake-gv-camera-0.8';
/** That of the system: it has the bindings. */
const PYTHON = '/usr/bin/python3';

const hasAravis = ((): boolean => {
  try {
    const bindings = "import gi; gi.require_version('Aravis', '0.8'); from gi.repository import Aravis";
    execFileSync(PYTHON, ['-c', bindings], { stdio: 'pipe' });
    execFileSync(FAKE, ['--help'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasAravis)('a camera of GigE Vision', () => {
  let folder: string;
  let camera: ChildProcess;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'perifocal-aravis-'));
    camera = spawn(FAKE, ['-i', '127.0.0.1'], { stdio: 'ignore' });
    await sleep(1000);
  });
  afterEach(async () => {
    camera.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it('delivers a frame over the network through exec', async () => {
    const driver = openDriver(
      realIo(),
      'gige',
      {
        driver: 'exec',
        command: [PYTHON, SCRIPT],
        output: 'stdout',
        extension: '',
        killSeconds: 1,
        limits: { dataBytes: null, cpuSeconds: null, openFiles: null },
        width: null,
        height: null,
      },
      null,
    );
    const sink = { path: join(folder, 'frame'), mostBytes: 10_000_000 };
    const acquired = await driver.acquire(
      { captureId: 'x', app: 'app', params: {} },
      sink,
      new AbortController().signal,
    );
    expect(acquired).toMatchObject({ mime: 'image/tiff', width: 512, height: 512 });
    await driver.close();
  });
});
