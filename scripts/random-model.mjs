#!/usr/bin/env node
// Writes a valid model with seeded random weights, for tests and benchmarks: its output is no restoration, but its
// activations neither die nor saturate, and every code, scale and zero point is exercised.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { writeSafetensors } from '../dist/network/model/safetensors.js';
import { TRUNK_KEYS, networkLayers } from '../dist/network/model/structure.js';
import { createRandom } from '../dist/math/random.js';

/** @import { Layer, Source } from '../dist/network/model/structure.js' */
/** @import { Tensor } from '../dist/network/model/safetensors.js' */

/**
 * An 8-bit tensor as it leaves a layer; `power` is the mean of its squared real values.
 * @typedef {{ scale: number, zeroPoint: number, power: number }} Activation
 */

/** Second moment of a natural image in [0, 1]. */
const IMAGE_POWER = 0.25;
/** Residual branches are damped so that the trunk grows little over the blocks. */
const RESIDUAL_GAIN = 0.1;
/** Standard deviation of the residual image, in units of the full range. */
const OUTPUT_DEVIATION = 0.04;
/** Standard deviations that the 8-bit and 16-bit ranges hold. */
const RANGE_8 = 4;
const RANGE_16 = 12;

/** @param {string} key */
const isResidual = (key) => /layers\.\d+\.main\.1\.main\.0$/.test(key) || key.startsWith('FAM');

/** The stage whose trunk a layer starts or adds to, or null. @param {string} key */
function trunkStage(key) {
  const stage = /^((?:En|De)coder\.\d)\.layers\.\d+\.main\.1/.exec(key)?.[1];
  /** @type {Record<string, string>} */
  const starts = {
    'feat_extract.0.main.0': 'Encoder.0',
    'feat_extract.1.main.0': 'Encoder.1',
    'feat_extract.2.main.0': 'Encoder.2',
    'FAM2.merge.main.0': 'Encoder.1',
    'FAM1.merge.main.0': 'Encoder.2',
    'Convs.0.main.0': 'Decoder.1',
    'Convs.1.main.0': 'Decoder.2',
  };
  return (stage === 'Decoder.0' ? 'Encoder.2' : stage) ?? starts[key] ?? null;
}

/**
 * Gives each layer weights and scales in network order, following the second moment of every tensor.
 * @param {{ blocks: number, base: number, seed?: number }} options
 */
function buildTensors({ blocks, base, seed = 1 }) {
  const random = createRandom(seed);
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  /** @type {Map<string, Activation>} */
  const written = new Map();
  /** Second moment of each trunk, by stage. @type {Map<string, number>} */
  const trunks = new Map();
  /** @type {Map<string, number>} */
  const trunkScales = new Map();

  /** @param {Layer} layer @param {Source} source @returns {Activation} */
  const resolve = (layer, source) => {
    if (source === 'image') return { scale: Math.fround(1 / 255), zeroPoint: -128, power: IMAGE_POWER };
    if (source !== 'product') return /** @type {Activation} */ (written.get(source.layer));
    const [features, context] = layer.key.startsWith('FAM2')
      ? ['feat_extract.1.main.0', 'SCM2.conv.main.0']
      : ['feat_extract.2.main.0', 'SCM1.conv.main.0'];
    const power =
      /** @type {Activation} */ (written.get(features)).power * /** @type {Activation} */ (written.get(context)).power;
    return { scale: signedScale(power), zeroPoint: drawZeroPoint(random, 0), power };
  };

  for (const layer of networkLayers({ residualBlocks: blocks, baseWidth: base })) {
    const inputs = layer.sources.map((source) => resolve(layer, source));
    const gain = isResidual(layer.key) ? RESIDUAL_GAIN : 1;
    const isLast = layer.key === 'feat_extract.5.main.0';
    const meanPower = inputs.reduce((sum, { power }) => sum + power, 0) / inputs.length;
    const deviation = isLast ? OUTPUT_DEVIATION : gain * Math.sqrt(2 * meanPower);
    quantiseLayer(tensors, random, layer, inputs, deviation / Math.sqrt(meanPower), deviation);
    const output = isLast
      ? { scale: Math.fround(1 / 4080), zeroPoint: 0, power: 0 }
      : describeOutput(random, layer, deviation, trunks, trunkScales);
    written.set(layer.key, output);
    tensors.set(`${layer.key}.output_scale`, f32([output.scale]));
    tensors.set(`${layer.key}.output_zero_point`, i32([output.zeroPoint]));
  }
  trunkScales.set('Decoder.0', /** @type {number} */ (trunkScales.get('Encoder.2')));
  for (const key of TRUNK_KEYS) {
    tensors.set(key, f32([/** @type {number} */ (trunkScales.get(key.replace('.trunk_scale', '')))]));
  }
  return tensors;
}

/** @param {number} power */
const signedScale = (power) => Math.fround((RANGE_8 * Math.sqrt(power)) / 127);

/** @param {() => number} random @param {number} centre */
const drawZeroPoint = (random, centre) => centre + Math.floor(random() * 33) - 16;

/**
 * @param {() => number} random
 * @param {Layer} layer
 * @param {number} deviation of the layer's real output before any activation
 * @param {Map<string, number>} trunks
 * @param {Map<string, number>} trunkScales
 * @returns {Activation}
 */
