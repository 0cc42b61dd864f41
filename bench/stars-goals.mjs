// The goals of a star sensor's front end on simulated frames: speed, stars made usable, iterations predicted, all again
// with a gyroscope that is wrong.
import { psf, stars } from '../dist/index.js';

/** @import { AnyFrame } from '../dist/index.js' */

const SIZE = { width: 512, height: 512 };
const MOTION = { lengthPx: 20, angleDegrees: 20 };
const CAMERA = new stars.Camera({ ...SIZE, focalPx: 2000 });
/** Rates whose trail is 20 px long. */
const RATES = [0.04, -0.0896, 0.01];
const EXPOSURE = 0.1019;

/** @param {number[]} values @param {number} part */
function quantile(values, part) {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(part * values.length))];
}

/** Detection, restoration and centroids of 1024x1024 pixels, 20 stars, L 20. */
export async function measureSpeed() {
  const { frame } = stars.simulate({
    width: 1024,
    height: 1024,
    stars: 20,
    flux: [5000, 50_000],
    separationPx: 60,
    motion: MOTION,
    seed: 1,
  });
  for (const [label, options] of [
    ['known trail', { motion: MOTION }],
    ['blind', {}],
  ]) {
    for (const method of ['hyper-laplacian', 'richardson-lucy']) {
      const times = [];
      for (let run = 0; run < 7; run += 1)
        times.push(
          (await stars.restoreStars(frame, { ...options, electronsPerCount: 1, method, threads: 3 })).report.seconds,
        );
      console.log(
        `speed, 1 Mpx, 20 stars, L 20, 3 threads, ${label}, ${method}: ` +
          `best ${(1000 * Math.min(...times)).toFixed(0)} ms, median ${(1000 * quantile(times, 0.5)).toFixed(0)} ` +
          'ms',
      );
    }
  }
}

/**
 * Centres of what an extractor sees: 5 standard deviations above the median, eight neighbours, at least 2 pixels
 * (star-sensor C.1).
 * @param {AnyFrame} frame @param {number} level @param {number} sigma
 */
function extract({ width, height, data }, level, sigma) {
  const limit = level + 5 * sigma;
  const seen = new Uint8Array(data.length);
  const centres = [];
  for (let start = 0; start < data.length; start += 1) {
    if (seen[start] || data[start] <= limit) continue;
    const part = [start];
    seen[start] = 1;
    let [sum, x, y] = [0, 0, 0];
    for (let next = 0; next < part.length; next += 1) {
      const [column, row] = [part[next] % width, Math.floor(part[next] / width)];
      const light = data[part[next]] - level;
      [sum, x, y] = [sum + light, x + light * column, y + light * row];
      for (let turn = 0; turn < 9; turn += 1) {
        const [c, r] = [column + (turn % 3) - 1, row + Math.floor(turn / 3) - 1];
        const pixel = r * width + c;
        if (c < 0 || r < 0 || c >= width || r >= height || seen[pixel] || data[pixel] <= limit) continue;
        seen[pixel] = 1;
        part.push(pixel);
      }
    }
    if (part.length >= 2) centres.push({ x: x / sum, y: y / sum });
  }
  return centres;
}

/**
 * The part of stars with a centre within a pixel.
 * @param {readonly { x: number, y: number }[]} truth
 * @param {readonly { x: number, y: number }[]} found
 */
const usable = (truth, found) =>
  truth.filter((star) => found.some(({ x, y }) => Math.hypot(x - star.x, y - star.y) < 1)).length;

/** A gyroscope that shows 5 % too much, on a sensor mounted 0.1 degrees off. */
function wrongGyro() {
  const tilt = (0.1 * Math.PI) / 180;
  const mounting = [
    [Math.cos(tilt), -Math.sin(tilt), 0],
    [Math.sin(tilt), Math.cos(tilt), 0],
    [0, 0, 1],
  ];
  return { camera: CAMERA, ratesRadPerSecond: RATES.map((rate) => 1.05 * rate), mounting, exposureSeconds: EXPOSURE };
}

/**
 * Stars that an extractor finds before and after, and those measured; places against the Cramer-Rao bound.
 * @param {string} label
 * @param {object} options
 * @param {number} flux
 */
