import { open } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileSpool } from '../../lib/image/write-sink.js';
import { TiffWriter } from '../../lib/image/tiff/write.js';
import { createFrame } from '../support/frames.js';
import { createFolder } from '../support/models.js';
import { runNode } from '../support/run-child.js';

const folder = createFolder();
const input = folder.path('scene.tif');
/** 288 MB of samples. */
const [width, height, channels] = [6000, 6000, 4];

/** Rows that repeat: what is in them does not matter. */
async function writeScene(): Promise<void> {
  const { data } = createFrame({ width, height: 100, channels, depth: 16 });
  const handle = await open(input, 'w+');
  const description = { width, height, channels, depth: 16, alpha: false, rgb: [], tileSize: 256 } as const;
  const writer = TiffWriter.create(new FileSpool(handle), description, { threads: 2, level: 1 });
  for (let row = 0; row < height; row += 100) await writer.writeRows(data, 100);
  await writer.finish();
  await handle.close();
}

beforeAll(writeScene, 120_000);
afterAll(() => folder.remove());

describe.runIf(process.platform === 'linux')('a scene larger than the budget', () => {
  it('stays within its plan', async () => {
    const way = ['deconvolve', '--psf', 'disk:2', '--method', 'wiener'];
    const args = ['dist/cli/main.js', ...way, input, '-o', folder.path('out.tif'), '--memory', '250MB'];
    const { code, stdout, stderr } = await runNode([...args, '--json', '--quiet']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { report } = JSON.parse(stdout) as {
      report: { peakRssBytes: number; plan: { bytes: number }; scene: { windows: number } };
    };
    expect(report.scene.windows).toBeGreaterThan(1);
    expect(report.plan.bytes).toBeLessThanOrEqual(250e6);
    expect(report.peakRssBytes).toBeLessThanOrEqual(report.plan.bytes);
  }, 600_000);
});
