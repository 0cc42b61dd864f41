// How quickly the API answers while frames are restored: starts the service with a replay camera, keeps its engine
// busy, and asks. Prints percentiles, and fails where a goal is missed: requests acknowledged within 20 ms and events
// seen within 50 ms after their commit (99 of 100), lists of 10,000 captures in pages of 100 within 20 ms each.
//   node service/scripts/measure-api.mjs [--requests 300] [--captures 10000]
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { CaptureClient } from '../dist/client/index.js';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '300' }, captures: { type: 'string', default: '10000' } },
});
const [WIDTH, HEIGHT] = [2048, 1536];
const GOALS = { 'request acknowledged': 20, 'event seen after its commit': 50, 'page of 100 captures': 20 };
/** Between two requests that are measured. */
const EVERY_MS = 40;

const folder = mkdtempSync(join(tmpdir(), 'perifocal-measure-'));
const socketPath = join(folder, 'api.sock');

/** @param {readonly number[]} times in milliseconds @param {number} share */
const percentile = (times, share) =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;

async function writeConfig() {
  mkdirSync(join(folder, 'frames'));
  const noise = randomBytes(WIDTH * HEIGHT * 3);
  await sharp(noise, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .blur(3)
    .jpeg({ quality: 92 })
    .toFile(join(folder, 'frames', 'frame.jpg'));
  const config = {
    store: { folder: join(folder, 'store'), limits: { minFreeBytes: 0 } },
    socket: { path: socketPath, mode: '0600' },
    access: [{ app: 'bench', role: 'operator', uid: process.getuid?.() ?? 0 }],
    // As the unit file has it: what computes yields to what answers.
    scheduling: { policy: 'batch', nice: 10 },
    cameras: { replay: { driver: 'replay', folder: join(folder, 'frames') }, idle: { driver: 'push' } },
  };
  writeFileSync(join(folder, 'service.json'), JSON.stringify(config));
}

function startService() {
  const main = new URL('../dist/cli/serve.js', import.meta.url).pathname;
  return spawn(process.execPath, [main, '--config', join(folder, 'service.json')], { stdio: 'inherit' });
}

/** One request on a connection that is kept. @param {string} method @param {string} path @param {object} [body] */
function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers: body ? { 'content-type': 'application/json' } : {} });
    sent.on('error', reject);
    sent.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    sent.end(body && JSON.stringify(body));
  });
}

/** @param {() => Promise<unknown>} run */
async function timed(run) {
  const before = performance.now();
  await run();
  return performance.now() - before;
}

/** Captures that have ended: a catalogue as it is after a day. @param {number} count */
async function fill(count) {
  const add = async () => {
    const path = `/v1/captures/${randomUUID()}`;
    await call('PUT', path, { camera: 'idle', priority: 0 });
    await call('DELETE', path);
  };
  for (let done = 0; done < count; done += 16) await Promise.all(Array.from({ length: 16 }, add));
}

/** @param {CaptureClient} client */
async function measure(client) {
  /** @type {Record<string, number[]>} */
  const times = { 'request acknowledged': [], 'event seen after its commit': [], 'page of 100 captures': [] };
  const abort = new AbortController();
  const listening = (async () => {
    for await (const { at } of client.events({ after: await client.lastSeq(), signal: abort.signal })) {
      times['event seen after its commit']?.push(Date.now() - at);
    }
  })().catch(() => undefined);
  await sleep(200);
  let restored = 0;
  for (let index = 0; index < Number(values.requests); index++) {
    // The engine always has a frame to restore.
    if (index % 50 === 0) for (let more = 0; more < 3; more++) await client.request({ camera: 'replay', priority: 9 });
    const id = randomUUID();
    const ask = () => call('PUT', `/v1/captures/${id}`, { camera: 'idle', priority: 5 });
    times['request acknowledged']?.push(await timed(ask));
    times['page of 100 captures']?.push(await timed(() => call('GET', `/v1/captures?limit=100&after=${index * 30}`)));
    await call('DELETE', `/v1/captures/${id}`);
    await sleep(EVERY_MS);
  }
  for await (const { level } of client.list({ state: 'stored' })) restored += level === null ? 0 : 1;
  abort.abort();
  await listening;
  return { times, restored };
}

await writeConfig();
const service = startService();
const client = new CaptureClient({ socketPath });
try {
  await client.cameras();
  await fill(Number(values.captures));
  const { times, restored } = await measure(client);
  console.log(`${restored} frames of ${WIDTH}x${HEIGHT} restored meanwhile`);
  for (const [what, goal] of Object.entries(GOALS)) {
    const measured = times[what] ?? [];
    const [median, high] = [percentile(measured, 0.5), percentile(measured, 0.99)];
    const verdict = high <= goal ? 'met' : 'MISSED';
    console.log(`${what}: median ${median.toFixed(1)} ms, 99 % ${high.toFixed(1)} ms, goal ${goal} ms ${verdict}`);
    if (high > goal) process.exitCode = 1;
  }
} finally {
  client.close();
  service.kill();
  await new Promise((resolve) => service.once('exit', resolve));
  rmSync(folder, { recursive: true, force: true });
}