async function measureUsable(label, options, flux) {
  let [before, restored, drawn, measured, count, square, bound, places] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let seed = 1; seed <= 8; seed += 1) {
    const truth = { camera: CAMERA, ratesRadPerSecond: RATES, exposureSeconds: EXPOSURE };
    const { frame, stars: field } = stars.simulate({ ...SIZE, stars: 20, flux, separationPx: 45, motion: truth, seed });
    const {
      frame: after,
      stars: found,
      report,
    } = await stars.restoreStars(frame, { electronsPerCount: 1, method: 'richardson-lucy', ...options });
    const { level, sigma } = report.sky;
    before += usable(field, extract(frame, level, sigma));
    restored += usable(field, extract(after, level, sigma));
    drawn += usable(
      field,
      extract(
        (await stars.restoreStars(frame, { electronsPerCount: 1, ...options, method: 'render' })).frame,
        level,
        sigma,
      ),
    );
    measured += usable(field, found);
    count += field.length;
    for (const star of field) {
      const near = found.find(({ x, y }) => Math.hypot(x - star.x, y - star.y) < 3);
      if (near === undefined) continue;
      square += (near.x - star.x) ** 2 + (near.y - star.y) ** 2;
      bound += near.boundPx ** 2;
      places += 1;
    }
  }
  const part = (value) => `${((100 * value) / count).toFixed(0)} %`;
  console.log(
    `usable, ${label}, ${flux} electrons: ${part(before)} before, ${part(restored)} in the restored ` +
      `frame, ${part(drawn)} where stars are drawn, ${part(measured)} measured; ` +
      `RMS ${Math.sqrt(square / places).toFixed(3)} px, ${Math.sqrt(square / bound).toFixed(2)} of the bound`,
  );
}

export async function measureAllUsable() {
  for (const flux of [2000, 5000, 20_000]) {
    await measureUsable('blind', {}, flux);
    await measureUsable(
      'exact gyroscope',
      { motion: { camera: CAMERA, ratesRadPerSecond: RATES, exposureSeconds: EXPOSURE } },
      flux,
    );
    await measureUsable('gyroscope 5 % and 0.1 degrees off', { motion: wrongGyro() }, flux);
  }
}

/** Iterations predicted for frames through the whole pipeline, against the best of many. */
export async function measureIterations() {
  const errors = { networks: [], 'power-law': [] };
  const losses = { networks: [], 'power-law': [] };
  for (let seed = 1; seed <= 12; seed += 1) {
    const part = (step) => (seed * step) % 1;
    const motion = { lengthPx: 6 + 30 * part(0.618), angleDegrees: 180 * part(0.37) };
    const field = {
      width: 384,
      height: 384,
      stars: 6,
      flux: 5000 * 10 ** part(0.71),
      separationPx: 60,
      sigmaPx: 0.8 + 0.6 * part(0.23),
      background: 20 + 150 * part(0.43),
      seed,
    };
    const { frame } = stars.simulate({ ...field, motion });
    const { electrons: truth } = stars.simulate(field);
    const measure = async (iterations) => {
      const { frame: restored, report } = await stars.restoreStars(frame, {
        motion,
        electronsPerCount: 1,
        method: 'richardson-lucy',
        ...(iterations && { iterations }),
      });
      let sum = 0;
      for (const { left, top, width, height } of report.windows) {
        for (let y = top; y < top + height; y += 1)
          for (let x = left; x < left + width; x += 1) sum += (restored.data[y * 384 + x] - truth[y * 384 + x]) ** 2;
      }
      return { sum, iterations: report.iterations };
    };
    const networks = await measure();
    const kernel = await stars.kernelFeatures(psf.motion(motion.lengthPx, motion.angleDegrees), 1);
    const law = await measure(
      await stars.predictIterations({ ...kernel, snr: 1, sigmaPx: 1, sidePx: 64 }, 'power-law'),
    );
    let best = networks;
    const tried = new Set();
    for (let count = networks.iterations / 2; count < 2 * networks.iterations + 2; count *= 1.08) {
      if (tried.has(Math.round(count))) continue;
      tried.add(Math.round(count));
      const found = await measure(Math.max(1, Math.round(count)));
      if (found.sum < best.sum) best = found;
    }
    for (const [rule, found] of [
      ['networks', networks],
      ['power-law', law],
    ]) {
      errors[rule].push(Math.abs(found.iterations / best.iterations - 1));
      losses[rule].push(10 * Math.log10(found.sum / best.sum));
    }
  }
  for (const rule of ['networks', 'power-law']) {
    console.log(
      `iterations, ${rule}: off by ${(100 * quantile(errors[rule], 0.5)).toFixed(1)} % (median), PSNR ` +
        `lost ${quantile(losses[rule], 0.5).toFixed(3)} dB (median), ` +
        `${(losses[rule].reduce((sum, value) => sum + value, 0) / losses[rule].length).toFixed(3)} (mean)`,
    );
  }
}
