import { Graph } from '../../bench/onnx/graph.mjs';
import { Numbers, trunkOf, writeNetwork } from '../../bench/onnx/network.mjs';
import { DataType } from '../../bench/onnx/proto.mjs';
import type { NativeTensor } from '../../lib/runtime/native/binding.js';

/** A float tensor of integers: codes minus their zero point, so that a convolution pads with 0. */
interface Codes {
  readonly centred: string;
  readonly scale: number;
  readonly zero: number;
  readonly trunk?: { readonly values: string; readonly scale: number };
}

interface Layer {
  readonly key: string;
  readonly input: Codes;
  readonly output: Codes;
  readonly relu: boolean;
}

/** A layer that the graph also computes with QLinearConv from the same input codes. */
export interface CheckedLayer {
  readonly key: string;
  /** Names of two uint8 outputs. */
  readonly exact: string;
  readonly qlinear: string;
}

/**
 * The arithmetic of docs/model-format.md in float32 operators of ONNX on integers: a convolution is exact because no
 * sum reaches 2^24, the other operators round as the format says. Sessions must not optimise it: folding a factor into
 * weights would end the exactness.
 */
class ExactDialect {
  readonly graph = new Graph();
  readonly plainLayers: Layer[] = [];
  readonly #numbers: Numbers;

  constructor(numbers: Numbers) {
    this.#numbers = numbers;
  }

  image(): Codes {
    const bytes = this.graph.input('image', DataType.UINT8, [1, 'height', 'width', 3]);
    const planes = this.graph.add('Transpose', [this.graph.add('Cast', [bytes], { to: DataType.FLOAT })], {
      perm: [0, 3, 1, 2],
    });
    return { centred: planes, scale: Math.fround(1 / 255), zero: -128 };
  }

  pick({ centred, scale, zero }: Codes, step: number): Codes {
    return { centred: this.graph.pick(centred, step), scale, zero };
  }

  upsample({ centred, scale, zero }: Codes, factor: number): Codes {
    return { centred: this.graph.upsample(centred, factor), scale, zero };
  }

