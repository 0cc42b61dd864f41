/**
 * Generated star frames as cameras really make them: every kind has one thing that a clean frame does not. Each is made
 * from a seed, with known stars.
 */
import sharp from 'sharp';

/**
 * @typedef {{ x: number, y: number, flux: number }} Star
 * @typedef {{ stars: Star[], electrons: Float32Array }} Scene what a frame is exposed to
 * @typedef {() => number} Random from 0 to 1
 * @typedef {readonly [number, number]} Point
 * @typedef {{ bits?: number, gain?: number, sky?: number, tilt?: number, rows?: number, columns?: number,
 *   border?: readonly [number, number, number, number], mask?: number, jpeg?: number, smooth?: boolean }} Exposure
 *   `sky` and `tilt`: level of the dark sky, and its rise over the frame, in standard deviations of its noise
 * @typedef {{ look: 'sharp' | 'trail' | 'disk' | 'both', options?: object, stars?: number, bright?: number,
 *   add?: (scene: Scene, random: Random) => void, expose?: Exposure }} Kind what it adds to a scene of stars, how it is
 *   exposed, and what its stars look like
 * @typedef {import('../lib/index.js').stars.SimulateOptions} SimulateOptions
 * @typedef {(options: SimulateOptions) => import('../lib/index.js').stars.SimulatedFrame} Simulate
 */

const SIZE = { width: 512, height: 512 };
/** Noise of a pixel of the dark sky in electrons: 50 of sky and 5 of reading. */
export const SKY_SIGMA = Math.sqrt(50 + 25);

/** Electrons of what stars do not shine through. */
const OPAQUE = 25_000;

/** Random numbers from 0 to 1: mulberry32. @param {number} seed @returns {Random} */
export function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {Random} random */
const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** @param {Float32Array} values @param {number} index @param {number} value */
function addAt(values, index, value) {
  values[index] = (values[index] ?? 0) + value;
}

/**
 * Adds a Gaussian line from one point to another, of a peak in electrons.
 * @param {Scene} scene @param {Point} from @param {Point} to @param {number} peak @param {number} sigma
 */
function addLine({ electrons }, [x0, y0], [x1, y1], peak, sigma) {
  const { width, height } = SIZE;
  const [dx, dy] = [x1 - x0, y1 - y0];
  const square = Math.max(dx * dx + dy * dy, 1e-9);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const t = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / square));
      const off = Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
      if (off < 6 * sigma) addAt(electrons, y * width + x, peak * Math.exp(-(off * off) / (2 * sigma * sigma)));
    }
  }
}

/**
 * Adds a disk with a halo.
 * @param {Scene} scene @param {Point} centre @param {number} radius @param {number} level @param {number} halo
 */
function addMoon({ electrons }, [cx, cy], radius, level, halo) {
  const { width, height } = SIZE;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const r = Math.hypot(x - cx, y - cy);
      const light = r < radius ? level : halo / (1 + ((r - radius) / 60) ** 2);
      addAt(electrons, y * width + x, light);
    }
  }
}

/** @param {Scene} scene @param {number} x @param {number} y @param {number} length @param {number} level */
function addColumn({ electrons }, x, y, length, level) {
  const { width, height } = SIZE;
  for (let row = Math.max(0, y - (length >> 1)); row < Math.min(height, y + (length >> 1)); row += 1)
    addAt(electrons, row * width + x, level);
}

/** Half of them are hot pixels. @param {Scene} scene @param {Random} random @param {number} count */
function addCosmics(scene, random, count) {
  const { width, height } = SIZE;
  for (let i = 0; i < count; i += 1) {
    const [x, y] = [Math.floor(width * random()), Math.floor(height * random())];
    const peak = 200 * 50 ** random();
    if (i % 2 === 0) {
      addAt(scene.electrons, y * width + x, peak);
      continue;
    }
    const [angle, length] = [Math.PI * random(), 2 + 12 * random()];
    addLine(scene, [x, y], [x + length * Math.cos(angle), y + length * Math.sin(angle)], peak, 0.35);
  }
}

/** @param {Scene} scene @param {Star} star @param {number} peak @param {number} reach */
function addSpikes(scene, { x, y }, peak, reach) {
  for (const angle of [0.3, 0.3 + Math.PI / 2]) {
    for (const side of [-reach, reach]) {
      /** @param {number} part @returns {Point} */
      const at = (part) => [x + side * part * Math.cos(angle), y + side * part * Math.sin(angle)];
      for (let step = 0; step < 8; step += 1)
        addLine(scene, at(step / 8), at((step + 1) / 8), peak * (1 - step / 8) ** 2, 0.8);
    }
  }
}

