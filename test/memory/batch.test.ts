import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFrame } from '../support/frames.js';
import { createFolder } from '../support/models.js';
import { runNode } from '../support/run-child.js';

const folder = createFolder();
const SIZES = [
  [1500, 1000],
  [1024, 1024],
  [300, 2500],
] as const;
const FORMATS = ['jpg', 'png', 'tif', 'webp'];
const inputs: string[] = [];

beforeAll(async () => {
  for (const [width, height] of SIZES) {
    const { data } = createFrame({ width, height });
    const picture = sharp(data, { raw: { width, height, channels: 3 } });
    for (const format of FORMATS) {
      const path = folder.path(`${format}-${width}x${height}.${format}`);
      await picture.clone().toFile(path);
      inputs.push(path);
    }
  }
}, 60_000);
afterAll(() => folder.remove());

describe.runIf(process.platform === 'linux')('a batch of many sizes and formats', () => {
  it('stays within its budget to the end', async () => {
    const budgetBytes = 150e6;
    const options = ['--psf', 'disk:2', '--method', 'wiener', '--memory', `${budgetBytes}`, '--json', '--quiet'];
    const args = ['dist/cli/main.js', 'deconvolve', ...inputs, '-o', folder.path('restored'), ...options];
    const { code, stdout, stderr } = await runNode(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const last = JSON.parse(stdout.trim().split('\n').at(-1)!) as { report: { peakRssBytes: number } };
    expect(last.report.peakRssBytes).toBeLessThanOrEqual(budgetBytes);
  }, 120_000);
});
