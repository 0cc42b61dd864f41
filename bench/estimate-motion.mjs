// How far estimates of motion are off: `node bench/estimate-motion.mjs [--data ../shared/data/eo] [--json]`. Without
// data, generated scenes alone. Scenes are moved by 4 to 45 pixels in directions of their own, also out of focus, as 8
// bits and as JPEG of quality 85; the same scenes sharp, out of focus or seen through a Gaussian, and all pictures of
// the data as they are, must not give a confident motion.
import { existsSync, readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { estimate, psf } from '../dist/index.js';
import { createRandom } from '../dist/math/random.js';
import { createScene } from '../scripts/scene.mjs';
import { SCENES, SIZE, blur, move, readScene, take, toPlanes } from './estimate-cases.mjs';

const LENGTHS = [4, 5, 7, 10, 14, 20, 30, 45];
/** Length and radius. */
const JOINT = [
  [8, 2.5],
  [12, 4],
  [20, 3],
  [30, 5],
];
const OTHERS = {
  sharp: null,
  'disk:3': psf.disk(3),
  'disk:6': psf.disk(6),
  'gaussian:1': psf.gaussian(1),
  'gaussian:2': psf.gaussian(2),
};
/** A confident estimate farther off than this is wrong: pixels of length, of either end sideways, and of radius. */
const WRONG = 0.5;

/** Half a turn is none: how far apart two directions are, in degrees. */
const turnBetween = (a, b) => Math.abs(((((a - b) % 180) + 270) % 180) - 90);

/** One case: what was estimated of a frame whose motion is known; length 0: it has none. */
async function run(name, { length = 0, angle = 0, radius = 0 }, frame) {
  const {
    blur: { declined, motion, shape, confidence },
    report: { seconds },
  } = await estimate(frame, { kind: 'motion', threads: 2 });
  const lengthError = motion && Math.abs(motion.lengthPx - length);
  const angleError = motion && turnBetween(motion.angleDegrees, angle);
  const radiusError = motion && Math.abs((shape?.semiMajorPx ?? 0) - radius);
  const isWrong =
    motion !== null &&
    (length === 0 || lengthError > WRONG || (angleError * Math.PI * length) / 360 > WRONG || radiusError > WRONG);
  return {
    name,
    length,
    angle,
    radius,
    motion,
    lengthError,
    angleError,
    radiusError,
    level: motion && confidence.level,
    lead: confidence?.lead,
    dip: confidence?.dip,
    isWrong,
    declined,
    seconds,
  };
}

/** All cases of one scene, seen in several ways. */
async function runScene(name, scene, random, cameras) {
  const cases = [];
  const takeAll = async (kind, truth, planes) => {
    for (const camera of cameras)
      cases.push({
        kind,
        jpeg: camera.jpeg ?? 0,
        noise: camera.noise,
        ...(await run(name, truth, await take(planes, camera))),
      });
  };
  for (const length of LENGTHS) {
    const angle = 180 * random();
    await takeAll('motion', { length, angle }, await move(scene, length, angle));
  }
  for (const [length, radius] of JOINT) {
    const angle = 180 * random();
    await takeAll('joint', { length, angle, radius }, await blur(await move(scene, length, angle), psf.disk(radius)));
  }
  for (const [other, kernel] of Object.entries(OTHERS))
    await takeAll(other, {}, kernel ? await blur(scene, kernel) : scene);
  process.stderr.write('.');
  return cases;
}

async function generated() {
  const random = createRandom(7);
  const cases = [];
  for (const seed of [1, 2, 3]) {
    const scene = toPlanes({ ...createScene({ width: 640, height: 640, seed }), channels: 3 });
    cases.push(
      ...(await runScene(`generated ${seed}`, scene, random, [
        { noise: 0, seed },
        { noise: 0.002, seed },
        { noise: 0.01, seed },
        { noise: 0.002, jpeg: 85, seed },
      ])),
    );
  }
  return cases;
}

async function real(data) {
  const random = createRandom(8);
  const cases = [];
  for (const [seed, path] of SCENES.entries()) {
    cases.push(
      ...(await runScene(path, await readScene(`${data}/${path}`, SIZE), random, [
        { noise: 0.002, seed },
        { noise: 0.002, jpeg: 85, seed },
      ])),
    );
  }
  return cases;
}

/** Sharp pictures as they are: land, ports, coasts, water, snow, clouds. */
async function pictures(data) {
  const cases = [];
  for (const folder of ['train', 'val']) {
    for (const file of readdirSync(`${data}/${folder}`))
      cases.push({ kind: 'picture', jpeg: 0, ...(await run(`${folder}/${file}`, {}, `${data}/${folder}/${file}`)) });
  }
  return cases;
}

function summarise(title, cases) {
  if (cases.length === 0) return;
  const found = cases.filter(({ motion }) => motion);
  const at = (name, part) => {
    const errors = found.map((one) => one[name]).sort((a, b) => a - b);
    return errors.length > 0 ? errors[Math.min(errors.length - 1, Math.floor(part * errors.length))].toFixed(3) : '-';
  };
  const errors = (name) => `${at(name, 0.5)} ${at(name, 0.95)} ${at(name, 1)}`;
  const high = found.filter(({ level }) => level === 'high');
  const low = found.filter(({ level }) => level !== 'high');
  const wrong = (list) => list.filter(({ isWrong }) => isWrong).length;
  const [length, angle, radius] = ['lengthError', 'angleError', 'radiusError'].map(errors);
  console.log(
    `${title}: ${cases.length} cases, ${cases.length - found.length} declined, ${high.length} of high confidence, ` +
      `of these ${wrong(high)} wrong, of the others ${wrong(low)} wrong`,
  );
  if (cases[0].length > 0)
    console.log(`  median, 95 %, largest error: length ${length} px, angle ${angle} deg, radius ${radius} px`);
}

async function main() {
  const { values } = parseArgs({
    options: { data: { type: 'string', default: '../shared/data/eo' }, json: { type: 'boolean', default: false } },
  });
  const hasData = existsSync(values.data);
  const sets = {
    generated: await generated(),
    ...(hasData && { real: await real(values.data), pictures: await pictures(values.data) }),
  };
  if (values.json) return console.log(JSON.stringify(sets));
  for (const [title, cases] of Object.entries(sets)) {
    for (const jpeg of [0, 85]) {
      for (const kind of ['motion', 'joint'])
        summarise(
          `${title}, ${kind}${jpeg ? `, JPEG ${jpeg}` : ''}`,
          cases.filter((one) => one.kind === kind && one.jpeg === jpeg),
        );
      summarise(
        `${title}, without motion${jpeg ? `, JPEG ${jpeg}` : ''}`,
        cases.filter((one) => one.length === 0 && one.jpeg === jpeg),
      );
    }
  }
}

await main();