/** A point away from the edges. @param {Random} random @returns {Point} */
const middle = (random) => [150 + 212 * random(), 150 + 212 * random()];

/** @param {Scene} scene @param {number} rise electrons a pixel */
function addRise({ electrons }, rise) {
  electrons.forEach((value, index) => {
    electrons[index] = value + rise * (index % SIZE.width);
  });
}

/** Bleeds from the brightest star. @param {Scene} scene @param {number} length @param {number} level */
function bleed(scene, length, level) {
  const { x, y } = scene.stars[0] ?? { x: 0, y: 0 };
  addColumn(scene, Math.round(x), length > SIZE.height ? SIZE.height / 2 : Math.round(y), length, level);
}

/** Disks that fill much of the frame, and do not touch. @param {number} defocusRadiusPx */
const wideDisks = (defocusRadiusPx) => ({
  defocusRadiusPx,
  flux: [1000 * defocusRadiusPx, 10_000 * defocusRadiusPx],
  separationPx: 2.2 * defocusRadiusPx + 8,
});

/** @type {Readonly<Record<string, Kind>>} */
export const KINDS = {
  sharp: { look: 'sharp' },
  trailed: { look: 'trail', options: { motion: { lengthPx: 20, angleDegrees: 25 }, flux: [3000, 60_000] } },
  'short-trails': { look: 'trail', options: { motion: { lengthPx: 6, angleDegrees: -60 }, flux: [2000, 60_000] } },
  'defocused-3': { look: 'disk', options: { defocusRadiusPx: 3, flux: [2000, 60_000] } },
  'defocused-6': { look: 'disk', options: { defocusRadiusPx: 6, flux: [4000, 80_000] } },
  'defocused-12': { look: 'disk', options: { defocusRadiusPx: 12, flux: [9000, 99_000], separationPx: 48 } },
  'defocused-20': { look: 'disk', stars: 20, options: wideDisks(20) },
  'defocused-30': { look: 'disk', stars: 12, options: wideDisks(30) },
  'defocused-45': { look: 'disk', stars: 8, options: wideDisks(45) },
  'defocused-and-trailed': {
    look: 'both',
    options: { defocusRadiusPx: 4, motion: { lengthPx: 14, angleDegrees: 35 }, flux: [5000, 80_000], separationPx: 44 },
  },
  'few-stars': { look: 'sharp', stars: 4 },
  'clipped-1': { look: 'sharp', expose: { bits: 8, gain: 1 / 4, sky: -1 } },
  'clipped-2': { look: 'sharp', expose: { bits: 8, gain: 1 / 4, sky: -2 } },
  'clipped-coarse': { look: 'sharp', expose: { bits: 8, gain: 1 / 15, sky: -1.5 } },
  'clipped-half': { look: 'sharp', expose: { bits: 8, gain: 1 / 4, sky: -2, tilt: 6 } },
  gradient: { look: 'sharp', expose: { tilt: 3000 / SKY_SIGMA } },
  'gradient-shot': { look: 'sharp', add: (scene) => addRise(scene, 6) },
  moonlight: { look: 'sharp', add: (scene) => addMoon(scene, [-200, -200], 100, 0, 9000) },
  'zero-border': { look: 'sharp', expose: { border: [21, 40, 9, 0] } },
  'round-mask': { look: 'sharp', expose: { mask: 250 } },
  rows: { look: 'sharp', expose: { rows: 1 } },
  columns: { look: 'sharp', expose: { columns: 1 } },
  'jpeg-75': { look: 'sharp', expose: { bits: 8, gain: 1 / 6, sky: 4, jpeg: 75 } },
  'jpeg-90': { look: 'sharp', expose: { bits: 8, gain: 1 / 4, sky: 6, jpeg: 90 } },
  smoothed: { look: 'sharp', expose: { smooth: true } },
  cosmics: { look: 'sharp', add: (scene, random) => addCosmics(scene, random, 80) },
  satellite: {
    look: 'sharp',
    add: (scene, random) => addLine(scene, [0, 512 * random()], [511, 512 * random()], 400, 1.1),
  },
  'faint-satellite': {
    look: 'sharp',
    add: (scene, random) => addLine(scene, [512 * random(), 0], [512 * random(), 511], 30, 1.1),
  },
  spikes: {
    look: 'sharp',
    bright: 6e6,
    add: (scene) => addSpikes(scene, scene.stars[0] ?? { x: 0, y: 0, flux: 0 }, 4000, 90),
  },
  'bleeding-40': { look: 'sharp', bright: 2e6, add: (scene) => bleed(scene, 40, 3e4) },
  'bleeding-40-unsaturated': {
    look: 'sharp',
    bright: 2e5,
    add: (scene) => bleed(scene, 40, 2e4),
  },
  'bleeding-full': { look: 'sharp', bright: 2e6, add: (scene) => bleed(scene, 1024, 3e4) },
  planet: { look: 'sharp', add: (scene, random) => addMoon(scene, middle(random), 7, 9e4, 60) },
  moon: { look: 'sharp', add: (scene, random) => addMoon(scene, middle(random), 50, 3e4, 900) },
  'moon-saturated': { look: 'sharp', add: (scene, random) => addMoon(scene, middle(random), 60, 9e4, 900) },
  streak: {
    look: 'sharp',
    add: (scene, random) => addLine(scene, middle(random), middle(random), 5000, 1.3),
  },
  'trailed-cosmics': {
    look: 'trail',
    options: { motion: { lengthPx: 20, angleDegrees: 25 }, flux: [3000, 60_000] },
    add: (scene, random) => addCosmics(scene, random, 80),
  },
  'trailed-moon': {
    look: 'trail',
    options: { motion: { lengthPx: 20, angleDegrees: 25 }, flux: [3000, 60_000] },
    add: (scene, random) => addMoon(scene, middle(random), 50, 3e4, 900),
  },
  'defocused-satellite': {
    look: 'disk',
    options: { defocusRadiusPx: 5, flux: [4000, 80_000] },
    add: (scene, random) => addLine(scene, [0, 512 * random()], [511, 512 * random()], 300, 3),
  },
};