  conv(key: string, sources: Codes[], relu: boolean): Codes {
    const target = this.#target(key);
    const low = relu ? 0 : -128 - target.zero;
    const output = {
      ...target,
      centred: this.#requantise(
        this.#sums(key, sources, 1),
        this.#multipliers(key, target.scale),
        low,
        127 - target.zero,
      ),
    };
    if (sources.length === 1) this.plainLayers.push({ key, input: sources[0]!, output, relu });
    return output;
  }

  start(key: string, sources: Codes[], stride: 1 | 2): Codes {
    const scale = this.#numbers.float(`${trunkOf(key)}.trunk_scale`);
    return this.#copy(
      key,
      scale,
      this.#requantise(this.#sums(key, sources, stride), this.#multipliers(key, scale), 0, 32_767),
    );
  }

  addTo(key: string, source: Codes, { trunk }: Codes): Codes {
    const { values, scale } = trunk!;
    const added = this.graph.add('Round', [
      this.graph.add('Mul', [this.#sums(key, [source], 1), this.#multipliers(key, scale)]),
    ]);
    return this.#copy(key, scale, this.#clip(this.graph.add('Add', [values, added]), -32_768, 32_767));
  }

  multiply(key: string, a: Codes, b: Codes): Codes {
    const scale = this.#numbers.float(`${key}.input_scale`);
    const zero = this.#numbers.int(`${key}.input_zero_point`);
    const product = this.graph.add('Mul', [a.centred, b.centred]);
    const centred = this.#requantise(product, this.graph.scalar((a.scale * b.scale) / scale), -128 - zero, 127 - zero);
    return { centred, scale, zero };
  }

  transpose(key: string, { centred }: Codes): Codes {
    const target = this.#target(key);
    const sums = this.graph.add('ConvTranspose', [centred, this.#weights(key), this.#biases(key)], {
      kernel_shape: [4, 4],
      strides: [2, 2],
      pads: [1, 1, 1, 1],
    });
    return { ...target, centred: this.#requantise(sums, this.#multipliers(key, target.scale), 0, 127 - target.zero) };
  }

  residual(key: string, x: Codes): void {
    const target = this.#target(key);
    const steps = this.#requantise(this.#sums(key, [x], 1), this.#multipliers(key, target.scale), -8191, 8191);
    const rows = this.graph.add('Transpose', [steps], { perm: [0, 2, 3, 1] });
    this.graph.output(this.graph.add('Cast', [rows], { to: DataType.INT16 }), 'residual', DataType.INT16);
  }

  /** Computes a layer once more by QLinearConv, on u8 codes; both results become outputs. */
  check({ key, input, output, relu }: Layer): CheckedLayer {
    const { graph } = this;
    const kernel = this.#numbers.shape(`${key}.weight`)[2]!;
    const stored = (zero: number): string => graph.constant([], Uint8Array.of(zero + 128));
    const weightScales = this.#numbers.floats(`${key}.weight_scale`);
    const computed = graph.add(
      'QLinearConv',
      [
        this.#store(input),
        graph.scalar(input.scale),
        stored(input.zero),
        graph.constant(this.#numbers.shape(`${key}.weight`), this.#numbers.codes(`${key}.weight`)),
        graph.constant([weightScales.length], weightScales),
        graph.constant([weightScales.length], new Int8Array(weightScales.length)),
        graph.scalar(output.scale),
        stored(output.zero),
        graph.constant([weightScales.length], this.#numbers.ints(`${key}.bias`)),
      ],
      { kernel_shape: [kernel, kernel], pads: Array<number>(4).fill(kernel >> 1) },
    );
    // ReLU is a maximum with the zero point; where that is the smallest code, saturation has done it.
    if (relu && output.zero !== -128) throw new Error(`${key}: a ReLU output has zero point ${output.zero}`);
    const names = { key, exact: `${key}.exact`, qlinear: `${key}.qlinear` };
    graph.output(this.#store(output), names.exact, DataType.UINT8);
    graph.output(computed, names.qlinear, DataType.UINT8);
    return names;
  }

  #store({ centred, zero }: Codes): string {
    return this.graph.add('Cast', [this.graph.add('Add', [centred, this.graph.scalar(zero + 128)])], {
      to: DataType.UINT8,
    });
  }

  #target(key: string): { scale: number; zero: number } {
    return { scale: this.#numbers.float(`${key}.output_scale`), zero: this.#numbers.int(`${key}.output_zero_point`) };
  }

  #weights(key: string): string {
    return this.graph.constant(
      this.#numbers.shape(`${key}.weight`),
      Float32Array.from(this.#numbers.codes(`${key}.weight`)),
    );
  }

  #biases(key: string): string {
    const biases = this.#numbers.ints(`${key}.bias`);
    return this.graph.constant([biases.length], Float32Array.from(biases));
  }

  #sums(key: string, sources: readonly Codes[], stride: number): string {
    const kernel = this.#numbers.shape(`${key}.weight`)[2]!;
    return this.graph.add(
      'Conv',
      [this.graph.concat(sources.map(({ centred }) => centred)), this.#weights(key), this.#biases(key)],
      { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: Array<number>(4).fill(kernel >> 1) },
    );
  }

  /** `input_scale[0] * weight_scale[c] / target` in double precision, rounded once. */
  #multipliers(key: string, target: number): string {
    const inputScale = this.#numbers.float(`${key}.input_scale`);
    const scales = Float32Array.from(
      this.#numbers.floats(`${key}.weight_scale`),
      (scale) => (inputScale * scale) / target,
    );
    return this.graph.constant([1, scales.length, 1, 1], scales);
  }

  #clip(x: string, low: number, high: number): string {
    return this.graph.add('Clip', [x, this.graph.scalar(low), this.graph.scalar(high)]);
  }

  #requantise(sums: string, multiplier: string, low: number, high: number): string {
    return this.#clip(this.graph.add('Round', [this.graph.add('Mul', [sums, multiplier])]), low, high);
  }

  /** A trunk with its 8-bit copy. */
  #copy(key: string, trunkScale: number, values: string): Codes {
    const target = this.#target(key);
    const centred = this.#requantise(
      values,
      this.graph.scalar(trunkScale / target.scale),
      -128 - target.zero,
      127 - target.zero,
    );
    return { ...target, centred, trunk: { values, scale: trunkScale } };
  }
}

export interface ExactNetwork {
  readonly onnx: Uint8Array;
  readonly layers: readonly CheckedLayer[];
}

/**
 * A model as an ONNX file from bytes (1, h, w, 3) to an int16 residual, with the layers that QLinearConv can express
 * beside it.
 */
export function writeExactNetwork(tensors: Readonly<Record<string, NativeTensor>>, blocks: number): ExactNetwork {
  const dialect = new ExactDialect(new Numbers(tensors));
  writeNetwork(dialect, blocks);
  const layers = dialect.plainLayers.map((layer) => dialect.check(layer));
  return { onnx: dialect.graph.encode(), layers };
}
