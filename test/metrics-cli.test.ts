import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metrics } from '../lib/index.js';
import { createFrame } from './support/frames.js';
import { createFolder } from './support/models.js';
import { runNode } from './support/run-child.js';
import type { ChildResult } from './support/run-child.js';

const folder = createFolder();
const [picture, reference, small, grey] = ['picture.png', 'reference.png', 'small.png', 'grey.png'].map(
  folder.path,
) as [string, string, string, string];
const run = (...args: string[]): Promise<ChildResult> => runNode(['dist/cli/main.js', 'metrics', ...args]);

async function writePicture(path: string, width: number, height: number, channels: 1 | 3, seed: number): Promise<void> {
  await sharp(createFrame({ width, height, channels, seed }).data as Uint8Array, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .toFile(path);
}

beforeAll(async () => {
  await writePicture(picture, 220, 200, 3, 1);
  await writePicture(reference, 220, 200, 3, 2);
  await writePicture(small, 60, 50, 3, 1);
  await writePicture(grey, 220, 200, 1, 1);
});
afterAll(() => folder.remove());

describe('perifocal metrics', () => {
  it('prints a table for people', async () => {
    const { code, stdout, stderr } = await run(picture, '--reference', reference, '--threads', '1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/picture\.png: 220x200\n {2}psnr +\d+\.\d+\n {2}ssim +0\.\d+\n/);
  });

  it('prints one JSON object per picture', async () => {
    const { code, stdout } = await run(
      picture,
      reference,
      '--reference',
      reference,
      '--json',
      '--metrics',
      'psnr,ssim',
    );
    expect(code).toBe(0);
    const [first, second] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toEqual({
      input: picture,
      ok: true,
      report: expect.objectContaining({
        width: 220,
        height: 200,
        channels: 3,
        depth: 8,
        values: { psnr: expect.any(Number), ssim: expect.any(Number) },
        skipped: {},
      }),
    });
    expect(second).toMatchObject({ report: { values: { psnr: 'Infinity', ssim: 1 } } });
  });

  it('prints comma-separated values', async () => {
    const { code, stdout } = await run(picture, '--reference', reference, '--csv', '-', '--metrics', 'ssim');
    expect(code).toBe(0);
    const [head, row] = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect(head).toEqual(['input', 'width', 'height', ...metrics.METRIC_NAMES]);
    expect(row).toHaveLength(head!.length);
    expect(Number(row![head!.indexOf('ssim')])).toBeGreaterThan(0);
    expect(row![head!.indexOf('psnr')]).toBe('');
  });

  it('goes on after a picture that cannot be measured', async () => {
    writeFileSync(folder.path('broken.png'), 'no picture');
    const { code, stdout, stderr } = await run(
      folder.path('broken.png'),
      small,
      grey,
      picture,
      '--reference',
      reference,
      '--json',
    );
    expect(code).toBe(1);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { ok: boolean }).ok),
    ).toEqual([false, false, false, true]);
    expect(stderr).toMatch(/broken\.png: .*cannot be read: it begins like no jpeg/);
    expect(stderr).toMatch(/small\.png: The frame has 60x50 pixels, the reference 220x200; crop or resample/);
    expect(stderr).toMatch(/grey\.png: The frame is grey, the reference RGB/);
  });

  it('prints envelopes or a table on standard output, not both', async () => {
    const { code, stdout, stderr } = await run(small, '--json', '--csv', '-');
    expect(code).toBe(2);
    expect(stderr).toMatch(/cannot be used with/);
    expect(JSON.parse(stdout)).toMatchObject({ input: null, ok: false, error: { code: 'ARGUMENT_INVALID' } });
  });

  it.each<[string, string[], number, RegExp]>([
    ['an unknown metric', ['--metrics', 'psnr,magic'], 2, /Unknown: magic. Known: psnr/],
    [
      'a metric that needs a reference',
      ['--metrics', 'psnr'],
      2,
      /The metric psnr compares with a reference: give one/,
    ],
    [
      'a metric that the picture is too small for',
      ['--metrics', 'msSsim', '--reference', small],
      1,
      /too few for MS-SSIM/,
    ],
    ['a reference that is missing', ['--reference', 'none.png'], 1, /Cannot read none.png/],
  ])('%s fails: nothing on standard output', async (_, flags, code, message) => {
    const result = await run(small, ...flags);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(message);
  });
});
