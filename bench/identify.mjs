import { fileURLToPath } from 'node:url';
import { stars } from '../dist/index.js';
import { startPeers } from './python.mjs';
import { simulateScene } from './star-scene.mjs';

const SCRIPT = fileURLToPath(new URL('cedar-solve.py', import.meta.url));
/** 15 degrees wide. */
const FIELD_DEGREES = 15;
const SIZE = { width: 1024, height: 768 };
const FOCAL_PX = SIZE.width / 2 / Math.tan((FIELD_DEGREES / 360) * Math.PI);
/** Farther from the truth a solution is wrong. */
const WRONG_DEGREES = 0.05;
/** Frames that the peer is asked about: it takes seconds for some. */
const PEER_FRAMES = 20;

/** What the frames of each row are like. */
const CASES = [
  { name: '5 stars', count: 5 },
  { name: '6 stars', count: 6 },
  { name: '8 stars', count: 8 },
  { name: '20 stars', count: 20 },
  { name: '20 stars, errors of 2 px', count: 20, sigmaPx: 2 },
  { name: '20 stars, errors of 3 px', count: 20, sigmaPx: 3 },
  { name: '20 stars, 20 false', count: 20, falseStars: 20 },
  { name: '20 stars, 40 false', count: 20, falseStars: 40 },
  {
    name: '10 stars, 30 % missing, 5 false',
    count: 10,
    missing: 0.3,
    falseStars: 5,
    sigmaPx: 0.5,
    magnitudeSigma: 0.5,
  },
  { name: '20 false, no star', count: 0, falseStars: 20 },
];

/** @param {number[]} sorted @param {number} part */
const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];

/** Frames of one case: how many are solved, how many of these are wrong, and milliseconds. */
async function measureCase(identifier, catalogue, camera, { name, ...options }, frames, ask) {
  const times = [];
  const [ours, peer] = [
    { solved: 0, wrong: 0 },
    { solved: 0, wrong: 0, frames: 0 },
  ];
  for (let seed = 1; seed <= frames; seed += 1) {
    const { seen, direction } = simulateScene(catalogue, { camera, seed, ...options });
    const found = await identifier.identify(seen, { maxStars: 60, magnitudeSigma: 0.4 });
    times.push(found.milliseconds);
    if (found.status === 'solved') count(ours, found.middle, direction);
    if (ask === null || seed > PEER_FRAMES) continue;
    const centroids = stars.toTetra3(seen);
    const answer = await ask({ centroids, size: [SIZE.height, SIZE.width], fov: FIELD_DEGREES });
    peer.frames += 1;
    if (answer.solved) count(peer, { raDegrees: answer.ra, decDegrees: answer.dec }, direction);
  }
  times.sort((a, b) => a - b);
  const [median, p99, worst] = [0.5, 0.99, 1].map((part) => quantile(times, part));
  return { name, frames, ...ours, median, p99, worst, peer: ask && peer };
}

/** Counts a solution, as right or wrong. */
function count(tally, { raDegrees, decDegrees }, direction) {
  const found = stars.skyDirection(raDegrees, decDegrees);
  const cosine = found.reduce((sum, part, i) => sum + part * direction[i], 0);
  tally.solved += 1;
  if (!(Math.acos(Math.min(1, cosine)) < (WRONG_DEGREES * Math.PI) / 180)) tally.wrong += 1;
}

/**
 * Simulated frames of a known camera of 15 degrees, identified; the first of each case also by cedar-solve where the
 * system's Python has it.
 * @param {{ frames: number, report: (line: string) => void }} options
 */
export async function benchmarkIdentify({ frames, report }) {
  const catalogue = await stars.StarCatalogue.packaged();
  const camera = new stars.Camera({ ...SIZE, focalPx: FOCAL_PX });
  const begin = performance.now();
  const identifier = await stars.StarIdentifier.open({ camera, epochYear: 2026 });
  const openMs = performance.now() - begin;
  const bytes = identifier.buffers.reduce((sum, buffer) => sum + buffer.bytes, 0);
  const peers = await startPeers(SCRIPT, process.env.PERIFOCAL_PYTHON);
  const ask = peers.versions['cedar-solve'] === undefined ? null : peers.ask;
  const results = [];
  for (const one of CASES) {
    report(`identify, ${one.name}`);
    results.push(await measureCase(identifier, catalogue, camera, one, frames, ask));
  }
  peers.end();
  await identifier.dispose();
  return { openMs, bytes, versions: peers.versions, results };
}
