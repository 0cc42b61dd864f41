import { fileURLToPath } from 'node:url';
import { runChild } from './child.mjs';
import { writeModel } from './models.mjs';
import { median, spread } from './sampling.mjs';

const CHILD = fileURLToPath(new URL('frame-child.mjs', import.meta.url));

/**
 * Whole frames, raw pixels in and out, no files.
 * @param {readonly { blocks: number, base: number, isa: string, samples: number }[]} cases
 * @param {{ width: number, height: number, threads: number, report: (line: string) => void }} options
 */
export async function benchmarkFrames(cases, { width, height, threads, report }) {
  const results = [];
  for (const { blocks, base, isa, samples } of cases) {
    report(`${width}x${height}, n ${blocks}, base ${base}, ${isa}, ${threads} threads`);
    const model = await writeModel(blocks, base);
    const found = await runChild(CHILD, { model, width, height, threads, isa, samples });
    results.push({
      blocks,
      base,
      isa,
      threads,
      width,
      height,
      seconds: median(found.seconds),
      gmacPerSecond: median(found.rates) / 1e9,
      shareOfPeak: median(found.shares),
      // What the threads got of their cores; far below 1, the machine was busy with something else.
      cpuShare: median(found.cpuShares),
      spread: spread(found.seconds),
      samples: found.seconds,
      gmac: found.macs / 1e9,
      peakRssMB: found.peakRssBytes / 1e6,
    });
  }
  return results;
}
