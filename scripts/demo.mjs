// A whole restoration: makes a sharp scene, takes it out of focus, restores it, and says how well that went.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { DEFAULT_MODEL, Restorer } from '../dist/index.js';
import { createScene, defocus, psnr } from './scene.mjs';

/** @import { Rgb } from './scene.mjs' */

const FOLDER = 'demo-output';
/** Side of the details shown side by side, and their magnification. */
const CROP = 256;
const ZOOM = 2;

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: DEFAULT_MODEL },
    width: { type: 'string', default: '2048' },
    height: { type: 'string', default: '1536' },
  },
});

/** @param {Rgb} image */
const toSharp = ({ width, height, data }) => sharp(data, { raw: { width, height, channels: 3 } });

/** The middle of a picture, magnified. @param {Rgb} image */
const detail = (image) => toSharp(image)
  .extract({ left: (image.width - CROP) >> 1, top: (image.height - CROP) >> 1, width: CROP, height: CROP })
  .resize(CROP * ZOOM, CROP * ZOOM, { kernel: 'nearest' }).png().toBuffer();

/**
 * Details next to each other.
 * @param {Rgb[]} images
 * @param {string} path
 */
async function writeComparison(images, path) {
  const side = CROP * ZOOM;
  const details = await Promise.all(images.map(detail));
  await sharp({ create: { width: side * images.length, height: side, channels: 3, background: 'black' } })
    .composite(details.map((input, index) => ({ input, left: index * side, top: 0 }))).png().toFile(path);
}

async function main() {
  await mkdir(FOLDER, { recursive: true });
  const scene = createScene({ width: Number(flags.width), height: Number(flags.height) });
  const blurred = defocus(scene, { radius: 4, noise: 0.005 });
  const [before, after, comparison] = ['before.png', 'after.png', 'comparison.png'].map((name) => join(FOLDER, name));
  await toSharp(blurred).png().toFile(/** @type {string} */ (before));

  const restorer = await Restorer.open({ model: flags.model });
  const { data, report } = await restorer.restoreFile(/** @type {string} */ (before), /** @type {string} */ (after));
  await restorer.dispose();
  const restored = { width: scene.width, height: scene.height, data: /** @type {Uint8Array} */ (data) };
  await writeComparison([blurred, restored, scene], /** @type {string} */ (comparison));

  const [psnrBefore, psnrAfter] = [psnr(scene, blurred), psnr(scene, restored)];
  console.log([
    `scene     ${scene.width}x${scene.height}, generated, defocus of 4 px, shot noise 0.005`,
    `model     ${report.model}`,
    `machine   ${report.isa}, ${report.threads} threads`,
    `time      ${report.seconds.toFixed(2)} s (${report.gmacPerSecond.toFixed(0)} GMAC/s)`,
    `PSNR      ${psnrBefore.toFixed(2)} dB before, ${psnrAfter.toFixed(2)} dB after (${(psnrAfter - psnrBefore).toFixed(2)} dB gained)`,
    `memory    ${(report.peakRssBytes / 1e6).toFixed(0)} MB peak, making the scene included; ${(report.plan.engine.arenaBytes / 1e6).toFixed(0)} MB of it the engine`,
    `pictures  ${before}, ${after}, ${comparison} (blurred, restored, sharp)`,
  ].join('\n'));
}

await main();
