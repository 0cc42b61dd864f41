// The capture service at work: a camera that is out of focus sends a frame every eight seconds, the service restores
// each one, and its page shows what happens. Ends by itself with a summary.
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeFrames } from '../bench/frames.mjs';
import { Running } from '../bench/running.mjs';

/** @import { PublicCapture as Capture } from '../dist/capture/capture.js' */

const FOLDER = 'demo-output/service';
const FINAL = ['stored', 'rejected', 'failed', 'expired', 'cancelled'];
const DIFFERENT_FRAMES = 3;

const { values: flags } = parseArgs({
  options: {
    frames: { type: 'string', default: '8' },
    every: { type: 'string', default: '8' },
    width: { type: 'string', default: '2048' },
    height: { type: 'string', default: '1536' },
  },
});
const size = { width: Number(flags.width), height: Number(flags.height) };
const [count, everySeconds] = [Number(flags.frames), Number(flags.every)];

/** A service with a camera that sends frames on its own, and a port for browsers. */
async function start() {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  console.log(`making ${DIFFERENT_FRAMES} frames of ${size.width}x${size.height} ...`);
  await writeFrames(join(FOLDER, 'frames'), size, DIFFERENT_FRAMES);
  const token = randomBytes(24).toString('hex');
  await writeFile(join(FOLDER, 'token'), token, { mode: 0o600 });
  const standing = { app: 'bench', deadlineMs: 1000 * everySeconds, holdForSeconds: 3600 };
  const camera = { driver: 'replay', folder: join(process.cwd(), FOLDER, 'frames'), everySeconds, frames: count };
  const running = await Running.start(join(process.cwd(), FOLDER), {
    tcp: { port: 0 },
    access: [
      { app: 'bench', role: 'operator', uid: process.getuid?.() ?? 0 },
      { app: 'browser', role: 'operator', tokenFile: join(process.cwd(), FOLDER, 'token') },
    ],
    engine: { frame: size, levels: { network: 'eo-defocus-small', deconvolve: { psf: 'disk:4' } } },
    cameras: { nadir: { ...camera, standing } },
  });
  console.log(`page      http://demo:${token}@127.0.0.1:${running.port}/`);
  console.log(`frames    ${count}, one every ${everySeconds} s, to be stored before the next one comes\n`);
  return running;
}

/** Says what becomes of the frames until all have ended. @param {Running} running */
async function follow(running) {
  const captures = [];
  for await (const { captureId, type } of running.client.events()) {
    if (!FINAL.includes(type)) continue;
    const capture = await running.client.get(captureId);
    captures.push(capture);
    console.log(describe(capture, captures.length));
    if (captures.length === count) break;
  }
  return captures;
}

/** @param {Capture} capture @param {number} number */
function describe({ state, level, levelReason, reason, acquiredAt, storedAt, product }, number) {
  if (state !== 'stored') return `${String(number).padStart(3)}  ${state}: ${reason}`;
  const seconds = (((storedAt ?? 0) - (acquiredAt ?? 0)) / 1000).toFixed(1);
  const megabytes = ((product?.bytes ?? 0) / 1e6).toFixed(1);
  return `${String(number).padStart(3)}  ${level}, stored after ${seconds} s, ${megabytes} MB (${levelReason})`;
}

/** @param {Running} running @param {Capture[]} captures */
async function summarize(running, captures) {
  const stored = captures.filter(({ state }) => state === 'stored');
  const inTime = stored.filter(({ storedAt, request }) => (storedAt ?? 0) <= (request.deadline ?? Infinity));
  const levels = [...new Set(stored.map(({ level }) => level))].map(
    (name) => `${name} ${stored.filter(({ level }) => level === name).length}`,
  );
  const last = stored.at(-1);
  const path = join(FOLDER, 'last.png');
  if (last) await running.client.download(last.id, 'product', path);
  console.log(
    [
      `\nstored    ${stored.length} of ${captures.length}, ${inTime.length} in time`,
      `levels    ${levels.join(', ')}`,
      `memory    ${((await running.peakBytes()) / 1e6).toFixed(0)} MB at the peak`,
      `processor ${((await running.cpuSeconds()) / Math.max(1, stored.length)).toFixed(1)} s a frame`,
      `last      ${path}; the store is in ${FOLDER}/store`,
    ].join('\n'),
  );
}

const running = await start();
try {
  await summarize(running, await follow(running));
} finally {
  await running.stop();
}
