// Restores a scene that is far larger than memory, by the network and by deconvolution, with the command line. Prints
// what it took, and whether edges of windows can be seen: a part across one is restored again as a whole frame.
// Usage: node bench/scene.mjs [--size 20000x20000] [--memory 1GB] [--ways restore,deconvolve] [--folder <path>]
// [--keep]
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Deconvolver, Restorer } from '../dist/index.js';
import { openImage } from '../dist/image/open-image.js';
import { FileSpool } from '../dist/image/write-sink.js';
import { TiffWriter } from '../dist/image/tiff/write.js';

const BANDS = 4;
/** Side of the texture that the scene repeats, in pixels. */
const TEXTURE = 1024;
const PSF = 'disk:2';
/** Sides of the part that is restored again, and of what is compared of it. */
const [PART, COMPARED] = [1400, 300];

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '20000x20000' },
    memory: { type: 'string', default: '1GB' },
    ways: { type: 'string', default: 'restore,deconvolve' },
    folder: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const [width, height] = values.size.split('x').map(Number);
const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'scene-')));
const input = join(folder, `scene-${values.size}.tif`);
const { signal } = new AbortController();

/** Fields with edges between them, waves, and a little noise: 4 x 16 bits, up to 10,000 as reflectances are. */
function drawTexture() {
  const samples = new Uint16Array(TEXTURE * TEXTURE * BANDS);
  let state = 1;
  for (let pixel = 0; pixel < TEXTURE * TEXTURE; pixel += 1) {
    const [x, y] = [pixel % TEXTURE, Math.floor(pixel / TEXTURE)];
    const field = ((x >> 6) * 37 + (y >> 5) * 101) % 11;
    for (let band = 0; band < BANDS; band += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const wave = Math.sin(x / (9 + band)) * Math.cos(y / 13);
      samples[pixel * BANDS + band] = Math.round(2500 + 400 * field + 900 * wave + 40 * (state / 2 ** 32 - 0.5));
    }
  }
  return samples;
}

async function writeScene() {
  const texture = drawTexture();
  const handle = await open(input, 'w+');
  const description = { width, height, channels: BANDS, depth: 16, alpha: false, rgb: [], tileSize: 512 };
  const writer = TiffWriter.create(new FileSpool(handle), description, { threads: 2, level: 1 });
  const row = new Uint16Array(width * BANDS);
  for (let y = 0; y < height; y += 1) {
    const line = texture.subarray((y % TEXTURE) * TEXTURE * BANDS, ((y % TEXTURE) + 1) * TEXTURE * BANDS);
    for (let at = 0; at < row.length; at += line.length) row.set(line.subarray(0, row.length - at), at);
    await writer.writeRows(row, 1);
  }
  await writer.finish();
  await handle.close();
}

/** Runs the command line and brings its report. */
function run(args) {
  const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, ...args, '--json', '--quiet'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(text).report) : reject(new Error(text))));
  });
}

/** The left part of some rows of a file. */
async function readPart(path, top) {
  const source = await openImage(path, { signal, white: 65_535 });
  const { frame } = await source.readRows({ top, count: PART }, signal);
  const columns = Math.min(width, PART);
  const data = new Uint16Array(columns * PART * BANDS);
  for (let y = 0; y < PART; y += 1) {
    const start = y * width * BANDS;
    data.set(frame.data.subarray(start, start + columns * BANDS), y * columns * BANDS);
  }
  return { width: columns, height: PART, channels: BANDS, depth: 16, alpha: false, rgb: [], data };
}

/** Differences in the middle of a part across the edge of two windows, in codes of 1/255 of white. */
async function compare(way, output, { scene, white, sigma }) {
  const edge = scene.rows * Math.floor(scene.windows / 2);
  const top = Math.max(0, Math.min(height - PART, (edge - PART / 2) & ~3));
  const [before, after] = [await readPart(input, top), await readPart(output, top)];
  const restorer =
    way === 'restore'
      ? await Restorer.open({ memory: '2GB' })
      : await Deconvolver.open({ psf: PSF, sigma, memory: '2GB' });
  const { data } = await restorer.restore({ ...before, white });
  await restorer.dispose();
  let [most, others] = [0, 0];
  const from = (PART - COMPARED) / 2;
  for (let y = from; y < from + COMPARED; y += 1)
    for (let at = (y * before.width + from) * BANDS; at < (y * before.width + from + COMPARED) * BANDS; at += 1) {
      const difference = (255 * Math.abs(data[at] - after.data[at])) / white;
      most = Math.max(most, difference);
      if (difference > 1) others += 1;
    }
  return { edge, most, above1: others / (COMPARED ** 2 * BANDS) };
}

try {
  if (!existsSync(input)) await writeScene();
  for (const way of values.ways.split(',')) {
    const output = join(folder, `${way}-${values.size}.tif`);
    const begin = performance.now();
    const psf = way === 'deconvolve' ? ['--psf', PSF] : [];
    const report = await run([way, input, ...psf, '-o', output, '--memory', values.memory, '--resume']);
    const { scene, plan, seconds, decodeSeconds, peakRssBytes, white, sigma, gmacPerSecond } = report;
    const seam = scene ? await compare(way, output, report) : null;
    const total = (performance.now() - begin) / 1000;
    console.log(
      JSON.stringify({
        ...{ way, size: values.size, total, seconds, decodeSeconds, gmacPerSecond, white, sigma, scene, seam },
        ...{ plannedBytes: plan.bytes, peakRssBytes, budgetBytes: plan.budgetBytes },
      }),
    );
    if (!values.keep) await rm(output);
  }
} finally {
  if (!values.keep) await rm(folder, { recursive: true });
}
