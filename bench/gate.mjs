#!/usr/bin/env node
// Has a kernel become slower? Builds a git revision beside the working tree and runs the kernels of both alternately,
// in one process: `npm run bench:gate -- [--quick] [--warn] REVISION`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadBinding } from '../dist/runtime/native/loader.js';
import { median } from './sampling.mjs';
import { formatTable } from './tables.mjs';
import { ticketOf } from './tickets.mjs';

/** @import { Algorithm, ConvBenchmark } from '../dist/runtime/native/binding.js' */
/** @typedef {{ readonly isa: string, readonly algorithm: Algorithm, readonly channels: number }} Kernel */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The largest loss of speed that passes, by the median of the rounds. */
const LARGEST_LOSS = 0.08;
/** Multiply-accumulates of one sample: some milliseconds. */
const SAMPLE_MACS = 1e9;
const CHANNELS = [16, 32, 64, 128];
const ROWS = 16;

/** The revision's addon, built in a folder of its own. @param {string} revision @param {string} folder */
function buildRevision(revision, folder) {
  const archive = execFileSync('git', ['archive', revision], { cwd: ROOT, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const options = { cwd: folder, stdio: /** @type {const} */ (['ignore', 'ignore', 'inherit']) };
  execFileSync('cmake', ['-S', '.', '-B', 'gate', '-DCMAKE_BUILD_TYPE=Release'], options);
  execFileSync('cmake', ['--build', 'gate', '--parallel', '2', '--target', 'perifocal'], options);
  return createRequire(import.meta.url)(join(folder, 'gate/perifocal.node'));
}

/** Kernels that both builds have and this CPU can run. @returns {Kernel[]} */
function sharedKernels(before, after, channels) {
  return after.isas().flatMap(({ name: isa, supported, winograd }) => {
    const old = before.isas().find(({ name }) => name === isa);
    if (!supported || !old || isa === 'scalar') return [];
    const algorithms = /** @type {Algorithm[]} */ (winograd && old.winograd ? ['direct', 'winograd'] : ['direct']);
    return algorithms.flatMap((algorithm) => channels.map((count) => ({ isa, algorithm, channels: count })));
  });
}

/** @param {Kernel} kernel @returns seconds of one repeat */
async function timeKernel(binding, { isa, algorithm, channels }) {
  const width = 65_536 / channels;
  const repeats = Math.max(1, Math.round(SAMPLE_MACS / (9 * channels ** 2 * width * ROWS)));
  // Revisions before Winograd know square convolutions only, by `channels`.
  const request = { isa, algorithm, channels, inputs: channels, outputs: channels, width, rows: ROWS, repeats };
  return (await binding.benchmarkConvolution(/** @type {ConvBenchmark} */ (request), ticketOf(binding, 1))).seconds;
}

/** Time after, over time before, per round. @param {Kernel} kernel */
async function compare(before, after, kernel, rounds) {
  const ratios = [];
  for (let round = 0; round < rounds; round += 1) {
    const isBeforeFirst = round % 2 === 0;
    const first = await timeKernel(isBeforeFirst ? before : after, kernel);
    const second = await timeKernel(isBeforeFirst ? after : before, kernel);
    ratios.push(isBeforeFirst ? second / first : first / second);
  }
  return ratios;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, warn: { type: 'boolean', default: false } },
});
const [revision] = positionals;
if (revision === undefined || positionals.length > 1)
  throw new Error('usage: npm run bench:gate -- [--quick] [--warn] REVISION');
const folder = mkdtempSync(join(tmpdir(), 'perifocal-gate-'));
try {
  const [before, after] = [buildRevision(revision, folder), loadBinding()];
  const rows = [];
  let lost = 0;
  for (const kernel of sharedKernels(before, after, values.quick ? [32, 128] : CHANNELS)) {
    const ratio = median(await compare(before, after, kernel, values.quick ? 7 : 21));
    const isLoss = ratio > 1 + LARGEST_LOSS;
    if (isLoss) lost += 1;
    rows.push([kernel.isa, kernel.algorithm, String(kernel.channels), ratio.toFixed(3), isLoss ? 'SLOWER' : '']);
  }
  console.log(`Time of 3x3 convolutions over that of ${revision}, median of the rounds`);
  console.log(formatTable(['ISA', 'algorithm', 'channels', 'ratio', ''], rows));
  console.log(`${rows.length - lost} kernels kept their speed, ${lost} lost more than ${100 * LARGEST_LOSS} %`);
  if (lost > 0 && !values.warn) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
