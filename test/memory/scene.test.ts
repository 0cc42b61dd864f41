import { open } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileSpool } from '../../lib/image/tiff/write-sink.js';
import { TiffWriter } from '../../lib/image/tiff/write.js';
import { createFrame } from '../support/frames.js';
import { createFolder, writeRandomModel } from '../support/models.js';
import { runNode } from '../support/run-child.js';

const folder = createFolder();
const input = folder.path('scene.tif');
/** 128 MB of samples. */
const [width, height, channels] = [4000, 4000, 4];

/** Rows that repeat: what is in them does not matter. In some of them a third of the samples is 0. */
async function writeScene(): Promise<void> {
  const { data } = createFrame({ width, height: 100, channels, depth: 16 });
  const handle = await open(input, 'w+');
  const description = { width, height, channels, depth: 16, alpha: false, rgb: [], tileSize: 512 } as const;
  const writer = TiffWriter.create(new FileSpool(handle), description, { threads: 2, level: 1 });
  for (let row = 0; row < height; row += 100) {
    const rows = data.slice();
    if (row % 3000 < 300) for (let y = 0; y < 100; y += 1) rows.fill(0, y * width * 4, (y * width + 2000) * 4);
    await writer.writeRows(rows, 100);
  }
  await writer.finish();
  await handle.close();
}

beforeAll(writeScene, 120_000);
afterAll(() => folder.remove());

const WAYS: Readonly<Record<string, readonly string[]>> = {
  restore: ['restore', '--model', writeRandomModel(folder.path('random.safetensors'), 1, 4)],
  'restore with missing pixels': ['restore', '--model', folder.path('random.safetensors'), '--nodata', '0'],
  deconvolve: ['deconvolve', '--psf', 'disk:2', '--method', 'wiener'],
  'deconvolve with missing pixels': ['deconvolve', '--psf', 'disk:2', '--method', 'wiener', '--nodata', '0'],
};

describe.runIf(process.platform === 'linux')('a scene larger than the budget', () => {
  it.each(Object.keys(WAYS))(
    'stays within its plan: %s',
    async (way) => {
      const args = ['dist/cli/main.js', ...WAYS[way]!, input, '-o', folder.path('out.tif'), '--memory', '200MB'];
      const { code, stdout, stderr } = await runNode([...args, '--json', '--quiet']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const { report } = JSON.parse(stdout) as {
        report: { peakRssBytes: number; plan: { bytes: number }; scene: { windows: number } };
      };
      expect(report.scene.windows).toBeGreaterThan(1);
      expect(report.plan.bytes).toBeLessThanOrEqual(200e6);
      expect(report.peakRssBytes).toBeLessThanOrEqual(report.plan.bytes);
    },
    600_000,
  );
});
