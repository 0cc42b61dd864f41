// MIMO-UNet as an exporter would hand it to ONNX Runtime: in float, and quantised to 8 bits throughout with
// QuantizeLinear / DequantizeLinear pairs that the runtime fuses into its integer kernels.
import { Graph } from './graph.mjs';
import { Numbers, writeNetwork } from './network.mjs';
import { DataType } from './proto.mjs';

/** @import { NativeTensor } from '../../dist/runtime/native/binding.js' */
/** @typedef {Readonly<Record<string, NativeTensor>>} Tensors */

/** Step of the 8-bit residual: 32 of the 4080 steps of the range, so that +-1 is out of reach but nothing of use is. */
const RESIDUAL_SCALE = 32 / 4080;

/** The network in real numbers, as the model file describes it. */
class RealWeights {
  /** @param {Tensors} tensors */
  constructor(tensors) {
    this.numbers = new Numbers(tensors);
  }

  /** @param {string} key */
  shape(key) {
    return this.numbers.shape(`${key}.weight`);
  }

  /**
   * Weights in PyTorch order. The codes of source s hold the factor input_scale[s] / input_scale[0]
   * (docs/model-format.md).
   * @param {string} key
   * @param {readonly number[]} counts channels of each source
   */
  weights(key, counts) {
    const [, inner, side] = /** @type {number[]} */ (this.shape(key));
    const isTransposed = /^feat_extract\.[34]\./.test(key);
    const scales = this.numbers.floats(`${key}.weight_scale`);
    const inputScales = this.numbers.floats(`${key}.input_scale`);
    const factors = counts.flatMap((count, source) => Array(count).fill(inputScales[0] / inputScales[source]));
    const taps = side * side;
    return Float32Array.from(this.numbers.codes(`${key}.weight`), (code, index) => {
      const [first, second] = [Math.floor(index / (inner * taps)), Math.floor(index / taps) % inner];
      return isTransposed ? code * scales[second] : code * scales[first] * factors[second];
    });
  }

  /** @param {string} key */
  biases(key) {
    const scales = this.numbers.floats(`${key}.weight_scale`);
    const inputScale = this.numbers.float(`${key}.input_scale`);
    return Float32Array.from(this.numbers.ints(`${key}.bias`), (code, channel) => code * inputScale * scales[channel]);
  }
}

/** @param {readonly number[]} shape of the weights @param {number} stride */
const window = ([, , side], stride) => ({
  kernel_shape: [side, side],
  strides: [stride, stride],
  pads: Array(4).fill(side >> 1),
});

const TRANSPOSED_WINDOW = { kernel_shape: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1] };

/** @typedef {{ value: string, channels: number }} Real */

class FloatDialect {
  graph = new Graph();

  /** @param {Tensors} tensors */
  constructor(tensors) {
    this.real = new RealWeights(tensors);
  }

  image() {
    const bytes = this.graph.input('image', DataType.UINT8, [1, 3, 'height', 'width']);
    const value = this.graph.add('Mul', [
      this.graph.add('Cast', [bytes], { to: DataType.FLOAT }),
      this.graph.scalar(1 / 255),
    ]);
    this.input = value;
    return { value, channels: 3 };
  }

  /** @param {Real} x @param {number} step */
  pick = (x, step) => ({ ...x, value: this.graph.pick(x.value, step) });

  /** @param {Real} x @param {number} factor */
  upsample = (x, factor) => ({ ...x, value: this.graph.upsample(x.value, factor) });

  /** @param {string} key @param {Real[]} sources @param {boolean} relu */
  conv = (key, sources, relu) => this.#convolve('Conv', key, sources, relu, window(this.real.shape(key), 1));

  /** @param {string} key @param {Real[]} sources @param {1 | 2} stride */
  start = (key, sources, stride) => this.#convolve('Conv', key, sources, true, window(this.real.shape(key), stride));

  /** @param {string} key @param {Real} source @param {Real} trunk */
  addTo = (key, source, trunk) => ({
    ...trunk,
    value: this.graph.add('Add', [trunk.value, this.conv(key, [source], false).value]),
  });

