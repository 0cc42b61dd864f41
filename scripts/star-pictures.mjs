// The pictures of docs/stars.md, of generated frames: `node scripts/star-pictures.mjs`
import { fileURLToPath } from 'node:url';
import { stars } from '../dist/index.js';
import { writeDetails } from './pictures.mjs';

/** @import { AnyFrame } from '../dist/index.js' */

const FOLDER = fileURLToPath(new URL('../docs/images/', import.meta.url));
const CROP = 160;
/** @type {stars.SimulateOptions} */
const FIELD = { width: CROP, height: CROP, stars: 7, flux: [4000, 40_000], separationPx: 24, seed: 12 };
/** Counts above the sky that are white. */
const WHITE = 1500;

/** Light as the eye sees it, by square roots. @param {AnyFrame} frame @param {number} level of the sky */
function toPicture({ width, height, data }, level) {
  const pixels = new Uint8Array(3 * width * height);
  data.forEach((/** @type {number} */ value, /** @type {number} */ pixel) => {
    pixels.fill(
      Math.round(255 * Math.sqrt(Math.min(1, Math.max(0, (value - level + 20) / WHITE)))),
      3 * pixel,
      3 * pixel + 3,
    );
  });
  return { width, height, data: pixels };
}

/**
 * A frame, restored by both methods, drawn as measured, and as it would have been without blur.
 * @param {string} name
 * @param {Partial<stars.SimulateOptions>} blur of the simulation
 * @param {stars.RestoreStarsOptions} options of the restoration
 */
async function writeScene(name, blur, options) {
  const { frame } = stars.simulate({ ...FIELD, ...blur });
  const restored = [];
  for (const method of /** @type {const} */ (['hyper-laplacian', 'richardson-lucy', 'render']))
    restored.push((await stars.restoreStars(frame, { ...options, electronsPerCount: 1, method })).frame);
  const pictures = [frame, ...restored, stars.simulate(FIELD).frame].map((one) => toPicture(one, 50));
  await writeDetails(pictures, CROP, `${FOLDER}${name}.png`, { palette: true, colours: 32, compressionLevel: 9 });
}

await writeScene(
  'stars-trailed',
  { motion: { lengthPx: 20, angleDegrees: 35 } },
  { motion: { lengthPx: 20, angleDegrees: 35 } },
);
await writeScene('stars-defocused', { defocusRadiusPx: 5 }, { defocus: { radiusPx: 5 } });
