#!/usr/bin/env node
// The benchmarks: `npm run bench -- [--quick] [--json] [--only
// kernels,algorithms,integrity,frames,threads,files,peers,fft,solvers,methods,metrics,estimate,stars,identify]
// [--threads 2] [--isa name] [--openvino PYTHON] [--picture FILE]`: an interpreter that has OpenVINO, for a further
// peer; a PNG file for details of what the methods restore.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { loadBinding } from '../dist/runtime/native/loader.js';
import { benchmarkAlgorithms } from './algorithms.mjs';
import { judgeBars } from './bars.mjs';
import { benchmarkEstimate } from './estimate.mjs';
import { benchmarkFft } from './fft.mjs';
import { benchmarkFiles } from './files.mjs';
import { benchmarkFrames } from './frames.mjs';
import { benchmarkIntegrity } from './integrity.mjs';
import { benchmarkKernels } from './kernels.mjs';
import { describeMachine } from './machine.mjs';
import { benchmarkMethods } from './methods.mjs';
import { benchmarkMetrics } from './metrics.mjs';
import { benchmarkPeers } from './peers.mjs';
import { benchmarkSolvers } from './solvers.mjs';
import { benchmarkIdentify } from './identify.mjs';
import { benchmarkStars } from './stars.mjs';
import { formatReport } from './tables.mjs';
import { benchmarkThreads } from './threads.mjs';

/** Small enough that everything ends in about a minute, for continuous integration. */
const QUICK = {
  kernelSamples: 3,
  frame: { width: 512, height: 384 },
  algorithms: { blocks: 2, base: 32, width: 512, height: 384, strips: 5 },
  integrity: { networks: [[8, 16]], width: 1024, height: 768, rounds: 1, strips: 8 },
  frames: [
    [8, 16, 3],
    [8, 32, 3],
    [20, 32, 1],
  ],
  threads: { blocks: 8, base: 16, width: 512, height: 384, rounds: 2 },
  files: { blocks: 8, base: 16, width: 512, height: 384, rounds: 1 },
  peers: { blocks: 8, base: 32, width: 512, height: 512, tile: 256, rounds: 2, tilesPerRound: 2 },
  fft: {
    images: [
      [512, 512],
      [1024, 1024],
    ],
    lengths: [1024],
    rounds: 4,
  },
  solvers: { width: 512, height: 384, rounds: 2 },
  estimate: { width: 512, height: 384, samples: 2 },
  methods: { width: 512, height: 384 },
  metrics: { width: 512, height: 384, rounds: 2 },
  stars: { side: 512, rounds: 4 },
  identify: { frames: 20, peerFrames: 5 },
};
const FULL = {
  kernelSamples: 7,
  frame: { width: 2048, height: 1536 },
  algorithms: { blocks: 20, base: 32, width: 2048, height: 1536, strips: 15 },
  integrity: {
    networks: [
      [8, 16],
      [8, 32],
    ],
    width: 1024,
    height: 768,
    rounds: 9,
    strips: 16,
  },
  frames: [
    [8, 16, 5],
    [8, 32, 3],
    [20, 32, 3],
  ],
  threads: { blocks: 8, base: 16, width: 2048, height: 1536, rounds: 3 },
  files: { blocks: 8, base: 16, width: 2048, height: 1536, rounds: 2 },
  peers: { blocks: 20, base: 32, width: 2048, height: 1536, tile: 256, rounds: 3, tilesPerRound: 4 },
  fft: {
    images: [
      [512, 512],
      [1024, 1024],
      [1536, 2048],
      [2048, 2048],
    ],
    lengths: [1024, 65536, 1048576],
    rounds: 12,
  },
  solvers: { width: 2048, height: 1536, rounds: 5 },
  estimate: { width: 2048, height: 1536, samples: 5 },
  methods: { width: 2048, height: 1536 },
  metrics: { width: 2048, height: 1536, rounds: 5 },
  stars: { side: 1024, rounds: 20 },
  identify: { frames: 1000, peerFrames: 100 },
};

/** The instruction set of server processors before 2019; measured beside a better one. */
const FALLBACK_ISA = 'avx512';

async function main() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      only: {
        type: 'string',
        default:
          'kernels,algorithms,integrity,frames,threads,files,peers,fft,solvers,methods,metrics,estimate,stars,identify',
      },
      threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
      isa: { type: 'string' },
      openvino: { type: 'string' },
      picture: { type: 'string' },
    },
  });
  const binding = loadBinding();
  const machine = describeMachine(binding);
  const settings = values.quick ? QUICK : FULL;
  const sections = new Set(values.only.split(','));
  const threads = Number(values.threads);
  const isa = values.isa ?? process.env.PERIFOCAL_ISA ?? machine.isas[0];
  const report = (line) => {
    if (process.stderr.isTTY) process.stderr.write(`${line} ...\n`);
  };

  const shapes = settings.frames.map(([blocks, base, samples]) => ({ blocks, base, isa, samples }));
  if (isa !== FALLBACK_ISA && machine.isas.includes(FALLBACK_ISA))
    shapes.push({ ...shapes.at(-1), isa: FALLBACK_ISA, samples: 1 });
  const algorithmIsas = binding
    .isas()
    .filter(
      ({ name, supported, winograd }) => supported && winograd && name === (values.isa ?? name) && name !== 'scalar',
    )
    .map(({ name }) => name);
  const results = {
    machine,
    ...(sections.has('kernels') && {
      kernels: await benchmarkKernels(binding, { samples: settings.kernelSamples, report }),
    }),
    ...(sections.has('algorithms') && {
      algorithms: await benchmarkAlgorithms(binding, { ...settings.algorithms, isas: algorithmIsas, threads, report }),
    }),
    ...(sections.has('integrity') && {
      integrity: await benchmarkIntegrity(binding, { ...settings.integrity, isa, report }),
    }),
    ...(sections.has('frames') && { frames: await benchmarkFrames(shapes, { ...settings.frame, threads, report }) }),
    ...(sections.has('threads') && { threads: await benchmarkThreads({ ...settings.threads, isa, report }) }),
    ...(sections.has('files') && { files: await benchmarkFiles({ ...settings.files, threads, isa, report }) }),
    ...(sections.has('fft') && { fft: await benchmarkFft({ ...settings.fft, threads, isa, report }) }),
    ...(sections.has('peers') && {
      peers: await benchmarkPeers({ ...settings.peers, threads, isa, openvino: values.openvino, report }),
    }),
    ...(sections.has('solvers') && {
      solvers: await benchmarkSolvers(binding, { ...settings.solvers, threads, isa, report }),
    }),
    ...(sections.has('methods') && {
      methods: await benchmarkMethods({ ...settings.methods, threads, picture: values.picture, report }),
    }),
    ...(sections.has('estimate') && { estimate: await benchmarkEstimate({ ...settings.estimate, threads, report }) }),
    ...(sections.has('stars') && { stars: await benchmarkStars({ ...settings.stars, threads, isa, report }) }),
    ...(sections.has('identify') && { identify: await benchmarkIdentify({ ...settings.identify, report }) }),
    ...(sections.has('metrics') && { metrics: await benchmarkMetrics({ ...settings.metrics, threads, isa, report }) }),
  };
  if (results.algorithms || results.peers) results.bars = judgeBars(results);
  console.log(values.json ? JSON.stringify(results) : formatReport(results));
}

await main();
