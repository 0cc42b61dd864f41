import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { toSharp, writeDetails } from '../scripts/pictures.mjs';
import { createScene, defocus, psnr } from '../scripts/scene.mjs';
import { runChild } from './child.mjs';
import { startPeers } from './python.mjs';

const CHILD = fileURLToPath(new URL('deconvolve-child.mjs', import.meta.url));
const PEERS = fileURLToPath(new URL('method-peers.py', import.meta.url));
const RADIUS = 4;
const METHODS = [
  { name: 'Wiener', method: 'wiener', peer: 'wiener' },
  { name: 'hyper-Laplacian', method: 'hyper-laplacian' },
  { name: 'Richardson-Lucy', method: 'richardson-lucy' },
  {
    name: 'Richardson-Lucy, plain',
    method: 'richardson-lucy',
    acceleration: 'none',
    iterations: 30,
    peer: 'richardson_lucy',
  },
  { name: 'Richardson-Lucy, total variation', method: 'richardson-lucy', totalVariation: 0.002 },
];
/** Side of the details in the picture. */
const CROP = 192;

async function measureOurs({ name, peer, ...options }, threads, files) {
  const found = await runChild(CHILD, {
    input: files.blurred,
    output: files.restored,
    options: { psf: `disk:${RADIUS}`, threads, ...options },
  });
  const { data, info } = await sharp(files.restored).raw().toBuffer({ resolveWithObject: true });
  return { ...found, restored: { width: info.width, height: info.height, data } };
}

/**
 * What each method of deconvolution brings and takes, on one generated scene: ours from file to file, each in a process
 * of its own, and scikit-image's on the samples in memory, with as many iterations.
 * @param {{ width: number, height: number, threads: number, picture?: string, report: (line: string) => void }} options
 *   `picture`: PNG file for details of the blurred scene, some restored ones, and the sharp one
 */
export async function benchmarkMethods({ width, height, threads, picture, report }) {
  const folder = mkdtempSync(join(tmpdir(), 'perifocal-'));
  const peers = await startPeers(PEERS);
  try {
    const scene = createScene({ width, height });
    const blurred = defocus(scene, { radius: RADIUS, noise: 0.005 });
    const files = {
      blurred: join(folder, 'blurred.png'),
      restored: join(folder, 'restored.png'),
      samples: join(folder, 'blurred'),
      truth: join(folder, 'truth'),
    };
    await toSharp(blurred).png().toFile(files.blurred);
    writeFileSync(files.samples, blurred.data);
    writeFileSync(files.truth, scene.data);
    const results = [];
    const pictures = [blurred];
    for (const one of METHODS) {
      report(`${one.name}, ${threads} threads`);
      const { restored, ...found } = await measureOurs(one, threads, files);
      if (['hyper-laplacian', 'richardson-lucy'].includes(one.method) && pictures.length < 3) pictures.push(restored);
      const peer =
        one.peer && peers.versions.skimage
          ? await peers.ask({
              method: one.peer,
              iterations: found.iterations,
              width,
              height,
              radius: RADIUS,
              threads,
              samples: files.samples,
              truth: files.truth,
            })
          : null;
      results.push({ name: one.name, ...found, before: psnr(scene, blurred), after: psnr(scene, restored), peer });
    }
    if (picture) await writeDetails([...pictures, scene], CROP, picture, { palette: true, colours: 128 });
    return { width, height, threads, radius: RADIUS, skimage: peers.versions.skimage ?? null, results };
  } finally {
    peers.end();
    rmSync(folder, { recursive: true });
  }
}
