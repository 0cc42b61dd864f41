import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { psf, stars } from '../dist/index.js';
import { loadBinding } from '../dist/runtime/native/loader.js';
import { Runtime } from '../dist/runtime/runtime.js';
import { Scope } from '../dist/runtime/scope.js';
import { estimateMotion } from '../dist/stars/measure/blind-motion.js';
import { detectStars } from '../dist/stars/measure/detect.js';
import { fitStars } from '../dist/stars/measure/fit.js';
import { readPlane } from '../dist/stars/measure/plane.js';
import { StreakProfile } from '../dist/stars/measure/profile.js';
import { restoreWindows } from '../dist/stars/restore/restore-windows.js';
import { fixedSteps } from '../dist/stars/restore/steps.js';
import { windowSide, windowsAround } from '../dist/stars/restore/windows.js';
import { startPeers } from './python.mjs';

const SCRIPT = fileURLToPath(new URL('star-peers.py', import.meta.url));
const TRAIL = { lengthPx: 20, angleDegrees: 20 };
const STARS = 20;
const THRESHOLD = 5.5;
/** Of Richardson-Lucy, which both have. */
const ITERATIONS = 20;
/** Of the hyper-Laplacian, by default. */
const OUTER_STEPS = 6;
const GAIN = 1;
const FULL = 65_535;
/** Pixels of a side of the frame whose trail is found blindly. */
const BLIND_SIDE = 512;

const goodSize = (n) => loadBinding().goodFftSize(n);

/** @returns what each step takes as a function, each after those before */
function ourSteps(frame, machine, scope) {
  const profile = StreakProfile.ofTrail(TRAIL, 1);
  const kernel = psf.motion(TRAIL.lengthPx, TRAIL.angleDegrees);
  let [plane, found] = [];
  const restore = (method, iterations, pedestal) => async () => {
    const settings = { method, pedestal, steps: fixedSteps(iterations), sigma: plane.sigma, plannedBytes: Infinity };
    const windows = windowsAround(found, windowSide(TRAIL.lengthPx, 1, goodSize), frame);
    await restoreWindows({ ...frame, data: frame.data.slice() }, windows, () => kernel, settings, scope);
  };
  return {
    sky: async () => {
      plane = await readPlane({ frame, valid: null }, 0.97, scope);
    },
    detect: async () => {
      found = await detectStars(plane, profile, { threshold: THRESHOLD, most: 100 }, scope);
    },
    fit: async () =>
      fitStars(plane, found, profile, { sky: plane.sigma, perFlux: 1 / (GAIN * FULL), misfit: 0 }, scope),
    restore: restore('richardson-lucy', ITERATIONS, 3),
    'restore, hyper-Laplacian': restore('hyper-laplacian', OUTER_STEPS, 0),
    all: () =>
      stars.restoreStars(frame, {
        electronsPerCount: GAIN,
        motion: TRAIL,
        method: 'richardson-lucy',
        iterations: ITERATIONS,
        ...machine,
      }),
    'all, hyper-Laplacian': () => stars.restoreStars(frame, { electronsPerCount: GAIN, motion: TRAIL, ...machine }),
  };
}

const timed = async (run) => {
  const begin = performance.now();
  const result = await run();
  return { seconds: (performance.now() - begin) / 1000, result };
};

/** The mean distance of stars from the truth, in pixels; null unless every one is found. */
function errorOf(places, truth) {
  const nearest = truth.map(({ x, y }) => Math.min(...places.map((place) => Math.hypot(place[0] - x, place[1] - y))));
  return Math.max(...nearest) < 2 ? nearest.reduce((sum, distance) => sum + distance, 0) / nearest.length : null;
}

/**
 * The steps of a star frame, each alternately with the same by scipy and scikit-image where they are installed: the
 * fastest of all rounds, and the whole `restoreStars`, which also fits the shape of the stars; the blind estimate of
 * the trail in a smaller frame.
 * @param {{ side: number, rounds: number, threads: number, isa: string, report: (line: string) => void }} options
 */
export async function benchmarkStars({ side, rounds, threads, isa, report }) {
  const { frame, stars: truth } = stars.simulate({
    width: side,
    height: side,
    stars: STARS,
    flux: [5000, 40_000],
    motion: TRAIL,
    seed: 7,
    electronsPerCount: GAIN,
  });
  const blindFrame = stars.simulate({
    width: BLIND_SIDE,
    height: BLIND_SIDE,
    stars: STARS,
    flux: [5000, 40_000],
    motion: TRAIL,
    seed: 8,
    electronsPerCount: GAIN,
  }).frame;
  const peers = await startPeers(SCRIPT);
  const folder = mkdtempSync(join(tmpdir(), 'perifocal-stars-'));
  const path = join(folder, 'frame.u16');
  writeFileSync(path, frame.data);
  const best = {};
  const note = (step, who, seconds) => {
    best[step] = { ...best[step], [who]: Math.min(seconds, best[step]?.[who] ?? Infinity) };
  };
  const errors = {};
  for (let round = 0; round < rounds; round += 1) {
    report(`stars, round ${round + 1}`);
    for (const [who, machine] of [
      ['one', { threads: 1, isa }],
      ['ours', { threads, isa }],
    ]) {
      const scope = new Scope(Runtime.of(machine));
      for (const [step, run] of Object.entries(ourSteps(frame, machine, scope))) {
        const { seconds, result } = await timed(run);
        note(step, who, seconds);
        if (step === 'fit')
          errors.ours = errorOf(
            result.stars.map(({ x, y }) => [x, y]),
            truth,
          );
      }
      const plane = await readPlane({ frame: blindFrame, valid: null }, 0.97, scope);
      note(`trail of ${BLIND_SIDE}x${BLIND_SIDE}`, who, (await timed(() => estimateMotion(plane, scope))).seconds);
    }
    // As many rounds take minutes.
    if (!peers.versions.scipy || round >= 3) continue;
    const answer = await peers.ask({
      path,
      side,
      threads,
      threshold: THRESHOLD,
      iterations: ITERATIONS,
      gain: GAIN,
      length: TRAIL.lengthPx,
      angle: TRAIL.angleDegrees,
      window: windowSide(TRAIL.lengthPx, 1, goodSize),
    });
    for (const [step, seconds] of Object.entries(answer.seconds)) note(step, 'peer', seconds);
    note(
      'all',
      'peer',
      Object.values(answer.seconds).reduce((sum, seconds) => sum + seconds, 0),
    );
    errors.peer = errorOf(answer.places, truth);
  }
  peers.end();
  rmSync(folder, { recursive: true });
  return {
    side,
    stars: STARS,
    trail: TRAIL,
    threads,
    isa,
    cpu: loadBinding().cpu().name,
    iterations: ITERATIONS,
    versions: peers.versions,
    errors,
    results: Object.entries(best).map(([step, times]) => ({ step, ...times })),
  };
}
