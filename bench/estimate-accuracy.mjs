// How far estimates of defocus are off: `node bench/estimate-accuracy.mjs [--data ../shared/data/eo] [--json]`. Without
// data, generated scenes alone. Real scenes are blurred by disks of 2 to 8 pixels, as 8 bits and as JPEG of quality 85;
// the same scenes sharp, moved, or seen through a Gaussian must not give a confident radius.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { estimate, psf } from '../dist/index.js';
import { createScene } from '../scripts/scene.mjs';
import { SCENES, SIZE, blur, readScene, take, toPlanes } from './estimate-cases.mjs';

const RADII = [2, 2.7, 3.4, 4.1, 5, 6, 7, 8];
const OTHERS = {
  sharp: null,
  'gaussian:1': psf.gaussian(1),
  'gaussian:2': psf.gaussian(2),
  'motion:6@20': psf.motion(6, 20),
  'motion:9@45': psf.motion(9, 45),
  'motion:12@70': psf.motion(12, 70),
  'motion:20@0': psf.motion(20, 0),
};

/** One case: what was estimated of a frame whose radius is known; radius 0: it has none. */
async function run(name, radius, frame) {
  const {
    blur: { declined, shape, confidence, channels },
    report: { seconds },
  } = await estimate(frame, { kind: 'defocus', threads: 2 });
  const found = shape ? Math.sqrt(shape.semiMajorPx * shape.semiMinorPx) : null;
  return {
    name,
    radius,
    found,
    error: found === null ? null : Math.abs(found - radius),
    sigma: shape?.sigmaPx ?? null,
    confidence: confidence?.value ?? 0,
    level: confidence?.level ?? null,
    gaussianLead: confidence?.gaussianLead ?? null,
    declined,
    green: channels[1]?.radiusPx ?? null,
    seconds,
  };
}

async function generated() {
  const cases = [];
  for (const seed of [1, 2]) {
    const scene = toPlanes({ ...createScene({ width: 640, height: 640, seed }), channels: 3 });
    for (const radius of [2, 3, 4.5, 6, 8, 11]) {
      const blurred = await blur(scene, psf.disk(radius));
      for (const noise of [0, 0.002, 0.01])
        cases.push(await run(`generated ${seed}, noise ${noise}`, radius, await take(blurred, { noise, seed })));
    }
  }
  return cases;
}

async function real(data, withBlur) {
  const cases = [];
  for (const [index, path] of SCENES.entries()) {
    const scene = await readScene(`${data}/${path}`, SIZE);
    const kernels = withBlur
      ? RADII.map((radius) => [radius, psf.disk(radius), path])
      : Object.entries(OTHERS).map(([name, kernel]) => [0, kernel, `${path} ${name}`]);
    for (const [radius, kernel, name] of kernels) {
      const blurred = kernel ? await blur(scene, kernel) : scene;
      for (const jpeg of [0, 85])
        cases.push(
          await run(
            jpeg ? `${name}, JPEG ${jpeg}` : name,
            radius,
            await take(blurred, { noise: 0.002, jpeg, seed: index }),
          ),
        );
    }
    process.stderr.write('.');
  }
  return cases;
}

function summarise(title, cases) {
  const errors = cases.map(({ error }) => error ?? Infinity).sort((a, b) => a - b);
  const within = (bar) =>
    `${((100 * errors.filter((error) => error <= bar).length) / errors.length).toFixed(1)} % within ${bar}`;
  const at = (part) => errors[Math.min(errors.length - 1, Math.floor(part * errors.length))].toFixed(3);
  console.log(
    `${title}: ${cases.length} cases, ${within(0.08)}, ${within(0.15)}; median ${at(0.5)}, 95 % ${at(0.95)}, ` +
      `worst ${at(1)} px; ` +
      `${cases.filter(({ level }) => level === 'high').length} of high ` +
      `confidence, ${cases.filter(({ declined }) => declined).length} declined`,
  );
}

async function main() {
  const { values } = parseArgs({
    options: { data: { type: 'string', default: '../shared/data/eo' }, json: { type: 'boolean', default: false } },
  });
  const sets = {
    generated: await generated(),
    ...(existsSync(values.data) && { real: await real(values.data, true), others: await real(values.data, false) }),
  };
  if (values.json) return console.log(JSON.stringify(sets));
  for (const [title, cases] of Object.entries(sets)) {
    if (title !== 'others') summarise(title, cases);
  }
  const wrong = (sets.others ?? []).filter(({ level, declined }) => level === 'high' && !declined);
  if (sets.others)
    console.log(
      `without defocus: ${sets.others.length} cases, ${sets.others.filter(({ declined }) => declined).length} ` +
        `declined, ${wrong.length} confident and wrong`,
    );
}

await main();
