// How far kernels measured against a sharp reference are off: `node bench/estimate-reference.mjs [--data
// ../shared/data/eo] [--json]`. Frames are simulated from real scenes, as `reference-pairs.mjs` says; without data,
// from a generated one.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deconvolve, estimate, psf } from '../dist/index.js';
import { createScene } from '../scripts/scene.mjs';
import { readScene, toPlanes } from './estimate-cases.mjs';
import { createPair, kernelError } from './reference-pairs.mjs';

/** Scene, pixels of it per pixel of the frame, kernel. */
const CASES = [
  ['val/s2_athens_rgb.png', 2, 'disk:4+gaussian:0.5'],
  ['train/s2_india_cir.webp', 2, 'disk:3+gaussian:0.5'],
  ['val/s2_santos_cir.png', 2, 'disk:6+gaussian:0.6'],
  ['val/s2_santos_cir.png', 1, 'disk:5'],
];
const GENERATED = [
  ['generated', 2, 'disk:4+gaussian:0.5'],
  ['generated', 1, 'disk:5'],
];
const [WIDTH, HEIGHT] = [900, 760];
const EDGE = 20;

/** @param {string} path @returns {ReturnType<typeof readScene>} */
async function open(path, data) {
  if (path === 'generated') return toPlanes({ ...createScene({ width: 1400, height: 1200, seed: 8 }), channels: 3 });
  return readScene(`${data}/${path}`, { width: 2400, height: 2000 });
}

/** Without a margin of EDGE pixels, in dB. */
function psnr(a, b) {
  let [squares, count] = [0, 0];
  for (let y = EDGE; y < a.height - EDGE; y += 1) {
    for (let at = 3 * (y * a.width + EDGE); at < 3 * ((y + 1) * a.width - EDGE); at += 1) {
      squares += (a.data[at] - b.data[at]) ** 2;
      count += 1;
    }
  }
  return 10 * Math.log10((255 ** 2 * count) / squares);
}

async function run([path, scale, words], data) {
  const scene = await open(path, data);
  const kernel = await psf.parse(words);
  const size = {
    width: Math.floor(Math.min(WIDTH, scene.width / scale)),
    height: Math.floor(Math.min(HEIGHT, scene.height / scale)),
  };
  const { frame, reference, sharp } = await createPair(scene, {
    ...size,
    kernel,
    scale,
    rotation: -1,
    shift: [5.2 + 0.3 * scale, -3.1 - 0.3 * scale],
    noise: 0.004,
    changed: 0.1,
  });
  const known = psnr(sharp, await deconvolve(frame, { psf: kernel }));
  const rows = [];
  for (const symmetry of ['point', 'radial']) {
    const options = { reference, referenceScale: scale, symmetry, threads: 2 };
    const {
      blur,
      report: { seconds },
    } = await estimate(frame, options);
    rows.push({
      scene: `${path}, ${frame.width}x${frame.height}, scale ${scale}`,
      kernel: words,
      symmetry,
      declined: blur.declined,
      seconds,
      ...(blur.kernel && {
        error: kernelError(blur.kernel, kernel),
        radius: blur.shape?.semiMajorPx ?? null,
        sigma: blur.shape?.sigmaPx ?? null,
        lost: known - psnr(sharp, await deconvolve(frame, { psf: blur.kernel })),
        residual: blur.registration.residualPx,
        radiometry: blur.radiometry,
      }),
    });
  }
  return rows;
}

async function main() {
  const { values } = parseArgs({
    options: { data: { type: 'string', default: '../shared/data/eo' }, json: { type: 'boolean', default: false } },
  });
  const rows = [];
  for (const one of existsSync(values.data) ? CASES : GENERATED) rows.push(...(await run(one, values.data)));
  if (values.json) return console.log(JSON.stringify(rows));
  for (const { scene, kernel, symmetry, declined, error, radius, lost, seconds } of rows) {
    const found = () =>
      `error ${(100 * error).toFixed(1)} % of the peak, radius ${radius?.toFixed(2)}, ${lost.toFixed(2)} dB lost`;
    console.log(`${scene}, ${kernel}, ${symmetry}: ${declined ?? found()}, ${seconds.toFixed(1)} s`);
  }
}

await main();
