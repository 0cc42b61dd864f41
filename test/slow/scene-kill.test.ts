import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../lib/math/random.js';
import { encodeTiff } from '../../lib/image/tiff/write-frame.js';
import type { Journal } from '../../lib/restoration/scene/journal.js';
import { createFrame } from '../support/frames.js';
import { createFolder, writeRandomModel } from '../support/models.js';
import { runNode } from '../support/run-child.js';

const folder = createFolder();
afterAll(() => folder.remove());

const HEIGHT = 900;
const input = folder.path('scene.tif');
const frame = createFrame({ width: 150, height: HEIGHT, channels: 1, depth: 16 });
writeFileSync(input, await encodeTiff(frame, frame.data));
const model = writeRandomModel(folder.path('random.safetensors'), 1, 4);
const WAYS = {
  restore: ['--model', model],
  deconvolve: ['--psf', 'disk:1', '--method', 'wiener', '--memory', '1GB'],
} as const;

const command = (way: keyof typeof WAYS, output: string): string[] => [
  'dist/cli/main.js',
  ...[way, input, ...WAYS[way], '-o', output, '--window-rows', '64', '--resume', '--quiet', '--json'],
];

/** The row that a run after a kill would go on with. */
function nextRow(output: string): number {
  try {
    return (JSON.parse(readFileSync(`${output}.resume.json`, 'utf8')) as { written: { nextRow: number } }).written
      .nextRow;
  } catch {
    return 0;
  }
}

/** Flips a bit of the window before the last one that a killed process has left. Returns the first row of it. */
function damage(output: string): number {
  const { windows } = JSON.parse(readFileSync(`${output}.resume.json`, 'utf8')) as Journal;
  const [start, length] = windows.at(-2)!.seal.runs[0]!;
  const bytes = readFileSync(`${output}.part`);
  bytes[start + Math.floor(length / 2)]! ^= 1;
  writeFileSync(`${output}.part`, bytes);
  return windows.at(-3)?.mark.nextRow ?? 0;
}

/** Kills a process some time after a row is recorded. */
function killAfter(child: ChildProcess, output: string, row: number, milliseconds: number): void {
  const timer = setInterval(() => {
    if (nextRow(output) <= row) return;
    clearInterval(timer);
    setTimeout(() => child.kill('SIGKILL'), milliseconds);
  }, 2);
  child.on('close', () => clearInterval(timer));
}

describe.each(['restore', 'deconvolve'] as const)('a scene whose process was killed: %s', (way) => {
  it('is there in the end with the same bytes, and the old file until then', async () => {
    const random = createRandom(5);
    const whole = folder.path(`${way}-whole.tif`);
    expect(await runNode(command(way, whole))).toMatchObject({ code: 0, stderr: '' });
    const output = folder.path(`${way}.tif`);
    writeFileSync(output, 'old');
    let kills = 0;
    for (;;) {
      const known = nextRow(output);
      const before = kills === 2 ? damage(output) : known;
      const row = known + Math.floor(random() * 150);
      const onStart = (child: ChildProcess): void => killAfter(child, output, row, Math.floor(random() * 30));
      const { code, stdout } = await runNode(command(way, output), { onStart });
      if (code === 0) {
        const { report } = JSON.parse(stdout) as { report: { scene: { fromRow: number } } };
        expect(report.scene.fromRow).toBe(before);
        expect(existsSync(`${output}.resume.json`)).toBe(false);
        break;
      }
      expect(code).toBeNull();
      kills += 1;
      // The last moment may be after the rename.
      if (readFileSync(output).equals(readFileSync(whole))) break;
      expect(readFileSync(output, 'utf8')).toBe('old');
      expect(nextRow(output)).toBeGreaterThanOrEqual(before);
    }
    expect(kills).toBeGreaterThan(2);
    expect(readFileSync(output).equals(readFileSync(whole))).toBe(true);
    expect(existsSync(`${output}.part`)).toBe(false);
  }, 300_000);
});
