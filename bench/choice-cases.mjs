// Cases of bench/choice.mjs: drawn at random over what cameras deliver, the same for the same number.
import { existsSync, readdirSync } from 'node:fs';
import sharp from 'sharp';
import { psf } from '../dist/index.js';
import { createRandom, sampleNormal } from '../dist/math/random.js';
import { createScene } from '../scripts/scene.mjs';
import { blur, readScene, toPlanes } from './estimate-cases.mjs';

/** Side of the frames, in pixels. */
const SIDE = 384;

/**
 * @typedef {{ index: number, scene: string, psf: string | null, blur: string, noise: number, jpeg: number,
 * fromJpeg: boolean, grey: boolean }} Case `psf` in words; `jpeg`: quality, 0: none; `fromJpeg`: the file is one
 * @typedef {{ frame: import('../dist/index.js').Frame, input: import('../dist/index.js').Frame | Uint8Array,
 * truth: Uint8Array }} Taken
 */

const BLURS = /** @type {const} */ (['none', 'defocus', 'defocus', 'gaussian', 'motion', 'motion', 'both']);

/** Pictures that are not trained on, and generated ones in equal parts. @param {string} data */
export function listScenes(data) {
  const folder = `${data}/val`;
  const real = existsSync(folder) ? readdirSync(folder).filter((file) => file.startsWith('s2_')) : [];
  const photographs = existsSync(folder) ? readdirSync(folder).filter((file) => file.startsWith('iss_photo')) : [];
  return { real: real.map((file) => `${folder}/${file}`), photographs: photographs.map((file) => `${folder}/${file}`) };
}

/** @param {number} index @param {ReturnType<typeof listScenes>} scenes @returns {Case} */
export function drawCase(index, { real, photographs }) {
  const random = createRandom(7919 * index + 1);
  const within = (low, high) => low + (high - low) * random();
  const pick = (list) => list[Math.floor(list.length * random())];
  const kind = pick(BLURS);
  const parts = [];
  if (kind === 'motion' || kind === 'both')
    parts.push(`motion:${within(2, 40).toFixed(2)}@${within(0, 180).toFixed(1)}`);
  if (kind === 'defocus' || kind === 'both') parts.push(`disk:${within(0.7, 14).toFixed(2)}`);
  if (kind === 'gaussian') parts.push(`gaussian:${within(0.3, 4).toFixed(2)}`);
  const share = random();
  const scene = share < 0.4 || real.length === 0 ? 'generated' : pick(share < 0.85 ? real : photographs);
  const jpeg = random() < 0.5 ? 0 : Math.round(within(40, 98));
  return {
    index,
    scene: scene.replace(/.*\//, ''),
    blur: kind,
    psf: parts.length > 0 ? parts.join('+') : null,
    noise: 0.001 * 40 ** random(),
    jpeg,
    fromJpeg: random() < 0.7,
    grey: random() < 0.3,
  };
}

/** @param {Case} drawn @param {ReturnType<typeof listScenes>} scenes @returns {Promise<Taken>} */
export async function take(drawn, scenes) {
  const kernel = drawn.psf === null ? psf.fromArray({ width: 1, height: 1, data: [1] }) : await psf.parse(drawn.psf);
  const [reachX, reachY] = [(kernel.width - 1) / 2, (kernel.height - 1) / 2];
  const wide = await sceneOf(drawn, scenes, { width: SIDE + 2 * reachX, height: SIDE + 2 * reachY });
  const seen = await blur(wide, kernel);
  const random = createRandom(drawn.index + 1);
  const bytes = toBytes(seen, drawn.grey, () => drawn.noise * sampleNormal(random));
  const cut = {
    width: seen.width,
    height: seen.height,
    data: crop(wide, reachX, reachY, seen.width, seen.height),
  };
  return { ...(await deliver(drawn, seen, bytes)), truth: toBytes(cut, drawn.grey, () => 0) };
}

async function sceneOf(drawn, { real, photographs }, size) {
  if (drawn.scene === 'generated') return toPlanes({ ...createScene({ ...size, seed: drawn.index + 1 }), channels: 3 });
  const path = [...real, ...photographs].find((name) => name.endsWith(drawn.scene));
  return readScene(/** @type {string} */ (path), size);
}

function crop({ width, height, data }, left, top, keptWidth, keptHeight) {
  const kept = new Float32Array(3 * keptWidth * keptHeight);
  for (let plane = 0; plane < 3; plane += 1)
    for (let y = 0; y < keptHeight; y += 1) {
      const from = (plane * height + y + top) * width + left;
      kept.set(data.subarray(from, from + keptWidth), (plane * keptHeight + y) * keptWidth);
    }
  return kept;
}

/** Interleaved samples of 8 bits; grey: the second plane alone. */
function toBytes({ width, height, data }, grey, noise) {
  const pixels = width * height;
  const channels = grey ? 1 : 3;
  return Uint8Array.from({ length: channels * pixels }, (_, sample) => {
    const plane = grey ? 1 : sample % 3;
    const value = data[plane * pixels + Math.floor(sample / channels)] + noise();
    return Math.max(0, Math.min(255, Math.round(255 * value)));
  });
}

async function deliver({ jpeg, fromJpeg, grey }, { width, height }, data) {
  const channels = grey ? 1 : 3;
  const frame = { width, height, channels, depth: 8, data };
  if (jpeg === 0) return { frame, input: frame };
  const space = grey ? 'b-w' : 'srgb';
  const file = await sharp(data, { raw: { width, height, channels } })
    .toColourspace(space)
    .jpeg({ quality: jpeg })
    .toBuffer();
  const decoded = await sharp(file).toColourspace(space).raw().toBuffer();
  const back = { ...frame, data: new Uint8Array(decoded) };
  return { frame: back, input: fromJpeg ? new Uint8Array(file) : back };
}
