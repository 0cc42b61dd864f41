// How quickly the API answers while frames are restored, with the catalogue of a day: keeps the engine busy, and asks.
// Prints percentiles, and fails where a goal is missed (G6 for 99 of 100).
//
//   node service/bench/api.mjs [--requests 300] [--captures 10000]
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { writeFrames } from './frames.mjs';
import { Running, makeFolder, removeFolder } from './running.mjs';

const { values: flags } = parseArgs({
  options: { requests: { type: 'string', default: '300' }, captures: { type: 'string', default: '10000' } },
});
const SIZE = { width: 2048, height: 1536 };
/** Milliseconds. */
const GOALS = { 'request acknowledged': 20, 'event seen after its commit': 50, 'page of 100 captures': 20 };
/** Between two requests that are measured. */
const EVERY_MS = 40;
/** Requests that are measured for each time that frames are asked for, and how many then: the engine never idles. */
const [ROUND, FRAMES_A_ROUND] = [50, 3];
const AT_ONCE = 16;

/** @param {readonly number[]} times @param {number} share */
const percentile = (times, share) =>
  [...times].sort((a, b) => a - b)[Math.ceil(share * times.length) - 1] ?? Number.NaN;

/** Captures of a camera that delivers nothing; they end at once. @param {Running} running @param {number} count */
async function fill({ client }, count) {
  const add = async () => client.end((await client.request({ camera: 'idle', priority: 0 })).id);
  for (let done = 0; done < count; done += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, add));
}

/** @param {() => Promise<unknown>} run */
async function timed(run) {
  const before = performance.now();
  await run();
  return performance.now() - before;
}

/** Notes how late events are, until the signal. @param {Running} running @param {number[]} delays */
async function listen({ client }, delays, /** @type {AbortSignal} */ signal) {
  for await (const { at } of client.events({ after: await client.lastSeq(), signal })) delays.push(Date.now() - at);
}

/** @param {Running} running */
async function measure(running) {
  const { client } = running;
  const [asked, seen, listed] = [
    /** @type {number[]} */ ([]),
    /** @type {number[]} */ ([]),
    /** @type {number[]} */ ([]),
  ];
  const abort = new AbortController();
  const listening = listen(running, seen, abort.signal).catch(() => undefined);
  for (let index = 0; index < Number(flags.requests); index += 1) {
    const frames = index % ROUND === 0 ? FRAMES_A_ROUND : 0;
    for (let frame = 0; frame < frames; frame += 1) await client.request({ camera: 'nadir', priority: 9 });
    const id = randomUUID();
    asked.push(await timed(() => client.request({ camera: 'idle' }, id)));
    listed.push(await timed(() => running.text(`/v1/captures?limit=100&after=${index * ROUND}`)));
    await client.end(id);
    await sleep(EVERY_MS);
  }
  abort.abort();
  await listening;
  return { 'request acknowledged': asked, 'event seen after its commit': seen, 'page of 100 captures': listed };
}

const folder = await makeFolder('perifocal-api-');
await writeFrames(join(folder, 'frames'), SIZE, 1);
const running = await Running.start(folder, {
  // As the unit file has it: what computes yields to what answers.
  scheduling: { policy: 'batch', nice: 10 },
  cameras: { nadir: { driver: 'replay', folder: join(folder, 'frames') }, idle: { driver: 'push' } },
});
try {
  await fill(running, Number(flags.captures));
  const times = await measure(running);
  for (const [what, measured] of Object.entries(times)) {
    const goal = GOALS[/** @type {keyof GOALS} */ (what)];
    const [median, high] = [percentile(measured, 0.5), percentile(measured, 0.99)];
    const verdict = high <= goal ? 'met' : 'MISSED';
    console.log(`${what}: median ${median.toFixed(1)} ms, 99 % ${high.toFixed(1)} ms, goal ${goal} ms ${verdict}`);
    if (high > goal) process.exitCode = 1;
  }
  const lines = (await running.text('/metrics')).split('\n');
  console.log(lines.filter((line) => /^perifocal_(products_total|loop_lag).* [^0]/.test(line)).join('\n'));
} finally {
  running.client.close();
  await running.stop();
  await removeFolder(folder);
}
