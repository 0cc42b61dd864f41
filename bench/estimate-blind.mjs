// How alike blind kernels are to the true ones: `node bench/estimate-blind.mjs [--data ../shared/data/eo]`. Without
// data, generated scenes alone. The kernels are a curved path, straight motion, a disk, and none.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { estimate, psf } from '../dist/index.js';
import { createScene } from '../scripts/scene.mjs';
import { SCENES, SIZE, blur, drawPath, readScene, take, toPlanes } from './estimate-cases.mjs';
import { likeness } from '../dist/estimate/blind/taps.js';

const SIDE = 31;
const KERNELS = {
  path: drawPath(),
  'motion:12@30': psf.motion(12, 30),
  'disk:4': psf.disk(4),
  sharp: psf.fromArray({ width: 1, height: 1, data: [1] }),
};

/** A kernel in the middle of a square. */
function onSquare({ width, height, data }) {
  const square = new Float64Array(SIDE * SIDE);
  data.forEach((weight, index) => {
    const [x, y] = [(index % width) + (SIDE - width) / 2, Math.floor(index / width) + (SIDE - height) / 2];
    square[y * SIDE + x] = weight;
  });
  return { side: SIDE, data: square };
}

async function run(name, truth, frame) {
  const {
    blur: { kernel, confidence, declined },
    report: { seconds },
  } = await estimate(frame, { kind: 'blind', threads: 2 });
  const alike = kernel && likeness(onSquare(kernel), onSquare(truth));
  const found = () =>
    `${confidence.level}, parts alike by ${confidence.value.toFixed(3)}, to the true kernel by ${alike.toFixed(3)}`;
  console.log(`${name}: ${declined ?? found()}; ${seconds.toFixed(1)} s`);
  return { level: kernel && confidence.level, alike };
}

async function main() {
  const { values } = parseArgs({ options: { data: { type: 'string', default: '../shared/data/eo' } } });
  const scenes = [1, 2].map((seed) => [
    `generated ${seed}`,
    toPlanes({ ...createScene({ width: 900, height: 700, seed }), channels: 3 }),
  ]);
  if (existsSync(values.data))
    for (const path of SCENES) scenes.push([path, await readScene(`${values.data}/${path}`, SIZE)]);
  const all = [];
  for (const [name, scene] of scenes) {
    for (const [words, kernel] of Object.entries(KERNELS))
      all.push({
        words,
        ...(await run(`${name}, ${words}`, kernel, await take(await blur(scene, kernel), { noise: 0.004 }))),
      });
  }
  for (const words of Object.keys(KERNELS)) {
    const cases = all.filter((one) => one.words === words);
    const of = (level) =>
      cases
        .filter((one) => one.level === level)
        .map(({ alike }) => alike)
        .sort((a, b) => a - b);
    const range = (list) =>
      list.length > 0
        ? `${list.length}, alike by ${list[0].toFixed(2)} to ${list.at(-1).toFixed(2)}, ` +
          `median ${list[list.length >> 1].toFixed(2)}`
        : '0';
    console.log(`${words}: ${cases.length} cases; high ${range(of('high'))}; low ${range(of('low'))}; others declined`);
  }
}

await main();
