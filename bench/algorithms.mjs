import { loadModelFile } from '../dist/network/model/load.js';
import { writeModel } from './models.mjs';
import { median, spread } from './sampling.mjs';

/** @import { Algorithm, Binding } from '../dist/runtime/native/binding.js' */

const STRIP_ROWS = 16;
const ALGORITHMS = /** @type {const} */ (['direct', 'winograd']);

/**
 * An engine in the middle of a frame, fed strip after strip.
 * @param {Binding} binding
 */
async function openEngine(binding, { tensors, shape, isa, algorithm, width, height, threads }) {
  const shapes = algorithm === 'winograd' ? binding.convolutionsOf(shape, new Uint8Array()) : [];
  const model = await binding.loadModel(tensors, shape, isa, shapes);
  const pass = { width, height, transposed: true, threads, stripRows: STRIP_ROWS, keepWeights: false };
  const { macs, delayRows } = binding.planPass(shape, pass, isa, model.winogradLayers);
  const engine = binding.createEngine(model, pass);
  const rows = new Uint8Array(STRIP_ROWS * width * 3).map((_, index) => ((index * 2_654_435_761) >>> 13) & 255);
  // Until the first rows come out, not all stages work.
  for (let row = 0; row < delayRows + 2 * STRIP_ROWS; row += STRIP_ROWS) await engine.push(rows, STRIP_ROWS);
  return {
    engine,
    rows,
    stripMacs: (macs / height) * STRIP_ROWS,
    rates: [],
    dispose: () => {
      engine.dispose();
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
    const engines = [];
    for (const algorithm of ALGORITHMS)
      engines.push({ algorithm, ...(await openEngine(binding, { ...common, algorithm })) });
    const peaks = [];
    for (let strip = 0; strip < strips; strip += 1) {
      peaks.push(await binding.measurePeak(isa, threads));
      for (const { engine, rows, stripMacs, rates } of engines) {
        const start = performance.now();
        await engine.push(rows, STRIP_ROWS);
        rates.push(stripMacs / ((performance.now() - start) / 1000));
      }
    }
    for (const engine of engines) engine.dispose();
    const [direct, winograd] = engines.map(({ rates }) => rates);
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