function describeOutput(random, { key, relu }, deviation, trunks, trunkScales) {
  const stage = trunkStage(key);
  if (stage !== null) {
    const power = isResidual(key) ? (trunks.get(stage) ?? 0) + deviation ** 2 : deviation ** 2 / 2;
    trunks.set(stage, power);
    if (!trunkScales.has(stage)) trunkScales.set(stage, Math.fround((RANGE_16 * deviation) / 32767));
    const range = RANGE_8 * Math.sqrt(2 * power);
    return relu
      ? { scale: Math.fround(range / 255), zeroPoint: -128, power }
      : { scale: Math.fround(range / 200), zeroPoint: drawZeroPoint(random, -80), power };
  }
  if (relu) {
    return { scale: Math.fround((RANGE_8 * deviation) / 255), zeroPoint: -128, power: deviation ** 2 / 2 };
  }
  return { scale: signedScale(deviation ** 2), zeroPoint: drawZeroPoint(random, 0), power: deviation ** 2 };
}

/**
 * Uniform weights (Kaiming) with a jittered scale per output channel; a source's weights are multiplied by its
 * scale over the first source's (docs/model-format.md).
 * @param {Map<string, Tensor>} tensors
 * @param {() => number} random
 * @param {Layer} layer
 * @param {Activation[]} inputs
 * @param {number} gain standard deviation of the output over that of the input
 * @param {number} deviation of the output
 */
function quantiseLayer(tensors, random, layer, inputs, gain, deviation) {
  const { key, weightShape, outChannels } = layer;
  const [d0, d1, kernel] = weightShape;
  const isTransposed = /^feat_extract\.[34]\./.test(key);
  const inChannels = isTransposed ? d0 : d1;
  // A transposed 4x4 convolution with stride 2 has 4 taps per output (mimo-unet.md section 2).
  const fanIn = inChannels * (isTransposed ? 4 : kernel ** 2);
  const limit = Math.sqrt(3 / fanIn) * gain;
  const ratios = inputs.map(({ scale }) => scale / /** @type {Activation} */ (inputs[0]).scale);
  const largest = Math.max(...ratios);
  const shares = sourceChannels(layer, inChannels).flatMap((count, source) => Array(count).fill(ratios[source] ?? 1));

  const codes = new Int8Array(weightShape.reduce((product, side) => product * side, 1));
  for (let index = 0; index < codes.length; index += 1) {
    const inChannel = isTransposed ? Math.floor(index / (d1 * kernel ** 2)) : Math.floor(index / kernel ** 2) % d1;
    codes[index] = Math.round((2 * random() - 1) * 127 * /** @type {number} */ (shares[inChannel] / largest));
  }
  const weightScales = Array.from({ length: outChannels }, () =>
    Math.fround((limit * largest * (0.8 + 0.4 * random())) / 127),
  );
  const firstScale = /** @type {Activation} */ (inputs[0]).scale;
  const biases = weightScales.map((scale) => Math.round((0.1 * deviation * (2 * random() - 1)) / (firstScale * scale)));

  tensors.set(`${key}.weight`, { dtype: 'I8', shape: weightShape, data: new Uint8Array(codes.buffer) });
  tensors.set(`${key}.weight_scale`, f32(weightScales));
  tensors.set(`${key}.bias`, i32(biases));
  tensors.set(`${key}.input_scale`, f32(inputs.map(({ scale }) => scale)));
  tensors.set(`${key}.input_zero_point`, i32(inputs.map(({ zeroPoint }) => zeroPoint)));
}

/**
 * Channels of each concatenated source.
 * @param {Layer} layer
 * @param {number} inChannels
 * @returns {number[]}
 */
function sourceChannels({ key, sources }, inChannels) {
  if (sources.length === 1) return [inChannels];
  if (key.startsWith('SCM')) return [3, inChannels - 3];
  if (key.startsWith('AFFs')) return [1, 2, 4].map((share) => (inChannels * share) / 7);
  return [inChannels / 2, inChannels / 2];
}

/** @param {number[]} values @returns {Tensor} */
const f32 = (values) => ({
  dtype: 'F32',
  shape: [values.length],
  data: new Uint8Array(Float32Array.from(values).buffer),
});

/** @param {number[]} values @returns {Tensor} */
const i32 = (values) => ({
  dtype: 'I32',
  shape: [values.length],
  data: new Uint8Array(Int32Array.from(values).buffer),
});

/**
 * A whole model file with random weights.
 * @param {{ blocks: number, base: number, seed?: number }} options n (1 to 64), channels at full scale, 32-bit seed
 * @returns {Uint8Array}
 */
export function createRandomModel(options) {
  const tensors = buildTensors(options);
  const digest = createHash('sha256');
  for (const { data } of tensors.values()) digest.update(data);
  return writeSafetensors(
    tensors,
    new Map(
      Object.entries({
        format_version: '1',
        graph: 'mimo-unet',
        num_res: String(options.blocks),
        base: String(options.base),
        trunk: 'i16',
        sha256: digest.digest('hex'),
        name: `random-n${options.blocks}-b${options.base}`,
        description: 'Random weights for tests and benchmarks; restores nothing',
      }),
    ),
  );
}

async function main() {
  const { values } = parseArgs({
    options: {
      blocks: { type: 'string', default: '20' },
      base: { type: 'string', default: '32' },
      seed: { type: 'string', default: '1' },
      output: { type: 'string', short: 'o' },
    },
  });
  if (!values.output)
    throw new Error('usage: random-model.mjs [--blocks 20] [--base 32] [--seed 1] -o out.safetensors');
  await writeFile(
    values.output,
    createRandomModel({
      blocks: Number(values.blocks),
      base: Number(values.base),
      seed: Number(values.seed),
    }),
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