  /** @param {string} _ @param {Real} a @param {Real} b */
  multiply = (_, a, b) => ({ ...a, value: this.graph.add('Mul', [a.value, b.value]) });

  /** @param {string} key @param {Real} x */
  transpose = (key, x) => this.#convolve('ConvTranspose', key, [x], true, TRANSPOSED_WINDOW);

  /** @param {string} key @param {Real} x */
  residual(key, x) {
    const { graph } = this;
    const sum = graph.add('Add', [this.conv(key, [x], false).value, this.input]);
    const level = graph.add('Clip', [graph.add('Mul', [sum, graph.scalar(255)]), graph.scalar(0), graph.scalar(255)]);
    graph.output(graph.add('Cast', [graph.add('Round', [level])], { to: DataType.UINT8 }), 'restored', DataType.UINT8);
  }

  /**
   * @param {string} op
   * @param {string} key
   * @param {Real[]} sources
   * @param {boolean} relu
   * @param {Record<string, number[]>} attributes
   */
  #convolve(op, key, sources, relu, attributes) {
    const biases = this.real.biases(key);
    const weights = this.real.weights(
      key,
      sources.map(({ channels }) => channels),
    );
    const value = this.graph.add(
      op,
      [
        this.graph.concat(sources.map((source) => source.value)),
        this.graph.constant(this.real.shape(key), weights),
        this.graph.constant([biases.length], biases),
      ],
      attributes,
    );
    return { value: relu ? this.graph.add('Relu', [value]) : value, channels: biases.length };
  }
}

/**
 * An 8-bit tensor: `real` is its DequantizeLinear.
 * @typedef {{ real: string, scale: number, zero: number, channels: number }} Code
 */

class QuantisedDialect {
  graph = new Graph();

  /** @param {Tensors} tensors */
  constructor(tensors) {
    this.real = new RealWeights(tensors);
  }

