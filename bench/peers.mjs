import { fileURLToPath } from 'node:url';
import { runChild } from './child.mjs';
import { writeModel } from './models.mjs';
import { median, spread } from './sampling.mjs';

const CHILD = fileURLToPath(new URL('peers-child.mjs', import.meta.url));

/**
 * ONNX Runtime on tiles that do not overlap, which leaves seams but repeats no work, against whole frames of ours. Its time
 * for a frame is that of a tile, times the number of tiles.
 * @param {{ blocks: number, base: number, width: number, height: number, tile: number, threads: number, isa: string,
 *   rounds: number, tilesPerRound: number, report: (line: string) => void }} options
 */
export async function benchmarkPeers({ report, ...request }) {
  const { blocks, base, width, height, tile } = request;
  report(`ONNX Runtime on ${tile}x${tile} tiles, n ${blocks}, base ${base}, in turns with ours`);
  const { times, shares, macs } = await runChild(CHILD, { model: await writeModel(blocks, base), ...request });
  const tiles = Math.ceil(width / tile) * Math.ceil(height / tile);
  const ours = median(times.ours);
  const describe = (name, samples, perFrame) => {
    const seconds = median(samples) * perFrame;
    return { name, secondsPerFrame: seconds, gmacPerSecond: macs / 1e9 / seconds, timesOurs: seconds / ours, spread: spread(samples), samples };
  };
  return {
    ...request, tiles,
    results: [
      { ...describe(`perifocal, whole frame, ${request.isa}`, times.ours, 1), shareOfPeak: median(shares) },
      describe(`onnxruntime int8, ${tiles} tiles`, times.int8, tiles),
      describe(`onnxruntime fp32, ${tiles} tiles`, times.fp32, tiles),
    ],
  };
}
