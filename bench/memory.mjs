// node bench/memory.mjs [--sizes 640x480,2048x1536] [--samples rgb8,rgb16,grey8] [--cases metrics,...] [--json] What
// estimates, metrics and reports take in a fresh process, and what they had planned. Needs a build (npm run build).
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { createScene, defocus } from '../scripts/scene.mjs';

/** @typedef {{ channels: 1 | 3, depth: 8 | 16 }} Samples */

/** @type {Readonly<Record<string, Samples>>} */
const SAMPLES = {
  rgb8: { channels: 3, depth: 8 },
  rgb16: { channels: 3, depth: 16 },
  grey8: { channels: 1, depth: 8 },
  grey16: { channels: 1, depth: 16 },
};

/** What is done with a frame that is out of focus and the same one sharp. */
const CASES = {
  'estimate-auto': ({ estimate }, { soft }, options) => estimate(soft, options),
  'estimate-blind': ({ estimate }, { soft }, options) => estimate(soft, { kind: 'blind', ...options }),
  'estimate-reference': ({ estimate }, { soft, crisp }, options) =>
    estimate(soft, { reference: crisp, referenceScale: 1, ...options }),
  'estimate-grid': ({ estimate }, { soft, crisp }, options) =>
    estimate(soft, { reference: crisp, referenceScale: 1, grid: [4, 4], ...options }),
  metrics: ({ metrics }, { soft }, options) => metrics.measure(soft, options),
  'metrics-reference': ({ metrics }, { soft, crisp }, options) =>
    metrics.measure(soft, { reference: crisp, ...options }),
  report: ({ createReport }, { soft, crisp }, options) => createReport(soft, crisp, options),
  'report-reference': ({ createReport }, { soft, crisp }, options) =>
    createReport(soft, crisp, { reference: crisp, psf: 'disk:4', ...options }),
};

/** Side of the scene that larger frames repeat, mirrored. */
const TILE = { width: 1024, height: 768 };

/** Writes the files of one size and kind of samples, unless they are there. */
async function writeInputs(folder, width, height, name) {
  const { channels, depth } = SAMPLES[name];
  const paths = { soft: join(folder, `soft-${width}-${name}.png`), crisp: join(folder, `crisp-${width}-${name}.png`) };
  if (existsSync(paths.crisp)) return paths;
  const scene = createScene({ ...TILE, seed: 4 });
  await writeRepeated(defocus(scene, { radius: 4, noise: 0.004 }).data, paths.soft, width, height, { channels, depth });
  await writeRepeated(scene.data, paths.crisp, width, height, { channels, depth });
  return paths;
}

async function writeRepeated(tile, path, width, height, { channels, depth }) {
  const mirror = (index, side) => (Math.floor(index / side) % 2 === 0 ? index % side : side - 1 - (index % side));
  const data = depth === 16 ? new Uint16Array(width * height * channels) : new Uint8Array(width * height * channels);
  const factor = depth === 16 ? 257 : 1;
  for (let y = 0, target = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const pixel = (mirror(y, TILE.height) * TILE.width + mirror(x, TILE.width)) * 3;
      for (let channel = 0; channel < channels; channel += 1) data[target++] = factor * tile[pixel + channel];
    }
  }
  await sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
    .toColourspace(channels === 1 ? (depth === 16 ? 'grey16' : 'b-w') : depth === 16 ? 'rgb16' : 'srgb')
    .png({ compressionLevel: 1 })
    .toFile(path);
}

async function runChild(name, paths, threads) {
  const perifocal = await import('../dist/index.js');
  const { report } = await CASES[name](perifocal, paths, { threads, memory: '8GB' });
  const { readPeakRss } = await import('../dist/runtime/garbage.js');
  const { plan, seconds } = report;
  console.log(JSON.stringify({ name, peakBytes: readPeakRss(), plannedBytes: plan.bytes, seconds }));
}

/** One line about a case. */
function describe(size, samples, { name, peakBytes, plannedBytes, seconds }) {
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0).padStart(5)} MB`;
  const verdict = plannedBytes < peakBytes ? ' TOO LITTLE' : '';
  return [
    `${name.padEnd(19)} ${size.padEnd(10)} ${samples.padEnd(6)}`,
    `peak ${megabytes(peakBytes)}, planned ${megabytes(plannedBytes)}`,
    `x ${(plannedBytes / peakBytes).toFixed(2)}${verdict}, ${seconds.toFixed(1)} s`,
  ].join('  ');
}

async function main({ sizes, samples: kinds, cases, threads, json, ...options }) {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'perifocal-memory-'));
  try {
    for (const size of sizes.split(',')) {
      for (const samples of kinds.split(',')) {
        const paths = await writeInputs(folder, ...size.split('x').map(Number), samples);
        for (const name of cases.split(',')) {
          const child = [fileURLToPath(import.meta.url), '--child', name, JSON.stringify(paths), '--threads', threads];
          const line = execFileSync(process.execPath, child, { encoding: 'utf8' }).trim();
          console.log(json ? line : describe(size, samples, JSON.parse(line)));
        }
      }
    }
  } finally {
    if (!options.folder) rmSync(folder, { recursive: true });
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    child: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '640x480,2048x1536' },
    samples: { type: 'string', default: 'rgb8' },
    cases: { type: 'string', default: Object.keys(CASES).join(',') },
    threads: { type: 'string', default: '2' },
    folder: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
if (values.child) await runChild(positionals[0], JSON.parse(positionals[1]), Number(values.threads));
else await main(values);
