import { median, sampleAgainstPeak, spread, timeOnce } from './sampling.mjs';
import { ticketOf } from './tickets.mjs';

/** @import { Binding } from '../dist/runtime/native/binding.js' */

/** Channels, and pixels of a row at the scale where a 2048-pixel-wide frame has them. */
const SHAPES = [
  [16, 2048],
  [32, 2048],
  [64, 1024],
  [128, 512],
];
/** Multiply-accumulates of one sample: some tens of milliseconds. */
const SAMPLE_MACS = 4e9;
const SLOW_SAMPLE_MACS = 5e7;

/**
 * One core, one 3x3 convolution with requantisation, residual add and 8-bit copy: what most of a frame consists of.
 * @param {Binding} binding
 * @param {{ samples: number, report: (line: string) => void }} options
 */
export async function benchmarkKernels(binding, { samples, report }) {
  const results = [];
  for (const { name: isa, supported, winograd } of binding.isas()) {
    if (!supported) continue;
    const algorithms = /** @type {const} */ (winograd ? ['direct', 'winograd'] : ['direct']);
    for (const [[channels, width], algorithm] of SHAPES.flatMap((shape) =>
      algorithms.map((algorithm) => [shape, algorithm]),
    )) {
      report(`3x3 convolution, ${isa}, ${channels} channels, ${algorithm}`);
      const rowMacs = 9 * channels ** 2 * width;
      const wanted = isa === 'scalar' ? SLOW_SAMPLE_MACS : SAMPLE_MACS;
      const rows = isa === 'scalar' ? 4 : 16;
      const request = {
        isa,
        algorithm,
        inputs: channels,
        outputs: channels,
        width,
        rows,
        repeats: Math.max(1, Math.round(wanted / rowMacs / rows)),
      };
      const { rates, shares } = await sampleAgainstPeak(binding, isa, 1, samples, async () => {
        let rate = 0;
        // The addon's own clock: it leaves out packing the weights.
        await timeOnce(isa, async () => {
          const { macs, seconds } = await binding.benchmarkConvolution(request, ticketOf(binding, 1));
          rate = macs / seconds;
        });
        return rate;
      });
      results.push({
        isa,
        algorithm,
        channels,
        width,
        gmacPerSecond: median(rates) / 1e9,
        shareOfPeak: median(shares),
        spread: spread(shares),
      });
    }
  }
  return results;
}
