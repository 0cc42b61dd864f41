import { loadModelFile } from '../dist/network/model/load.js';
import { writeModel } from './models.mjs';
import { median, spread } from './sampling.mjs';
import { ticketOf } from './tickets.mjs';

/** @import { Algorithm, Binding } from '../dist/runtime/native/binding.js' */

const STRIP_ROWS = 16;
const ALGORITHMS = /** @type {const} */ (['direct', 'winograd']);

/**
 * A pipeline in the middle of a frame, fed strip after strip.
 * @param {Binding} binding
 */
async function openPipeline(binding, { tensors, shape, isa, algorithm, width, height, threads }) {
  const shapes = algorithm === 'winograd' ? binding.convolutionsOf(shape, new Uint8Array()) : [];
  const model = await binding.loadModel(tensors, shape, isa, shapes, ticketOf(binding, threads));
  const pass = { width, height, transposed: true, threads, stripRows: STRIP_ROWS, keepWeights: false };
  const { macs, delayRows } = binding.planPass(shape, pass, isa, model.winogradLayers);
  const pipeline = binding.createPipeline(model, pass);
  const rows = new Uint8Array(STRIP_ROWS * width * 3).map((_, index) => ((index * 2_654_435_761) >>> 13) & 255);
  const push = () => pipeline.push(rows, STRIP_ROWS, ticketOf(binding, threads));
  // Until the first rows come out, not all stages work.
  for (let row = 0; row < delayRows + 2 * STRIP_ROWS; row += STRIP_ROWS) await push();
  return {
    push,
    stripMacs: (macs / height) * STRIP_ROWS,
    rates: [],
    dispose: () => {
      pipeline.dispose();
      model.dispose();
    },
  };
}

/**
 * Direct convolution and Winograd on the whole network, strip by strip alternately, so that a busy machine slows both.
 * One strip of 16 rows is the same work as any other.
 * @param {Binding} binding
 * @param {{ isas: readonly string[], blocks: number, base: number, width: number, height: number, threads: number,
 *   strips: number, report: (line: string) => void }} options
 */
export async function benchmarkAlgorithms(binding, { isas, blocks, base, width, height, threads, strips, report }) {
  const { tensors, shape } = await loadModelFile(await writeModel(blocks, base));
  const results = [];
  for (const isa of isas) {
    report(`direct and Winograd alternately, n ${blocks}, base ${base}, ${isa}`);
    // Rows of a pass run along the shorter side of a frame.
    const common = { tensors, shape, isa, width: height, height: width, threads };
    const pipelines = [];
    for (const algorithm of ALGORITHMS)
      pipelines.push({ algorithm, ...(await openPipeline(binding, { ...common, algorithm })) });
    const peaks = [];
    for (let strip = 0; strip < strips; strip += 1) {
      peaks.push(await binding.measurePeak(isa, threads, ticketOf(binding, threads)));
      for (const { push, stripMacs, rates } of pipelines) {
        const start = performance.now();
        await push();
        rates.push(stripMacs / ((performance.now() - start) / 1000));
      }
    }
    for (const pipeline of pipelines) pipeline.dispose();
    const [direct, winograd] = pipelines.map(({ rates }) => rates);
    results.push({
      isa,
      blocks,
      base,
      width,
      height,
      threads,
      peak: median(peaks) / 1e9,
      direct: median(direct) / 1e9,
      winograd: median(winograd) / 1e9,
      best: {
        peak: Math.max(...peaks) / 1e9,
        direct: Math.max(...direct) / 1e9,
        winograd: Math.max(...winograd) / 1e9,
      },
      // Of strips measured right after one another; the machine's moods cancel out.
      ratio: median(winograd.map((rate, strip) => rate / direct[strip])),
      shareOfPeak: median(winograd.map((rate, strip) => rate / peaks[strip])),
      spread: spread(winograd),
    });
  }
  return results;
}
