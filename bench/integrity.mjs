import { loadModelFile } from '../dist/network/model/load.js';
import { writeModel } from './models.mjs';
import { median } from './sampling.mjs';
import { ticketOf } from './tickets.mjs';

/** @import { Binding } from '../dist/runtime/native/binding.js' */

/** The same work each: the coarsest rows of the network are 4, of 16 rows of the frame. */
const STRIP_ROWS = 16;
const MODES = /** @type {const} */ (['off', 'checked', 'full']);
/** What `checked` and `full` may add to the time, by base: goals of docs/integrity.md. */
const GOALS = { 16: { checked: 0.09, full: 0.2 }, 32: { checked: 0.06, full: 0.2 } };

/**
 * A pipeline in the middle of a frame, fed strip after strip.
 * @param {Binding} binding
 */
async function openPipeline(binding, { model, isa, shape, pass }) {
  const ticket = () => ticketOf(binding, pass.threads);
  const { delayRows } = binding.planPass(shape, pass, isa, model.winogradLayers);
  const pipeline = binding.createPipeline(model, pass);
  const rows = new Uint8Array(STRIP_ROWS * pass.width * 3).map((_, index) => ((index * 2_654_435_761) >>> 13) & 255);
  const push = () => pipeline.push(rows, STRIP_ROWS, ticket());
  // Until the first rows come out, not all stages work.
  for (let row = 0; row < delayRows + 2 * STRIP_ROWS; row += STRIP_ROWS) await push();
  return { push, dispose: () => pipeline.dispose() };
}

/** Seconds of this process's threads, so that what else runs on the machine counts little. */
async function cpuSeconds(work) {
  const before = process.cpuUsage();
  await work();
  return process.cpuUsage(before).user / 1e6;
}

/**
 * One round: pipelines of all modes in memory mapped anew, which the result depends on by a few percent. Each strip is
 * measured right after one of 'off'; the machine's moods cancel out.
 * @returns {Promise<Record<'checked' | 'full', number>>} what each adds to the time, as a share of that of 'off'
 */
async function measureRound(binding, { model, isa, shape, pass, strips }) {
  const pipelines = {};
  for (const mode of MODES)
    pipelines[mode] = await openPipeline(binding, { model, isa, shape, pass: { ...pass, integrity: mode } });
  const ratios = { checked: [], full: [] };
  for (let strip = 0; strip < strips; strip += 1) {
    for (const mode of /** @type {const} */ (['checked', 'full'])) {
      const off = await cpuSeconds(pipelines.off.push);
      ratios[mode].push((await cpuSeconds(pipelines[mode].push)) / off);
    }
  }
  for (const pipeline of Object.values(pipelines)) pipeline.dispose();
  return { checked: median(ratios.checked) - 1, full: median(ratios.full) - 1 };
}

/**
 * One model for all modes: of weights whose sums may be too large to be watched, a model without integrity would sum
 * more layers by Winograd, which costs another time.
 */
async function openModel(binding, { tensors, shape, isa, algorithm }) {
  const shapes = algorithm === 'winograd' ? binding.convolutionsOf(shape, new Uint8Array()) : [];
  return await binding.loadModel(tensors, shape, isa, shapes, ticketOf(binding, 1), true);
}

/**
 * What checking costs: strips of 16 rows of passes with and without it in turns, by processor time.
 * @param {Binding} binding
 * @param {{ isa: string, networks: readonly (readonly [blocks: number, base: number])[], width: number, height: number,
 *   rounds: number, strips: number, report: (line: string) => void }} options frames of width x height
 */
export async function benchmarkIntegrity(binding, { isa, networks, width, height, rounds, strips, report }) {
  const hasWinograd = binding.isas().some(({ name, winograd }) => name === isa && winograd);
  const algorithms = hasWinograd ? ['direct', 'winograd'] : ['direct'];
  const results = [];
  for (const [blocks, base] of networks) {
    const { tensors, shape } = await loadModelFile(await writeModel(blocks, base));
    for (const algorithm of algorithms) {
      report(`integrity, n ${blocks}, base ${base}, ${algorithm}, ${isa}`);
      const model = await openModel(binding, { tensors, shape, isa, algorithm });
      // Rows of a pass run along the shorter side of a frame. Weights stay transformed, as where the budget allows.
      const common = { width: height, height: width, transposed: true, threads: 1, stripRows: STRIP_ROWS };
      const pass = { ...common, keepWeights: true };
      const found = [];
      for (let round = 0; round < rounds; round += 1)
        found.push(await measureRound(binding, { model, isa, shape, pass, strips }));
      const winogradLayers = model.winogradLayers.filter((used) => used === 1).length;
      model.dispose();
      for (const mode of /** @type {const} */ (['checked', 'full'])) {
        const costs = found.map((round) => round[mode]);
        const range = [Math.min(...costs), Math.max(...costs)];
        results.push({
          isa,
          blocks,
          base,
          algorithm,
          winogradLayers,
          mode,
          cost: median(costs),
          range,
          goal: GOALS[base]?.[mode],
        });
      }
    }
  }
  return results;
}
