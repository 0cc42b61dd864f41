// Real star frames, judged by cedar-solve (PyPI): `node bench/stars-real.mjs FOLDER PYTHON`, a folder with trailed/,
// defocused/ and u16/, and a Python that has the solver. With the field of view as the only hint: its own extraction,
// our centroids, our centroids without the distortion fitted to the matches of all frames of a camera, and its own
// extraction of our frame in which stars are drawn.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stars } from '../dist/index.js';
import { startPeers } from './python.mjs';

const SETS = [
  { name: 'trailed', fov: 13.2, ending: '.png', options: {} },
  { name: 'defocused', fov: 27.4, ending: '.png', options: { defocus: 'auto' } },
  { name: 'u16', fov: 11.4, ending: '.tiff', options: {} },
];
const MOST_CENTROIDS = 30;
const ARC_SECONDS = (180 / Math.PI) * 3600;

/** @param {{ solved: boolean, rmse?: number, falseAlarm?: number, matches?: object[] }} answer */
function describe({ solved, rmse, falseAlarm, matches, unreadable }) {
  if (solved === undefined) throw new Error('cedar-solve has ended early; run bench/cedar-solve.py by hand to see why');
  if (unreadable) return `not readable (${unreadable})`;
  return solved ? `${rmse.toFixed(0)} arcsec, ${matches.length} matches, ${falseAlarm.toExponential(0)}` : 'not solved';
}

/**
 * Pixels as a lens without distortion, looking through the middle of the frame, would have them.
 * @param {stars.Camera} camera
 * @param {[number, number][]} centroids
 */
function straighten(camera, centroids) {
  const flat = new stars.Camera({ width: camera.width, height: camera.height, focalPx: camera.focalPx });
  return centroids.map(([y, x]) => {
    const [px, py] = flat.project(camera.direction(x - 0.5, y - 0.5));
    return [py + 0.5, px + 0.5];
  });
}

async function measureSet({ name, fov, ending, options }, folder, scratch, ask) {
  const files = (await readdir(join(folder, name))).filter((file) => file.endsWith(ending)).sort();
  const solved = [];
  for (const file of files) {
    const path = join(folder, name, file);
    const {
      frame: { width, height },
      stars: found,
    } = await stars.restoreStars(path, { ...options, method: 'none' });
    const centroids = stars.toTetra3(found).slice(0, MOST_CENTROIDS);
    const answer = await ask({ centroids, size: [height, width], fov });
    const drawn = join(scratch, `${name}${ending}`);
    await (await stars.restoreStars(path, { ...options, method: 'render' })).toFile(drawn);
    console.log(
      `${name}/${file}: own extraction ${describe(await ask({ image: path, fov }))}; our ` +
        `centroids ${describe(answer)}; stars drawn, own extraction ${describe(await ask({ image: drawn, fov }))}`,
    );
    if (answer.solved) solved.push({ file, width, height, centroids, matches: answer.matches, fov: answer.fov });
  }
  if (solved.length === 0) return;
  const { width, height, fov: found } = solved[0];
  const start = new stars.Camera({ width, height, focalPx: width / 2 / Math.tan((found / 2) * (Math.PI / 180)) });
  const sightsOf = ({ matches }) =>
    matches.map(({ x, y, ra, dec }) => ({ x: x - 0.5, y: y - 0.5, reference: stars.skyDirection(ra, dec) }));
  for (const one of solved) {
    // Each frame by what the others tell.
    const others = solved.filter((other) => other !== one);
    if (others.length < 2) continue;
    const { camera, afterRad } = await stars.calibrateCamera(start, others.map(sightsOf), { terms: 1 });
    const answer = await ask({
      centroids: straighten(camera, one.centroids),
      size: [height, width],
      fov: 2 * Math.atan(width / 2 / camera.focalPx) * (180 / Math.PI),
    });
    console.log(
      `${name}/${one.file}: camera fitted to the ${others.length} other frames ` +
        `(${(afterRad * ARC_SECONDS).toFixed(0)} arcsec there), our centroids ${describe(answer)}`,
    );
  }
}

const [folder, python] = process.argv.slice(2);
const peers =
  folder === undefined ? null : await startPeers(fileURLToPath(new URL('cedar-solve.py', import.meta.url)), python);
if (!peers?.versions['cedar-solve'])
  throw new Error('Usage: node bench/stars-real.mjs FOLDER PYTHON, where PYTHON has cedar-solve');
const scratch = await mkdtemp(join(tmpdir(), 'perifocal-'));
try {
  for (const set of SETS) await measureSet(set, folder, scratch, peers.ask);
} finally {
  await rm(scratch, { recursive: true });
  peers.end();
}