  image() {
    const bytes = this.graph.input('image', DataType.UINT8, [1, 3, 'height', 'width']);
    const real = this.graph.add('DequantizeLinear', [bytes, ...this.#parameters(1 / 255, 0)]);
    this.input = real;
    return { real, scale: 1 / 255, zero: 0, channels: 3 };
  }

  /** @param {Code} x @param {number} step */
  pick = (x, step) => this.#quantise(this.graph.pick(x.real, step), x);

  /** @param {Code} x @param {number} factor */
  upsample = (x, factor) => this.#quantise(this.graph.upsample(x.real, factor), x);

  /** @param {string} key @param {Code[]} sources @param {boolean} relu */
  conv = (key, sources, relu) => this.#convolve(key, sources, relu, 1, this.#target(key));

  /** @param {string} key @param {Code[]} sources @param {1 | 2} stride */
  start = (key, sources, stride) => this.#convolve(key, sources, true, stride, this.#target(key));

  /** @param {string} key @param {Code} source @param {Code} trunk */
  addTo(key, source, trunk) {
    const target = this.#target(key);
    const branch = this.#convolve(key, [source], false, 1, { scale: target.scale, zero: 128 });
    return this.#quantise(this.graph.add('Add', [trunk.real, branch.real]), { ...trunk, ...target });
  }

  /** @param {string} key @param {Code} a @param {Code} b */
  multiply(key, a, b) {
    const scale = this.real.numbers.float(`${key}.input_scale`);
    const zero = this.real.numbers.int(`${key}.input_zero_point`) + 128;
    return this.#quantise(this.graph.add('Mul', [a.real, b.real]), { ...a, scale, zero });
  }

  /**
   * ONNX Runtime has no integer kernel for it and runs it in float: 1 % of the work.
   * @param {string} key
   * @param {Code} x
   */
  transpose(key, x) {
    const value = this.graph.add(
      'ConvTranspose',
      [x.real, this.#weights(key, [x], 1).real, this.#biases(key)],
      TRANSPOSED_WINDOW,
    );
    return this.#quantise(this.graph.add('Relu', [value]), {
      ...this.#target(key),
      channels: this.real.biases(key).length,
    });
  }

  /** @param {string} key @param {Code} x */
  residual(key, x) {
    const { graph } = this;
    const steps = this.#convolve(key, [x], false, 1, { scale: RESIDUAL_SCALE, zero: 128 });
    const sum = graph.add('Add', [steps.real, /** @type {string} */ (this.input)]);
    graph.output(graph.add('QuantizeLinear', [sum, ...this.#parameters(1 / 255, 0)]), 'restored', DataType.UINT8);
  }

  /** @param {string} key */
  #target(key) {
    const { numbers } = this.real;
    return { scale: numbers.float(`${key}.output_scale`), zero: numbers.int(`${key}.output_zero_point`) + 128 };
  }

  /**
   * @param {string} key
   * @param {Code[]} sources
   * @param {boolean} relu
   * @param {number} stride
   * @param {{ scale: number, zero: number }} target
   */
  #convolve(key, sources, relu, stride, target) {
    const input = this.#concat(sources);
    const { real, scales } = this.#weights(key, sources, 0);
    const biasScales = Float32Array.from(scales, (scale) => scale * input.scale);
    const codes = Int32Array.from(this.real.biases(key), (bias, channel) => Math.round(bias / biasScales[channel]));
    const bias = this.graph.add(
      'DequantizeLinear',
      [this.graph.constant([codes.length], codes), this.graph.constant([codes.length], biasScales)],
      { axis: 0 },
    );
    const value = this.graph.add('Conv', [input.real, real, bias], window(this.real.shape(key), stride));
    return this.#quantise(relu ? this.graph.add('Relu', [value]) : value, { ...target, channels: codes.length });
  }

  /** @param {Code[]} sources */
  #concat(sources) {
    const [first] = sources;
    if (sources.length === 1) return first;
    const scale = Math.max(...sources.map((source) => source.scale));
    return this.#quantise(this.graph.concat(sources.map(({ real }) => real)), { ...first, scale, zero: 128 });
  }

  /**
   * Weights as int8 codes per output channel.
   * @param {string} key
   * @param {Code[]} sources
   * @param {0 | 1} axis of the output channels
   */
  #weights(key, sources, axis) {
    const shape = this.real.shape(key);
    const values = this.real.weights(
      key,
      sources.map(({ channels }) => channels),
    );
    const [, inner, side] = shape;
    const channelOf = (index) =>
      axis === 0 ? Math.floor(index / (inner * side * side)) : Math.floor(index / (side * side)) % inner;
    const scales = new Float32Array(shape[axis]).fill(1e-9);
    values.forEach((value, index) => {
      scales[channelOf(index)] = Math.max(scales[channelOf(index)], Math.abs(value) / 127);
    });
    const codes = Int8Array.from(values, (value, index) => Math.round(value / scales[channelOf(index)]));
    const real = this.graph.add(
      'DequantizeLinear',
      [this.graph.constant(shape, codes), this.graph.constant([scales.length], scales)],
      { axis },
    );
    return { real, scales };
  }

  /** @param {string} key */
  #biases(key) {
    const biases = this.real.biases(key);
    return this.graph.constant([biases.length], biases);
  }

  /** @param {number} scale @param {number} zero */
  #parameters(scale, zero) {
    return [this.graph.scalar(scale), this.graph.constant([], Uint8Array.of(zero))];
  }

  /** @param {string} value @param {{ scale: number, zero: number, channels: number }} code */
  #quantise(value, { scale, zero, channels }) {
    const parameters = this.#parameters(scale, zero);
    const codes = this.graph.add('QuantizeLinear', [value, ...parameters]);
    return { real: this.graph.add('DequantizeLinear', [codes, ...parameters]), scale, zero, channels };
  }
}

/** Bytes (1, 3, h, w) in and out, float between. @param {Tensors} tensors @param {number} blocks */
export function writeFloatNetwork(tensors, blocks) {
  const dialect = new FloatDialect(tensors);
  writeNetwork(dialect, blocks);
  return dialect.graph.encode();
}

/**
 * Bytes (1, 3, h, w) in and out, 8 bits between: u8 activations, s8 weights per channel.
 * @param {Tensors} tensors
 * @param {number} blocks
 */
export function writeQuantisedNetwork(tensors, blocks) {
  const dialect = new QuantisedDialect(tensors);
  writeNetwork(dialect, blocks);
  return dialect.graph.encode();
}
