// The service at the cadence of a mission: who is late, what level is used, how soon it answers, what memory it takes.
//
//   node service/bench/load.mjs                     5 frames of 2048x1536, one each 8 s (short form of G4 and G6)
//   node service/bench/load.mjs --frames 225        half an hour (G4)
//   node service/bench/load.mjs --frames 40 --every 4 --deadline 8 --shares 1,0.5,0.25,1
//                                                   twice the rate, processors taken away in between (G5)
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { writeFrames } from './frames.mjs';
import { Running, makeFolder, removeFolder } from './running.mjs';
import { makeThrottle } from './throttle.mjs';

const { values: flags } = parseArgs({
  options: {
    frames: { type: 'string', default: '5' },
    every: { type: 'string', default: '8' },
    deadline: { type: 'string', default: '8' },
    width: { type: 'string', default: '2048' },
    height: { type: 'string', default: '1536' },
    format: { type: 'string', default: 'png' },
    shares: { type: 'string', default: '1' },
    psf: { type: 'string', default: 'disk:4' },
    small: { type: 'string' },
    network: { type: 'string', default: 'eo-defocus-small' },
    json: { type: 'boolean', default: false },
  },
});

const size = { width: Number(flags.width), height: Number(flags.height) };
const [count, everyMs, deadlineMs] = [Number(flags.frames), 1000 * Number(flags.every), 1000 * Number(flags.deadline)];
const shares = String(flags.shares).split(',').map(Number);
/** Most bytes that the process may take. */
const MOST_MEMORY = 300e6;
const MOST_ACKNOWLEDGE_MS = 20;
const MOST_VISIBLE_MS = 50;
const FINAL = ['stored', 'rejected', 'failed', 'expired', 'cancelled'];
const DIFFERENT_FRAMES = 3;

/** @param {number[]} values @param {number} share */
const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? 0;

/**
 * Asks for the frames, at their times.
 * @param {Running} running
 * @param {import('./throttle.mjs').Throttle} throttle
 */
async function ask(running, throttle) {
  const [acknowledged, ids, begun] = [/** @type {number[]} */ ([]), /** @type {string[]} */ ([]), performance.now()];
  for (let i = 0; i < count; i += 1) {
    await throttle.set(/** @type {number} */ (shares[Math.floor((i * shares.length) / count)]));
    await sleep(Math.max(0, begun + i * everyMs - performance.now()));
    const sent = performance.now();
    const output = { format: /** @type {'png'} */ (flags.format) };
    const { id } = await running.client.request({ camera: 'nadir', deadlineMs, output });
    acknowledged.push(performance.now() - sent);
    ids.push(id);
  }
  return { acknowledged, ids };
}

/**
 * How late events come here after their commit; both clocks are of this machine.
 * @param {Running} running
 * @param {AbortSignal} signal
 */
async function watch(running, signal) {
  const delays = [];
  try {
    for await (const { at } of running.client.events({ after: await running.client.lastSeq(), signal })) {
      delays.push(Date.now() - at);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return delays;
}

/** @param {Running} running @param {string[]} ids */
async function outcomes(running, ids) {
  const captures = [];
  for (const id of ids) captures.push(await running.client.waitFor(id));
  return captures;
}

/** @param {(string | null)[]} levels */
const counted = (levels) => {
  const names = [...new Set(levels)];
  return names.map((name) => `${name} ${levels.filter((level) => level === name).length}`).join(', ');
};

async function main() {
  const folder = await makeFolder('perifocal-load-');
  await writeFrames(join(folder, 'frames'), size, DIFFERENT_FRAMES);
  const levels = { network: flags.network, networkSmall: flags.small ?? null, deconvolve: { psf: flags.psf } };
  const running = await Running.start(folder, {
    engine: { frame: size, levels },
    cameras: { nadir: { driver: 'replay', folder: join(folder, 'frames') } },
  });
  const throttle = await makeThrottle(/** @type {number} */ (running.child.pid));
  try {
    // What levels take is learnt first, as a service that has run before knows it.
    const warm = await running.client.request({ camera: 'nadir' });
    await running.client.waitFor(warm.id);
    const watching = new AbortController();
    const delays = watch(running, watching.signal);
    const { acknowledged, ids } = await ask(running, throttle);
    const captures = await outcomes(running, ids);
    watching.abort();
    const metrics = await running.text('/metrics');
    report(captures, acknowledged, await delays, await running.peakBytes(), throttle.how, metrics);
  } finally {
    await throttle.set(1);
    await running.stop();
    await throttle.close();
    await removeFolder(folder);
  }
}

/**
 * @param {import('../dist/capture/capture.js').PublicCapture[]} captures
 * @param {number[]} acknowledged @param {number[]} delays @param {number} peakBytes @param {string} how
 * @param {string} metrics
 */
function report(captures, acknowledged, delays, peakBytes, how, metrics) {
  const open = captures.filter(({ state }) => !FINAL.includes(state));
  const late = captures.filter(({ storedAt, request }) => (storedAt ?? Infinity) > (request.deadline ?? Infinity));
  const lag = Number(/^perifocal_loop_lag_seconds\S* (\S+)$/m.exec(metrics)?.[1]);
  const figures = {
    frames: captures.length,
    states: counted(captures.map(({ state }) => state)),
    levels: counted(captures.map(({ level }) => level)),
    sequence: captures.map(({ level }) => level?.[0] ?? '-').join(''),
    late: late.length,
    open: open.length,
    acknowledgedP50Ms: percentile(acknowledged, 0.5),
    acknowledgedP99Ms: percentile(acknowledged, 0.99),
    visibleP99Ms: percentile(delays, 0.99),
    loopLagP99Ms: 1000 * lag,
    peakMB: peakBytes / 1e6,
    processorsTakenBy: shares.some((share) => share < 1) ? how : 'nobody',
  };
  if (flags.json) console.log(JSON.stringify(figures, null, 2));
  else for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(18)} ${show(value)}`);
  const isGood =
    open.length === 0 &&
    late.length <= 0.01 * captures.length &&
    peakBytes <= MOST_MEMORY &&
    figures.acknowledgedP99Ms <= MOST_ACKNOWLEDGE_MS &&
    figures.visibleP99Ms <= MOST_VISIBLE_MS;
  console.log(isGood ? 'within the goals' : 'NOT within the goals');
  process.exitCode = isGood ? 0 : 1;
}

/** @param {string | number} value */
const show = (value) => (typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(1) : value);

await main();
