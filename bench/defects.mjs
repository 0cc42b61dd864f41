// What missing pixels and defects cost: gain in PSNR of each method near them, or outside them, against the same frame
// without them; and what clipping costs:
//   node bench/defects.mjs [missing|defects|white ...] [--json]
import { deconvolve, psf } from '../dist/index.js';
import { createRandom } from '../dist/math/random.js';
import { SIDE, createCase, createScenes } from './deconvolve-cases.mjs';
import { formatTable } from './tables.mjs';

const NOISE = 0.005;
/** Pixels from a border within which the gain must be as far from it. */
const NEAR = 8;
const KERNELS = ['disk:2', 'disk:4', 'gaussian:1.5', 'motion:15@30'];
const METHODS = [
  { method: 'hyper-laplacian' },
  { method: 'wiener' },
  { method: 'richardson-lucy' },
  { method: 'richardson-lucy', acceleration: 'none' },
  { method: 'richardson-lucy', acceleration: 'heavy-ball' },
];
const wordsOf = (options) => Object.values(options).join(', ');

/** Layouts of missing pixels: a mask of bytes, 0 where missing. */
const LAYOUTS = {
  border: maskWhere((x) => x < 40),
  holes: maskWhere((x, y) => (((x + 32) % 85) - 42) ** 2 + (((y + 32) % 85) - 42) ** 2 < 144),
  swath: (() => {
    const random = createRandom(5);
    const jags = Array.from({ length: SIDE }, () => Math.floor(6 * random()));
    return maskWhere((x, y) => x + 0.4 * y < 70 + jags[y]);
  })(),
  scattered: (() => {
    const random = createRandom(6);
    return maskWhere(() => random() < 0.01);
  })(),
  half: maskWhere((x, y) => x + 0.2 * y < 154),
};

function maskWhere(isMissing) {
  return Uint8Array.from({ length: SIDE ** 2 }, (_, pixel) =>
    isMissing(pixel % SIDE, Math.floor(pixel / SIDE)) ? 0 : 1,
  );
}

/** Squared distance of every pixel to the nearest one where the mask is 0, by brute force within `most`. */
function isWithin(mask, distance) {
  const near = new Uint8Array(mask.length);
  for (let pixel = 0; pixel < mask.length; pixel += 1) {
    if (mask[pixel] !== 0) continue;
    const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    for (let v = Math.max(0, y - distance); v <= Math.min(SIDE - 1, y + distance); v += 1) {
      for (let u = Math.max(0, x - distance); u <= Math.min(SIDE - 1, x + distance); u += 1) {
        if ((u - x) ** 2 + (v - y) ** 2 <= distance ** 2) near[v * SIDE + u] = 1;
      }
    }
  }
  return near;
}

const isInterior = (pixel, rim) =>
  [pixel % SIDE, Math.floor(pixel / SIDE)].every((place) => place >= rim && place < SIDE - rim);

