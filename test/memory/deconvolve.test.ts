import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { psf } from '../../lib/index.js';
import type { DeconvolveOptions } from '../../lib/index.js';
import { createScene, defocus } from '../../scripts/scene.mjs';
import { createFolder } from '../support/models.js';
import { runNode } from '../support/run-child.js';

const folder = createFolder();
const input = folder.path('large.jpg');
beforeAll(async () => {
  const { width, height, data } = defocus(createScene({ width: 2048, height: 1536 }), { radius: 4 });
  await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 95 })
    .toFile(input);
});
afterAll(() => folder.remove());

/** A kernel of 33x33 pixels, not symmetric: its transform takes twice the memory. */
const slanted = psf.convolve(
  psf.gaussian(3),
  psf.fromArray({ width: 9, height: 9, data: Array.from({ length: 81 }, (_, index) => index) }),
);
const weights = { width: slanted.width, height: slanted.height, data: Array.from(slanted.data) };
const iterations = 3;

describe.runIf(process.platform === 'linux')('a fresh process', () => {
  it.each<[string, DeconvolveOptions]>([
    ['hyper-laplacian', { psf: weights }],
    ['wiener', { psf: weights, method: 'wiener' }],
    ['richardson-lucy', { psf: weights, method: 'richardson-lucy', acceleration: 'none', iterations }],
    ['Biggs-Andrews', { psf: weights, method: 'richardson-lucy', acceleration: 'biggs-andrews', iterations }],
    ['the heavy ball', { psf: weights, method: 'richardson-lucy', acceleration: 'heavy-ball', iterations }],
    ['total variation', { psf: weights, method: 'richardson-lucy', totalVariation: 0.001, iterations }],
    ['saturated samples left out', { psf: weights, method: 'richardson-lucy', saturation: 0.99, iterations }],
    ['an automatic number of iterations', { psf: 'disk:4', method: 'richardson-lucy', maxIterations: 12 }],
  ])(
    'deconvolves a 2048x1536 JPEG to a PNG with %s in at most 200 MB, and within its plan',
    async (_, options) => {
      const { code, stdout, stderr } = await runNode([
        'test/support/deconvolve-child.mjs',
        input,
        folder.path('out.png'),
        JSON.stringify({ ...options, threads: 2 }),
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const { peakBytes, plannedBytes } = JSON.parse(stdout) as { peakBytes: number; plannedBytes: number };
      expect(peakBytes).toBeLessThanOrEqual(200e6);
      expect(peakBytes).toBeLessThanOrEqual(plannedBytes);
    },
    300_000,
  );
});
