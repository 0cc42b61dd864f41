// What each method of deconvolution brings and takes, on one generated scene, each in a process of its own:
//   node bench/deconvolve-methods.mjs [--width 2048] [--height 1536] [--threads 2] [--json] [--picture docs/images/deconvolution.png]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { toSharp, writeDetails } from '../scripts/pictures.mjs';
import { createScene, defocus, psnr } from '../scripts/scene.mjs';
import { runChild } from './child.mjs';
import { formatTable } from './tables.mjs';

const CHILD = fileURLToPath(new URL('deconvolve-child.mjs', import.meta.url));
const RADIUS = 4;
const METHODS = [
  ['Wiener', { method: 'wiener' }],
  ['hyper-Laplacian', { method: 'hyper-laplacian' }],
  ['Richardson-Lucy', { method: 'richardson-lucy' }],
  ['Richardson-Lucy, not accelerated', { method: 'richardson-lucy', acceleration: 'none' }],
  ['Richardson-Lucy, total variation', { method: 'richardson-lucy', totalVariation: 0.002 }],
];
/** Side of the details in the picture. */
const CROP = 192;

const { values: flags } = parseArgs({
  options: {
    width: { type: 'string', default: '2048' }, height: { type: 'string', default: '1536' }, threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false }, picture: { type: 'string' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'perifocal-'));
try {
  const scene = createScene({ width: Number(flags.width), height: Number(flags.height) });
  const blurred = defocus(scene, { radius: RADIUS, noise: 0.005 });
  const input = join(folder, 'blurred.png');
  await toSharp(blurred).png().toFile(input);
  const results = [];
  const pictures = [blurred];
  for (const [name, options] of METHODS) {
    const output = join(folder, 'restored.png');
    const found = await runChild(CHILD, { input, output, options: { psf: `disk:${RADIUS}`, threads: Number(flags.threads), ...options } });
    const restored = { width: scene.width, height: scene.height, data: await sharp(output).raw().toBuffer() };
    if (['hyper-laplacian', 'richardson-lucy'].includes(options.method) && pictures.length < 3) pictures.push(restored);
    results.push({ name, ...found, before: psnr(scene, blurred), after: psnr(scene, restored) });
  }
  if (flags.picture) await writeDetails([...pictures, scene], CROP, flags.picture, { palette: true, colours: 128 });
  if (flags.json) console.log(JSON.stringify(results));
  else {
    console.log(`${flags.width}x${flags.height} RGB, defocus of ${RADIUS} px, shot noise 0.005, ${results[0].isa}, ${flags.threads} threads`);
    console.log(formatTable(['method', 'PSNR', 'gain', 'iterations', 'seconds', 'ms per iteration', 'peak RSS'],
      results.map(({ name, before, after, iterations, seconds, secondsPerIteration, peakRssBytes }) => [
        name, `${before.toFixed(2)} -> ${after.toFixed(2)} dB`, `${(after - before).toFixed(2)} dB`, String(iterations), seconds.toFixed(2),
        (1000 * secondsPerIteration).toFixed(0), `${(peakRssBytes / 1e6).toFixed(0)} MB`])));
  }
} finally {
  rmSync(folder, { recursive: true });
}