/** PSNR in dB over the pixels of a list. */
function psnrOver(pixels, truth, data, scale) {
  let sum = 0;
  for (const pixel of pixels) sum += (truth[pixel] - data[pixel] / scale) ** 2;
  return 10 * Math.log10(pixels.length / sum);
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function createCases(kernel, scenes, noise = NOISE) {
  const parsed = { name: kernel, kernel: await psf.parse(kernel) };
  return scenes.map((scene, index) => createCase(scene, parsed, noise, index + 1));
}

/** Missing samples by the mean of the known ones around, again and again; what a caller fills them with. */
function fill(frame, mask) {
  const data = Float64Array.from(frame.data);
  const known = Uint8Array.from(mask);
  const all = [...mask.keys()];
  let open = all.filter((pixel) => known[pixel] === 0);
  const around = (pixel) => {
    const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    return [
      [x - 1, y],
      [x + 1, y],
      [x, y - 1],
      [x, y + 1],
    ].filter(([u, v]) => u >= 0 && v >= 0 && u < SIDE && v < SIDE);
  };
  const missing = open;
  while (open.length > 0) {
    const found = [];
    for (const pixel of open) {
      const values = around(pixel).flatMap(([u, v]) => (known[v * SIDE + u] ? [data[v * SIDE + u]] : []));
      if (values.length > 0) found.push([pixel, mean(values)]);
    }
    for (const [pixel, value] of found) {
      data[pixel] = value;
      known[pixel] = 1;
    }
    open = open.filter((pixel) => known[pixel] === 0);
  }
  for (let pass = 0; pass < 60; pass += 1) {
    for (const pixel of missing) data[pixel] = mean(around(pixel).map(([u, v]) => data[v * SIDE + u]));
  }
  return { ...frame, data: frame.data.constructor.from(data, (value) => Math.round(value)) };
}

/** How much lower the gain is at valid pixels near missing ones: against the whole frame there, and against far. */
async function measureMissing(scenes, kernels = KERNELS, methods = METHODS) {
  const rows = [];
  for (const kernel of kernels) {
    const cases = await createCases(kernel, scenes);
    for (const options of methods) {
      const found = Object.fromEntries(Object.keys(LAYOUTS).map((name) => [name, []]));
      for (const { truth, frame, kernel: weights } of cases) {
        const whole = (await deconvolve(frame, { psf: weights, ...options })).data;
        for (const [name, mask] of Object.entries(LAYOUTS)) {
          const nearMask = isWithin(mask, NEAR);
          const pixels = [...mask.keys()].filter((pixel) => mask[pixel] === 1 && isInterior(pixel, 8));
          const near = pixels.filter((pixel) => nearMask[pixel] === 1);
          const far = name === 'scattered' ? near : pixels.filter((pixel) => nearMask[pixel] === 0);
          const result = (await deconvolve(fill(frame, mask), { psf: weights, ...options, valid: mask })).data;
          const gain = (list, data) => psnrOver(list, truth, data, 255) - psnrOver(list, truth, frame.data, 255);
          found[name].push({
            near: gain(near, result),
            loss: gain(near, whole) - gain(near, result),
            farLoss: gain(far, whole) - gain(far, result),
            toFar: gain(far, result) - gain(near, result),
          });
        }
      }
      for (const [layout, list] of Object.entries(found)) {
        const of = (key) => mean(list.map((one) => one[key]));
        rows.push({
          kernel,
          method: wordsOf(options),
          layout,
          near: of('near'),
          loss: of('loss'),
          farLoss: of('farLoss'),
          toFar: of('toFar'),
          worst: Math.max(...list.map(({ loss }) => loss)),
        });
      }
    }
  }
  return rows;
}

/** Defects: what they do to a case, and where they are: a byte a pixel, 1 where one is. */
const DEFECTS = {
  '20 hot pixels': (frame, random) => spoil(frame, random, 20, (pixel) => [[pixel, 150 + Math.floor(105 * random())]]),
  '20 dead pixels': (frame, random) => spoil(frame, random, 20, (pixel) => [[pixel, 0]]),
  '10 hot pairs': (frame, random) => spoil(frame, random, 10, (pixel) => [pixel, pixel + 1].map((one) => [one, 240])),
  'dead column': (frame, random) => spoil(frame, random, 1, (pixel) => column(pixel % SIDE, 0, SIDE, 0)),
  'stuck part of a column': (frame, random) => spoil(frame, random, 1, (pixel) => column(pixel % SIDE, 77, 190, 180)),
  'lost line': (frame, random) => spoil(frame, random, 1, (pixel) => line(Math.floor(pixel / SIDE), 1, 0)),
  'four lost lines': (frame, random) => spoil(frame, random, 1, (pixel) => line(Math.floor(pixel / SIDE), 4, 255)),
};

const column = (x, from, to, value) => Array.from({ length: to - from }, (_, y) => [(from + y) * SIDE + x, value]);
const line = (y, count, value) => Array.from({ length: count * SIDE }, (_, x) => [y * SIDE + x, value]);

function spoil(frame, random, count, make) {
  const data = frame.data.slice();
  const mask = new Uint8Array(SIDE ** 2).fill(1);
  for (let i = 0; i < count; i += 1) {
    const at = () => 16 + Math.floor((SIDE - 32) * random());
    for (const [pixel, value] of make(at() * SIDE + at())) {
      data[pixel] = value;
      mask[pixel] = 0;
    }
  }
  return { frame: { ...frame, data }, mask };
}

/** Points of light in the scene, so bright that their blurred images are clipped. */
function addGlints(scene, kernel, random, count) {
  const data = scene.data.slice();
  const peak = Math.max(...kernel.data);
  for (let i = 0; i < count; i += 1) {
    const at = () => 44 + Math.floor((scene.side - 88) * random());
    data[at() * scene.side + at()] += (1.5 + 4 * random()) / peak;
  }
  return { ...scene, data };
}

/** What defects cost outside 3 pixels of them, in dB, with and without looking for them. */
async function measureDefects(scenes, kernels = KERNELS, methods = METHODS) {
  const rows = [];
  for (const kernel of kernels) {
    const cases = await createCases(kernel, scenes);
    for (const options of methods) {
      const found = {};
      for (const [index, { truth, frame, kernel: weights }] of cases.entries()) {
        const solve = async (one, defects) => (await deconvolve(one, { psf: weights, ...options, defects })).data;
        const clean = await solve(frame, 'find');
        const note = async (name, spoilt, mask) => {
          const near = isWithin(mask, 3);
          const outside = [...mask.keys()].filter((pixel) => near[pixel] === 0);
          const loss = (data) => psnrOver(outside, truth, clean, 255) - psnrOver(outside, truth, data, 255);
          const now = loss(await solve(spoilt, 'find'));
          found[name] = [...(found[name] ?? []), { loss: now, without: loss(await solve(spoilt, 'none')) }];
        };
        for (const [name, make] of Object.entries(DEFECTS)) {
          const { frame: spoilt, mask } = make(frame, createRandom(index + 31));
          await note(name, spoilt, mask);
        }
        const bright = addGlints(scenes[index], weights, createRandom(index + 9), 6);
        const glints = createCase(bright, { name: kernel, kernel: weights }, NOISE, index + 1).frame;
        await note(
          '6 glints',
          glints,
          glints.data.map((value) => (value === 255 ? 0 : 1)),
        );
      }
      for (const [name, list] of Object.entries(found)) {
        const of = (key) => mean(list.map((one) => one[key]));
        const worst = Math.max(...list.map(({ loss }) => loss));
        rows.push({ kernel, method: wordsOf(options), defects: name, loss: of('loss'), worst, without: of('without') });
      }
    }
  }
  return rows;
}

/** Part of a scene that is white. */
const WHITE_PART = 0.27;

/** A scene so bright that this part of it is beyond white, or just white. */
function brighten(scene, isCut) {
  const sorted = Float64Array.from(scene.data).sort();
  const white = sorted[Math.floor((1 - WHITE_PART) * sorted.length)];
  return { ...scene, data: scene.data.map((value) => (isCut ? Math.min(1, value / white) : value / white)) };
}

/** What clipping costs outside 3 pixels of clipped samples, in dB against the same samples, not clipped. */
async function measureWhite(scenes, kernels = KERNELS, methods = METHODS) {
  const rows = [];
  for (const kernel of kernels) {
    for (const options of methods) {
      for (const scene of ['just white', 'beyond white']) {
        const found = [];
        const cases = await createCases(
          kernel,
          scenes.map((one) => brighten(one, scene === 'just white')),
        );
        for (const { truth, frame, samples, kernel: weights } of cases) {
          const near = isWithin(
            frame.data.map((value) => (value === 255 ? 0 : 1)),
            3,
          );
          const outside = [...near.keys()].filter((pixel) => near[pixel] === 0);
          const psnrOf = async (data, depth, more) => {
            const restored = await deconvolve({ ...frame, data, depth }, { psf: weights, ...options, ...more });
            return psnrOver(outside, truth, restored.data, depth === 32 ? 1 : 255);
          };
          const whole = await psnrOf(samples, 32, { defects: 'none', white: 1 });
          const [loss, without] = await Promise.all(
            ['find', 'none'].map(async (defects) => whole - (await psnrOf(frame.data, 8, { defects, white: 255 }))),
          );
          found.push({ loss, without });
        }
        rows.push({
          kernel,
          method: wordsOf(options),
          scene,
          loss: mean(found.map(({ loss }) => loss)),
          worst: Math.max(...found.map(({ loss }) => loss)),
          without: mean(found.map(({ without }) => without)),
        });
      }
    }
  }
  return rows;
}

const PARTS = { missing: measureMissing, defects: measureDefects, white: measureWhite };

const words = process.argv.slice(2);
const isJson = words.includes('--json');
const chosen = words.filter((word) => Object.hasOwn(PARTS, word));
const scenes = (await createScenes()).slice(0, Number(process.env.SCENES ?? 4));
const pick = (name, list, of) => (process.env[name] ? list.filter((one) => of(one).includes(process.env[name])) : list);
const found = {};
for (const name of chosen.length > 0 ? chosen : Object.keys(PARTS)) {
  found[name] = await PARTS[name](
    scenes,
    pick('KERNEL', KERNELS, (kernel) => kernel),
    pick('METHOD', METHODS, wordsOf),
  );
}
if (isJson) console.log(JSON.stringify(found));
else {
  for (const [name, rows] of Object.entries(found)) {
    console.log(`\n${name}: ${scenes.length} scenes of ${SIDE}x${SIDE}, noise ${NOISE}, dB`);
    const keys = Object.keys(rows[0]);
    const text = (value) => (typeof value === 'number' ? value.toFixed(2) : `${value}`);
    console.log(
      formatTable(
        keys,
        rows.map((row) => keys.map((key) => text(row[key]))),
      ),
    );
  }
}
