// How well trails and places of stars are found on simulated frames, against their truth and the Cramer-Rao bound.
// `node bench/stars-accuracy.mjs`
import { stars } from '../dist/index.js';
import { measureAllUsable, measureIterations, measureSpeed } from './stars-goals.mjs';

const SIZE = { width: 512, height: 512 };
/** Frames of trails: lengths 8 to 60 and all angles, evenly. */
const TRAILS = 24;
/** Mean square of the light over the variance of the noise: -3.2 dB. */
const NOISE_POWER = 10 ** 0.32;

/** @param {number[]} values @param {number} part */
function quantile(values, part) {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(part * values.length))];
}

/**
 * 30 stars, some of which overlap, in noise of so many times the mean square of the light.
 * @param {{ lengthPx: number, angleDegrees: number }} motion @param {number} noisePower @param {number} seed
 */
function createTrails(motion, noisePower, seed) {
  const field = { ...SIZE, stars: 30, flux: [5000, 50_000], separationPx: 12, motion, seed, background: 0 };
  const { electrons } = stars.simulate({ ...field, readNoise: 0 });
  const power = electrons.reduce((sum, value) => sum + value * value, 0) / electrons.length;
  return stars.simulate({ ...field, readNoise: Math.sqrt(noisePower * power), offset: 500 }).frame;
}

/** @param {number} a @param {number} b degrees */
const turnBetween = (a, b) => Math.abs(a - b - 180 * Math.round((a - b) / 180));

async function measureTrails() {
  const [angles, lengths, times] = [[], [], []];
  for (let seed = 1; seed <= TRAILS; seed += 1) {
    const motion = { lengthPx: 8 + 52 * ((seed * 0.618) % 1), angleDegrees: -90 + 180 * ((seed * 0.37) % 1) };
    const frame = createTrails(motion, NOISE_POWER, seed);
    const { report } = await stars.restoreStars(frame, { method: 'none', threads: 1 });
    angles.push(turnBetween(report.motion.angleDegrees, motion.angleDegrees));
    lengths.push(Math.abs(report.motion.lengthPx - motion.lengthPx));
    times.push(report.seconds);
  }
  console.log(
    `trails, ${TRAILS} frames at -3.2 dB: angle median ${quantile(angles, 0.5).toFixed(3)}, ` +
      `max ${Math.max(...angles).toFixed(3)} degrees; ` +
      `length median ${quantile(lengths, 0.5).toFixed(3)}, p95 ${quantile(lengths, 0.95).toFixed(3)}, ` +
      `max ${Math.max(...lengths).toFixed(3)} px; ${quantile(times, 0.5).toFixed(2)} s`,
  );
}

/** The published experiments in 'paper' mode: angles of trails of 20 px, and lengths at 20 degrees. */
async function measurePublished() {
  for (const [label, noise] of [
    ['no noise', 1e-6],
    ['-3.2 dB', NOISE_POWER],
  ]) {
    const find = async (motion, seed) =>
      (
        await stars.restoreStars(createTrails(motion, noise, seed), {
          motion: 'paper',
          method: 'none',
          maxStars: 1,
          threads: 1,
        })
      ).report.motion;
    const angles = [];
    for (let angle = 0; angle <= 90; angle += 10)
      angles.push(turnBetween((await find({ lengthPx: 20, angleDegrees: angle }, 100 + angle)).angleDegrees, angle));
    const errors = [];
    for (let length = 5; length <= 70; length += 5)
      errors.push(Math.abs((await find({ lengthPx: length, angleDegrees: 20 }, 200 + length)).lengthPx - length));
    console.log(
      `'paper', ${label}: angle median ${quantile(angles, 0.5).toFixed(2)}, ` +
        `max ${Math.max(...angles).toFixed(2)} degrees; length median ${quantile(errors, 0.5).toFixed(2)} px, ` +
        `${errors.filter((error) => error > 2).length} of ${errors.length} on another stripe`,
    );
  }
}

/** @param {number} flux of 20 stars, whose trail of 20 px at 20 degrees is not known */
async function measurePlaces(flux) {
  let [square, bound, count, missing] = [0, 0, 0, 0];
  for (let seed = 1; seed <= 6; seed += 1) {
    const { frame, stars: truth } = stars.simulate({
      ...SIZE,
      stars: 20,
      flux,
      separationPx: 40,
      motion: { lengthPx: 20, angleDegrees: 20 },
      seed,
    });
    const { stars: found } = await stars.restoreStars(frame, { method: 'none', electronsPerCount: 1, threads: 1 });
    for (const star of truth) {
      const near = found
        .map((fit) => ({ fit, distance: Math.hypot(fit.x - star.x, fit.y - star.y) }))
        .sort((a, b) => a.distance - b.distance)[0];
      if (near === undefined || near.distance > 5) {
        missing += 1;
        continue;
      }
      square += near.distance ** 2;
      bound += near.fit.boundPx ** 2;
      count += 1;
    }
  }
  console.log(
    `places, ${flux} electrons: RMS ${Math.sqrt(square / count).toFixed(3)} ` +
      `px, ${Math.sqrt(square / bound).toFixed(2)} of the bound, ${missing} of ${count + missing} missing`,
  );
}

await measureTrails();
await measurePublished();
for (const flux of [20_000, 5000, 2000, 1000]) await measurePlaces(flux);
await measureAllUsable();
await measureIterations();
await measureSpeed();