/**
 * A frame of a kind, its stars that are above 7 standard deviations and well within it, and all of them.
 * @param {string} name @param {number} seed @param {Simulate} simulate of the library
 */
export async function makeKind(name, seed, simulate) {
  const kind = KINDS[name];
  if (kind === undefined) throw new Error(`there is no kind ${name}`);
  const { stars = 40, bright, add, expose = {} } = kind;
  const options = /** @type {Partial<SimulateOptions>} */ (kind.options ?? {});
  const random = createRandom(1000 * seed + 17);
  const made = simulate({ ...SIZE, stars, flux: [500, 40_000], separationPx: 30, seed, ...options });
  const light = made.electrons.map((value) => value - 50);
  const scene = { stars: [...made.stars], electrons: made.electrons };
  if (bright !== undefined) brighten(scene, light, bright, simulate);
  add?.(scene, random);
  const frame = await exposeScene(scene.electrons, expose, random);
  const { motion, defocusRadiusPx = 0 } = options;
  const reachPx = defocusRadiusPx + (motion && 'lengthPx' in motion ? motion.lengthPx / 2 : 0) + 4;
  const isClear = (/** @type {Star} */ star) => clarity(star, light, scene, reachPx) > 7;
  const clear = scene.stars.filter(
    (star) => !isHidden(star, expose) && isClear(star) && !isCovered(star, light, scene),
  );
  return { frame, stars: clear, all: scene.stars };
}

/**
 * Signal over noise of a star to a matched filter: what its light is worth pixel by pixel, in what the scene adds.
 * @param {Star} star @param {Float32Array} dark light of stars alone @param {Scene} scene @param {number} reachPx
 */
function clarity({ x, y, flux }, dark, { electrons }, reachPx) {
  const { width, height } = SIZE;
  let sum = 0;
  for (let row = Math.max(0, Math.round(y - reachPx)); row <= Math.min(height - 1, y + reachPx); row += 1) {
    for (let column = Math.max(0, Math.round(x - reachPx)); column <= Math.min(width - 1, x + reachPx); column += 1) {
      const light = dark[row * width + column] ?? 0;
      sum += (light * light) / ((electrons[row * width + column] ?? 0) - light + 25);
    }
  }
  return flux > 0 ? Math.sqrt(sum) : 0;
}

/**
 * Whether what was added is uneven around a star by more than the star's own peak, or is so bright that it is a moon
 * before the star: then the star is covered, and not counted as lost.
 * @param {Star} star @param {Float32Array} own light of stars alone @param {Scene} scene
 */
function isCovered({ x, y }, own, { electrons }) {
  const { width, height } = SIZE;
  let [least, most, peak] = [Infinity, -Infinity, 0];
  for (let row = Math.max(0, Math.round(y) - 3); row <= Math.min(height - 1, Math.round(y) + 3); row += 1) {
    for (let column = Math.max(0, Math.round(x) - 3); column <= Math.min(width - 1, Math.round(x) + 3); column += 1) {
      const light = own[row * width + column] ?? 0;
      const added = (electrons[row * width + column] ?? 0) - light;
      [least, most, peak] = [Math.min(least, added), Math.max(most, added), Math.max(peak, light)];
    }
  }
  return most - least > peak || most > OPAQUE;
}

