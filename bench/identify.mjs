import { fileURLToPath } from 'node:url';
import { stars } from '../dist/index.js';
import { startPeers } from './python.mjs';
import { simulateScene } from './star-scene.mjs';

/** Packages and scripts, which Python would import instead if they had the names of the packages. */
const PEERS = [
  { name: 'cedar-solve', file: 'cedar-solve.py' },
  { name: 'tetra3rs', file: 'tetra3-rs.py' },
];
/** 15 degrees wide. */
const FIELD_DEGREES = 15;
const SIZE = { width: 1024, height: 768 };
const FOCAL_PX = SIZE.width / 2 / Math.tan((FIELD_DEGREES / 360) * Math.PI);
/** Farther from the truth a solution is wrong. */
const WRONG_DEGREES = 0.05;
/** Peers take seconds for some frames. */
const PEER_TIMEOUT_MS = 5000;
/** Errors of brightness against the catalogue are 0.2 magnitudes; the default, as those of real frames. */
const HOW = { maxStars: 60, magnitudeSigma: 0.4 };

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

/** Frames of one case, by us and by the peers that there are. */
async function measureCase(identifier, catalogue, camera, { name, ...options }, { frames, peerFrames, peers }) {
  const ours = newTally();
  const theirs = peers.map(({ name: peer, ask }) => ({ peer, ask, tally: newTally() }));
  for (let seed = 1; seed <= frames; seed += 1) {
    const { seen, direction } = simulateScene(catalogue, { camera, seed, ...options });
    const found = await identifier.identify(seen, HOW);
    count(ours, found.milliseconds, found.status === 'solved' ? found.middle : null, direction);
    if (seed > peerFrames) continue;
    const request = requestOf(seen);
    for (const { ask, tally } of theirs) {
      const { solved, ra, dec, milliseconds } = await ask(request);
      count(tally, milliseconds, solved ? { raDegrees: ra, decDegrees: dec } : null, direction);
    }
  }
  const peersOf = Object.fromEntries(theirs.map(({ peer, tally }) => [peer, summarise(tally)]));
  return { name, ours: summarise(ours), peers: peersOf };
}

/** What peers are asked: centroids from the corner of the first pixel, brightest first. */
function requestOf(seen) {
  const sorted = [...seen].sort((a, b) => b.flux - a.flux);
  const centroids = sorted.map(({ x, y, flux }) => [y + 0.5, x + 0.5, flux]);
  return { centroids, size: [SIZE.height, SIZE.width], fov: FIELD_DEGREES, timeoutMs: PEER_TIMEOUT_MS };
}

const newTally = () => ({ frames: 0, solved: 0, wrong: 0, times: [] });

function summarise({ times, ...counts }) {
  times.sort((a, b) => a - b);
  const [median, p99, worst] = [0.5, 0.99, 1].map((part) => quantile(times, part));
  return { ...counts, median, p99, worst };
}

/** Counts a frame, and its solution as right or wrong. */
function count(tally, milliseconds, place, direction) {
  tally.frames += 1;
  tally.times.push(milliseconds);
  if (place === null) return;
  const { raDegrees, decDegrees } = place;
  const found = stars.skyDirection(raDegrees, decDegrees);
  const cosine = found.reduce((sum, part, i) => sum + part * direction[i], 0);
  tally.solved += 1;
  if (!(Math.acos(Math.min(1, cosine)) < (WRONG_DEGREES * Math.PI) / 180)) tally.wrong += 1;
}

/**
 * Simulated frames of a known camera of 15 degrees, identified; the first of each case also by cedar-solve and tetra3rs
 * where the Python that PERIFOCAL_PYTHON names, or the system's, has them.
 * @param {{ frames: number, peerFrames: number, report: (line: string) => void }} options
 */
export async function benchmarkIdentify({ frames, peerFrames, report }) {
  const catalogue = await stars.StarCatalogue.packaged();
  const camera = new stars.Camera({ ...SIZE, focalPx: FOCAL_PX });
  const begin = performance.now();
  const identifier = await stars.StarIdentifier.open({ camera, epochYear: 2026 });
  const openMs = performance.now() - begin;
  const bytes = identifier.buffers.reduce((sum, buffer) => sum + buffer.bytes, 0);
  const started = await Promise.all(PEERS.map(startPeer));
  const peers = started.filter(({ version }) => version !== undefined);
  const results = [];
  for (const one of CASES) {
    report(`identify, ${one.name}`);
    results.push(await measureCase(identifier, catalogue, camera, one, { frames, peerFrames, peers }));
  }
  for (const { end } of started) end();
  await identifier.dispose();
  return { openMs, bytes, versions: Object.fromEntries(peers.map(({ name, version }) => [name, version])), results };
}

/** @param {{ name: string, file: string }} peer */
async function startPeer({ name, file }) {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const { versions, ask, end } = await startPeers(script, process.env.PERIFOCAL_PYTHON);
  return { name, version: versions[name], ask, end };
}
