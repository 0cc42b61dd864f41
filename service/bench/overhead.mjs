// What the service adds to restoration and encoding (G10): processor time of frames that are passed through, without
// their thumbnails and two copies, for a camera and for an encoder; and memory beside that of the library alone.
//
//   node service/bench/overhead.mjs [--frames 100] [--width 2048] [--height 1536]
import { execFile } from 'node:child_process';
import { copyFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { THUMBNAIL_SIDE, writeThumbnailOfFile } from '../dist/engine/thumbnail.js';
import { writeFrames } from './frames.mjs';
import { Running, makeFolder, removeFolder } from './running.mjs';

const { values: flags } = parseArgs({
  options: {
    frames: { type: 'string', default: '100' },
    width: { type: 'string', default: '2048' },
    height: { type: 'string', default: '1536' },
  },
});
const size = { width: Number(flags.width), height: Number(flags.height) };
const count = Number(flags.frames);
/** Until the code has been compiled that runs often: a service runs for months. */
const WARM_UP = 600;
/** So many wait at most. */
const BATCH = 100;
const MOST_CPU_MS = 5;
const MOST_BYTES = 25e6;
const BARE = fileURLToPath(new URL('bare.mjs', import.meta.url));

/** Processor time of one thumbnail, in seconds. @param {string} frame @param {string} folder */
async function thumbnailSeconds(frame, folder) {
  const begun = process.cpuUsage();
  for (let i = 0; i < count; i += 1) await writeThumbnailOfFile(frame, join(folder, 'thumbnail.jpg'));
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6 / count;
}

/**
 * Processor time of the copies that stand for a camera and for an encoder.
 * @param {string} frame
 * @param {string} folder
 */
function copySeconds(frame, folder) {
  const copies = [join(folder, 'acquired.jpg'), join(folder, 'encoded.jpg')];
  const begun = process.cpuUsage();
  for (let i = 0; i < count; i += 1) {
    for (const copy of copies) copyFileSync(frame, copy);
    for (const copy of copies) unlinkSync(copy);
  }
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6 / count;
}

/** Processor time of one capture that is passed through, in seconds. @param {Running} running */
async function captureSeconds(running) {
  const wish = { camera: 'nadir', levels: ['pass-through'], output: { format: 'jpeg' } };
  /** @param {number} frames */
  const take = async (frames) => {
    for (let left = frames; left > 0; left -= BATCH) {
      const ids = [];
      for (let i = 0; i < Math.min(left, BATCH); i += 1) {
        ids.push((await running.client.request(/** @type {any} */ (wish))).id);
      }
      for (const id of ids) await running.client.waitFor(id);
    }
  };
  await take(WARM_UP);
  const begun = await running.cpuSeconds();
  await take(count);
  return ((await running.cpuSeconds()) - begun) / count;
}

const folder = await makeFolder('perifocal-overhead-');
const frame = join(folder, 'frames/1.jpg');
await writeFrames(join(folder, 'frames'), size, 1);
const bare = Number((await promisify(execFile)(process.execPath, [BARE, frame, join(folder, 'bare.png')])).stdout);
const running = await Running.start(folder, {
  engine: { frame: size },
  cameras: { nadir: { driver: 'replay', folder: join(folder, 'frames') } },
});
try {
  for (let i = 0; i < 3; i += 1) await running.client.waitFor((await running.client.request({ camera: 'nadir' })).id);
  const addedBytes = (await running.peakBytes()) - bare;
  const [perCapture, perThumbnail] = [await captureSeconds(running), await thumbnailSeconds(frame, folder)];
  const copies = copySeconds(frame, folder);
  const addedMs = 1000 * (perCapture - perThumbnail - copies);
  console.log(`capture    ${(1000 * perCapture).toFixed(1)} ms of processor time`);
  console.log(`thumbnail  ${(1000 * perThumbnail).toFixed(1)} ms of it, ${THUMBNAIL_SIDE} pixels`);
  console.log(`copies     ${(1000 * copies).toFixed(1)} ms of it, from the camera and to the product`);
  console.log(`added      ${addedMs.toFixed(1)} ms; goal ${MOST_CPU_MS} ms`);
  console.log(
    `memory     ${(addedBytes / 1e6).toFixed(1)} MB beside the library's ${(bare / 1e6).toFixed(1)} MB; goal 25 MB`,
  );
  process.exitCode = addedMs <= MOST_CPU_MS && addedBytes <= MOST_BYTES ? 0 : 1;
} finally {
  await running.stop();
  await removeFolder(folder);
}
