import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadModelFile } from '../dist/network/model/load.js';
import { runChild } from './child.mjs';
import { writeModel } from './models.mjs';
import { writeQuantisedNetwork } from './onnx/peers.mjs';
import { median, spread } from './sampling.mjs';

const CHILD = fileURLToPath(new URL('peers-child.mjs', import.meta.url));

/** Seconds of single tiles in OpenVINO, after the others' turns. */
async function timeOpenVino(python, { blocks, base, tile, threads, rounds, tilesPerRound }) {
  const { tensors, shape } = await loadModelFile(await writeModel(blocks, base));
  const folder = await mkdtemp(join(tmpdir(), 'perifocal-bench-'));
  try {
    const network = join(folder, 'network.onnx');
    await writeFile(network, writeQuantisedNetwork(tensors, shape.residualBlocks));
    const numbers = [tile, threads, rounds * tilesPerRound].map(String);
    const { stdout } = await promisify(execFile)(python, [
      fileURLToPath(new URL('openvino-tile.py', import.meta.url)),
      network,
      ...numbers,
    ]);
    return JSON.parse(stdout).seconds;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * ONNX Runtime, and OpenVINO where there is an interpreter that has it, on tiles that do not overlap, which leaves
 * seams but repeats no work, against whole frames of ours. Its time for a frame is that of a tile, times the number of
 * tiles.
 * @param {{ blocks: number, base: number, width: number, height: number, tile: number, threads: number, isa: string,
 *   rounds: number, tilesPerRound: number, openvino?: string, report: (line: string) => void }} options
 */
export async function benchmarkPeers({ report, openvino, ...request }) {
  const { blocks, base, width, height, tile } = request;
  report(`ONNX Runtime on ${tile}x${tile} tiles, n ${blocks}, base ${base}, alternately with ours`);
  const { times, shares, macs } = await runChild(CHILD, { model: await writeModel(blocks, base), ...request });
  const openvinoSeconds = openvino && (await timeOpenVino(openvino, request));
  const tiles = Math.ceil(width / tile) * Math.ceil(height / tile);
  const ours = median(times.ours);
  const describe = (name, samples, perFrame) => {
    const seconds = median(samples) * perFrame;
    return {
      name,
      secondsPerFrame: seconds,
      gmacPerSecond: macs / 1e9 / seconds,
      timesOurs: seconds / ours,
      spread: spread(samples),
      samples,
    };
  };
  return {
    ...request,
    tiles,
    results: [
      { ...describe(`perifocal, whole frame, ${request.isa}`, times.ours, 1), shareOfPeak: median(shares) },
      describe(`onnxruntime int8, ${tiles} tiles`, times.int8, tiles),
      describe(`onnxruntime fp32, ${tiles} tiles`, times.fp32, tiles),
      ...(openvinoSeconds ? [describe(`OpenVINO int8, ${tiles} tiles`, openvinoSeconds, tiles)] : []),
    ],
  };
}
