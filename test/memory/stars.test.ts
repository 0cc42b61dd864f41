import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stars } from '../../lib/index.js';
import { createFolder } from '../support/models.js';
import { runNode } from '../support/run-child.js';

const folder = createFolder();
const input = folder.path('frame.png');
beforeAll(async () => {
  const {
    frame: { width, height, data },
  } = stars.simulate({
    width: 1392,
    height: 1040,
    stars: 40,
    flux: [2000, 40_000],
    motion: { lengthPx: 16, angleDegrees: 30 },
    bits: 8,
    electronsPerCount: 8,
    readNoise: 8,
  });
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(input);
});
afterAll(() => folder.remove());

async function peakOf(args: readonly string[]): Promise<{ peakBytes: number; stars: number }> {
  const { code, stdout, stderr } = await runNode(['test/support/stars-child.mjs', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as { peakBytes: number; stars: number };
}

/** 47 to 51 MB were measured, 36 of which are the package and its decoder. */
describe.runIf(process.platform === 'linux')('a fresh process', () => {
  it.each([
    {},
    { motion: { lengthPx: 16, angleDegrees: 30 } },
    { method: 'richardson-lucy' },
    { defocus: { radiusPx: 5 } },
  ])(
    'restores stars of a 1392x1040 PNG with %j in at most 60 MB more than Node alone takes',
    async (options) => {
      const { peakBytes: bare } = await peakOf([]);
      const { peakBytes, stars: found } = await peakOf([
        input,
        folder.path('out.png'),
        JSON.stringify({ ...options, threads: 2 }),
      ]);
      expect(found).toBeGreaterThan(10);
      expect(peakBytes - bare).toBeLessThanOrEqual(60e6);
    },
    60_000,
  );
});
