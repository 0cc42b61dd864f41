// This package and ONNX Runtime on the same network, alternately:
//   peers-child.mjs '{"model": path, "width": 2048, "height": 1536, "tile": 256, "threads": 2, "isa": name,
//     "rounds": 3, "tilesPerRound": 4}'
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Restorer } from '../dist/index.js';
import { loadBinding } from '../dist/runtime/native/loader.js';
import { loadModelFile } from '../dist/network/model/load.js';
import { writeFloatNetwork, writeQuantisedNetwork } from './onnx/peers.mjs';
import { sampleAgainstPeak, timeOnce } from './sampling.mjs';
import { createFrame } from './test-frame.mjs';

const { model, width, height, tile, threads, isa, rounds, tilesPerRound } = JSON.parse(process.argv[2]);
const binding = loadBinding();
const { tensors, shape } = await loadModelFile(model);

/** @param {number} side */
function createTile(side) {
  const { data } = createFrame(side, side);
  const planes = data.map((_, index) => data[3 * (index % (side * side)) + Math.floor(index / (side * side))]);
  return { image: new Tensor('uint8', planes, [1, 3, side, side]) };
}

/** @param {Uint8Array} onnx */
async function openSession(onnx) {
  const session = await InferenceSession.create(onnx, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const feed = createTile(tile);
  await session.run(feed); // The first run plans its memory.
  return () => session.run(feed);
}

const peers = {
  int8: await openSession(writeQuantisedNetwork(tensors, shape.residualBlocks)),
  fp32: await openSession(writeFloatNetwork(tensors, shape.residualBlocks)),
};
const restorer = await Restorer.open({ model, threads, isa, memory: '4GB' });
const frame = createFrame(width, height);
const { macs } = restorer.plan(frame);
await restorer.restore(createFrame(64, 64));

const times = { ours: [], int8: [], fp32: [] };
const runTiles = async (count) => {
  for (let index = 0; index < count; index += 1) {
    for (const [name, run] of Object.entries(peers)) times[name].push(await timeOnce(name, run));
  }
};
const { shares } = await sampleAgainstPeak(binding, isa, threads, rounds, async () => {
  await runTiles(tilesPerRound / 2);
  const seconds = await timeOnce('ours', () => restorer.restore(frame));
  times.ours.push(seconds);
  await runTiles(tilesPerRound / 2);
  return macs / seconds;
});
console.log(JSON.stringify({ times, shares, macs }));
