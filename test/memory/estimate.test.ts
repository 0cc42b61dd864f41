import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { createScene, defocus } from '../../scripts/scene.mjs';
import { createFolder } from '../support/models.js';
import { runNode } from '../support/run-child.js';

const folder = createFolder();
afterAll(() => folder.remove());

it.runIf(process.platform === 'linux')('a fresh process estimates a 2048x1536 JPEG in at most 150 MB', async () => {
  const input = folder.path('frame.jpg');
  const { width, height, data } = defocus(createScene({ width: 2048, height: 1536 }), { radius: 4, noise: 0.004 });
  await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 95 })
    .toFile(input);
  const { code, stdout, stderr } = await runNode([
    'bench/estimate-child.mjs',
    JSON.stringify({ frame: input, reference: null, threads: 2, samples: 1 }),
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { psf, peakRssBytes } = JSON.parse(stdout) as { psf: string; peakRssBytes: number };
  expect(psf).toMatch(/^disk:[34]/);
  expect(peakRssBytes).toBeLessThanOrEqual(150e6);
});
