// Counts wrong solutions over many simulated frames: `node bench/identify-wrong.mjs [frames] [first]`, by default 10^6
// from number 0, which takes hours. A tenth of them hold no star at all, but random points. Each frame has its number
// for a seed: a run that ended early goes on from the number that it printed last as `next`.
import { stars } from '../dist/index.js';
import { createRandom, sampleNormal } from '../dist/math/random.js';
import { dot, transform } from '../dist/math/linear.js';

const SIZE = { width: 1024, height: 768 };
/** 15 degrees wide. */
const FOCAL_PX = SIZE.width / 2 / Math.tan((7.5 * Math.PI) / 180);
const EPOCH = 2026;
/** No frame shows fainter ones among its brightest. */
const MOST_KNOWN = 16_000;
/** Farther from the truth a solution is wrong. */
const WRONG_RAD = (0.05 * Math.PI) / 180;
/** Of random points: more than these find nothing either, but take longer. */
const MOST_HYPOTHESES = 50_000;
const PROGRESS = 1000;

const camera = new stars.Camera({ ...SIZE, focalPx: FOCAL_PX });
const catalogue = await stars.StarCatalogue.packaged();
const known = Array.from({ length: MOST_KNOWN }, (_, index) => ({
  direction: catalogue.direction(index, EPOCH),
  magnitude: catalogue.magnitude(index),
}));

/** What a frame is like: from the easy to the hardest of the table in docs/stars.md. */
function kindOf(/** @type {() => number} */ random) {
  const pick = random();
  if (pick < 0.1) return { count: 0, falseStars: 5 + Math.floor(16 * random()), sigmaPx: 0.1 + random(), missing: 0 };
  const sigmaPx = pick < 0.5 ? 0.1 : 0.1 + 2.9 * random();
  const falseStars = pick < 0.7 ? 0 : Math.floor(20 * random());
  return { count: 4 + Math.floor(17 * random()), falseStars, sigmaPx, missing: pick < 0.85 ? 0 : 0.3 };
}

/** @param {ReturnType<typeof kindOf>} kind @param {() => number} random */
function expose({ count, falseStars, sigmaPx, missing }, random) {
  const decDegrees = (Math.asin(2 * random() - 1) * 180) / Math.PI;
  const matrix = stars.pointingMatrix({ raDegrees: 360 * random(), decDegrees, rollDegrees: 360 * random() - 180 });
  const covariance = { xx: sigmaPx ** 2, yy: sigmaPx ** 2, xy: 0 };
  const seen = [];
  const add = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ magnitude) =>
    seen.push({ x, y, flux: 10 ** (0.4 * (20 - magnitude)), covariance });
  for (let i = 0; i < known.length && seen.length < count; i += 1) {
    const { direction, magnitude } = known[i];
    if (dot(matrix[2], direction) < 0.97) continue;
    const place = camera.project(transform(matrix, direction));
    if (place === null || random() < missing) continue;
    const [x, y] = place.map((part) => part + sigmaPx * sampleNormal(random));
    if (x < 0 || y < 0 || x > SIZE.width - 1 || y > SIZE.height - 1) continue;
    add(x, y, magnitude + 0.2 * sampleNormal(random));
  }
  for (let i = 0; i < falseStars; i += 1) add(SIZE.width * random(), SIZE.height * random(), 2 + 4 * random());
  return { seen, axis: matrix[2] };
}

const [frames, first] = [Number(process.argv[2] ?? 1e6), Number(process.argv[3] ?? 0)];
const identifier = await stars.StarIdentifier.open({ camera, epochYear: EPOCH });
const tally = { next: first, frames: 0, solved: 0, declined: 0, pointFields: 0, wrong: 0 };
while (tally.frames < frames) {
  const number = tally.next;
  const random = createRandom(number);
  const kind = kindOf(random);
  const { seen, axis } = expose(kind, random);
  if (kind.count === 0) tally.pointFields += 1;
  const found = await identifier.identify(seen, { maxStars: 60, timeoutMs: 1e9, mostHypotheses: MOST_HYPOTHESES });
  if (found.status === 'declined') tally.declined += 1;
  else {
    const off = Math.hypot(...axis.map((part, i) => part - found.attitude.matrix[2][i]));
    tally.solved += 1;
    if (kind.count === 0 || off > WRONG_RAD) {
      tally.wrong += 1;
      console.log('wrong', number, JSON.stringify(kind), off, found.falseAlarm, found.matches.length);
    }
  }
  tally.frames += 1;
  tally.next += 1;
  if (tally.next % PROGRESS === 0) console.log(JSON.stringify(tally));
}
console.log(JSON.stringify(tally));
await identifier.dispose();