/** @param {Scene} scene @param {Float32Array} light @param {number} flux @param {Simulate} simulate */
function brighten(scene, light, flux, simulate) {
  const star = { x: 0, y: 0, ...scene.stars[0], flux };
  const { electrons } = simulate({ ...SIZE, stars: [star], background: 0 });
  scene.stars[0] = star;
  addTo(light, electrons);
  addTo(scene.electrons, electrons);
}

/** @param {Float32Array} sum @param {Float32Array} values */
function addTo(sum, values) {
  values.forEach((value, index) => {
    addAt(sum, index, value);
  });
}

/** @param {Star} star @param {Exposure} exposure */
function isHidden({ x, y }, { border, mask }) {
  if (mask !== undefined) return Math.hypot(x - 256, y - 256) > mask - 4;
  if (border === undefined) return false;
  const [left, top, right, bottom] = border;
  return x < left + 4 || y < top + 4 || x > 507 - right || y > 507 - bottom;
}

/** @param {Float32Array} electrons @param {Exposure} expose @param {Random} random */
async function exposeScene(electrons, expose, random) {
  const { bits = 16, gain = 1, sky, tilt = 0, rows = 0, columns = 0, border, mask, jpeg, smooth } = expose;
  const { width, height } = SIZE;
  const rowOf = Array.from({ length: height }, () => rows * SKY_SIGMA * normal(random));
  const columnOf = Array.from({ length: width }, () => columns * SKY_SIGMA * normal(random));
  const pedestal = sky === undefined ? 500 : SKY_SIGMA * sky - 50;
  let values = Float64Array.from(electrons, (mean, index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    const noise = Math.sqrt(mean + 25) * normal(random) + (rowOf[y] ?? 0) + (columnOf[x] ?? 0);
    return mean + noise + (tilt * SKY_SIGMA * (x + y)) / (width + height);
  });
  if (smooth) values = smoothed(values);
  const most = bits > 8 ? 65_535 : 255;
  const data = bits > 8 ? new Uint16Array(values.length) : new Uint8Array(values.length);
  values.forEach((value, index) => {
    data[index] = countsOf(value, index % width, Math.floor(index / width));
  });
  /** @param {number} value @param {number} x @param {number} y */
  function countsOf(value, x, y) {
    if (mask !== undefined && Math.hypot(x - 256, y - 256) > mask) return 0;
    if (border && (x < border[0] || y < border[1] || x >= width - border[2] || y >= height - border[3])) return 0;
    return Math.max(0, Math.min(most, Math.round((pedestal + value) * gain)));
  }
  if (jpeg === undefined) return frameOf(data);
  const file = await sharp(data, { raw: { ...SIZE, channels: 1 } })
    .jpeg({ quality: jpeg })
    .toBuffer();
  return frameOf(new Uint8Array(await sharp(file).greyscale().raw().toBuffer()));
}

/** @param {Uint8Array | Uint16Array} data @returns {import('../lib/index.js').Frame} */
function frameOf(data) {
  return data instanceof Uint8Array
    ? { ...SIZE, channels: 1, depth: 8, data }
    : { ...SIZE, channels: 1, depth: 16, data };
}

/**
 * What a camera does that takes colours from its neighbours: noise of neighbouring pixels goes together.
 * @param {Float64Array} values
 */
function smoothed(values) {
  const { width, height } = SIZE;
  /** @param {number} x @param {number} y */
  const at = (x, y) => values[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))] ?? 0;
  return values.map((value, index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    const sides = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1);
    const corners = at(x - 1, y - 1) + at(x + 1, y - 1) + at(x - 1, y + 1) + at(x + 1, y + 1);
    return value / 4 + sides / 8 + corners / 16;
  });
}

/**
 * False stars, and how many of the true ones were lost.
 * @param {readonly { x: number, y: number }[]} found @param {{ stars: Star[], all: Star[] }} truth
 * @param {number} reachPx how far a star may be from its place
 */
export function judge(found, { stars, all }, reachPx = 2.5) {
  /** @param {{ x: number, y: number }} a @param {{ x: number, y: number }} b */
  const near = (a, b) => Math.hypot(a.x - b.x, a.y - b.y) < reachPx;
  return {
    falseStars: found.filter((star) => !all.some((other) => near(star, other))).length,
    lost: stars.filter((star) => !found.some((other) => near(star, other))).length,
  };
}
