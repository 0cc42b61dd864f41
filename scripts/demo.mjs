// A whole restoration: makes a sharp scene, takes it out of focus, restores it, and says how well that went.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_MODEL, Restorer } from '../dist/index.js';
import { toSharp, writeDetails } from './pictures.mjs';
import { createScene, defocus, psnr } from './scene.mjs';

const FOLDER = 'demo-output';
/** Side of the details shown side by side. */
const CROP = 256;

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: DEFAULT_MODEL },
    width: { type: 'string', default: '2048' },
    height: { type: 'string', default: '1536' },
  },
});

async function main() {
  await mkdir(FOLDER, { recursive: true });
  const scene = createScene({ width: Number(flags.width), height: Number(flags.height) });
  const blurred = defocus(scene, { radius: 4, noise: 0.005 });
  const [before, after, comparison] = ['before.png', 'after.png', 'comparison.png'].map((name) => join(FOLDER, name));
  await toSharp(blurred)
    .png()
    .toFile(/** @type {string} */ (before));

  const restorer = await Restorer.open({ model: flags.model });
  const { data, report } = await restorer.restoreFile(/** @type {string} */ (before), /** @type {string} */ (after));
  await restorer.dispose();
  const restored = { width: scene.width, height: scene.height, data: /** @type {Uint8Array} */ (data) };
  await writeDetails([blurred, restored, scene], CROP, /** @type {string} */ (comparison));

  const [psnrBefore, psnrAfter] = [psnr(scene, blurred), psnr(scene, restored)];
  console.log(
    [
      `scene     ${scene.width}x${scene.height}, generated, defocus of 4 px, shot noise 0.005`,
      `model     ${report.model}`,
      `machine   ${report.isa}, ${report.threads} threads`,
      `time      ${report.seconds.toFixed(2)} s (${report.gmacPerSecond.toFixed(0)} GMAC/s)`,
      `PSNR      ${psnrBefore.toFixed(2)} dB before, ${psnrAfter.toFixed(2)} dB after ` +
        `(${(psnrAfter - psnrBefore).toFixed(2)} dB gained)`,
      `memory    ${(report.peakRssBytes / 1e6).toFixed(0)} MB peak, making the scene ` +
        `included; ${(report.plan.pipeline.arenaBytes / 1e6).toFixed(0)} MB of it the engine`,
      `pictures  ${before}, ${after}, ${comparison} (blurred, restored, sharp)`,
    ].join('\n'),
  );
}

await main();
