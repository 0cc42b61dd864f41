import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFrame } from '../support/frames.js';
import { createFolder, writeRandomModel } from '../support/models.js';
import { runNode } from '../support/run-child.js';

const folder = createFolder();
const isLinux = process.platform === 'linux';

interface Memory {
  readonly peakBytes: number;
  readonly plannedBytes: number;
  readonly rss: readonly number[];
}

async function measure(input: string, model: string, frames: number): Promise<Memory> {
  const { code, stdout, stderr } = await runNode([
    'test/support/restore-child.mjs',
    input,
    folder.path('out.png'),
    model,
    '2',
    String(frames),
  ]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as Memory;
}

async function writeJpeg(path: string, width: number, height: number): Promise<string> {
  const { data } = createFrame({ width, height });
  await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 95 })
    .toFile(path);
  return path;
}

describe.runIf(isLinux)('a fresh process', () => {
  let large: string;
  beforeAll(async () => {
    large = await writeJpeg(folder.path('large.jpg'), 2048, 1536);
  });
  afterAll(() => folder.remove());

  it.each([
    ['MIMO-UNet+ (n = 20, base 32)', 20, 32, 300e6],
    ['the base-16 network (n = 8)', 8, 16, 200e6],
  ])(
    'restores a 2048x1536 JPEG to a PNG with %s within its budget, and within its plan',
    async (_, blocks, base, budget) => {
      const model = writeRandomModel(folder.path(`n${blocks}.safetensors`), blocks, base);
      const { peakBytes, plannedBytes } = await measure(large, model, 1);
      expect(peakBytes).toBeLessThanOrEqual(budget);
      expect(peakBytes).toBeLessThanOrEqual(plannedBytes);
    },
    300_000,
  );

  it('takes no more memory for the tenth frame than for the second', async () => {
    const input = await writeJpeg(folder.path('medium.jpg'), 1024, 768);
    const { rss, peakBytes, plannedBytes } = await measure(
      input,
      writeRandomModel(folder.path('n1.safetensors'), 1, 16),
      16,
    );
    expect(peakBytes).toBeLessThanOrEqual(plannedBytes);
    // Garbage comes and goes between two collections.
    expect(Math.max(...rss.slice(10)) - Math.max(...rss.slice(1, 7))).toBeLessThan(12e6);
  }, 120_000);
});
