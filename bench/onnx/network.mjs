// MIMO-UNet (specification: mimo-unet.md section 2), wired once for every way of writing it down as ONNX.

/** @import { NativeTensor } from '../../dist/runtime/native/binding.js' */

/**
 * A way of writing the operators. `T` stands for a tensor with whatever the way has to know about it.
 * @template T
 * @typedef {object} Dialect
 * @property {() => T} image
 * @property {(x: T, step: number) => T} pick nearest-neighbour downsampling
 * @property {(x: T, factor: number) => T} upsample
 * @property {(key: string, sources: T[], relu: boolean) => T} conv stride 1, of concatenated sources
 * @property {(key: string, sources: T[], stride: 1 | 2) => T} start a convolution with ReLU that starts a residual
 * trunk
 * @property {(key: string, source: T, trunk: T) => T} addTo a convolution added to a trunk
 * @property {(key: string, a: T, b: T) => T} multiply
 * @property {(key: string, x: T) => T} transpose a transposed convolution with ReLU
 * @property {(key: string, x: T) => void} residual the last convolution
 */

/**
 * Names of the tensors whose trunks run on, in reading order, and where they start.
 * @param {string} key of a layer that starts a trunk
 */
export function trunkOf(key) {
  /** @type {Record<string, string>} */
  const stages = {
    'feat_extract.0.main.0': 'Encoder.0',
    'feat_extract.1.main.0': 'Encoder.1',
    'feat_extract.2.main.0': 'Encoder.2',
    'Convs.0.main.0': 'Decoder.1',
    'Convs.1.main.0': 'Decoder.2',
  };
  return /** @type {string} */ (stages[key]);
}

/**
 * @template T
 * @param {Dialect<T>} d
 * @param {number} blocks residual blocks per stage
 */
export function writeNetwork(d, blocks) {
  const x = d.image();
  const z2 = shallow(d, 'SCM2', d.pick(x, 2));
  const z4 = shallow(d, 'SCM1', d.pick(x, 4));
  const res1 = stage(d, 'Encoder.0', blocks, d.start('feat_extract.0.main.0', [x], 1));
  const res2 = stage(d, 'Encoder.1', blocks, merge(d, 'FAM2', d.start('feat_extract.1.main.0', [res1], 2), z2));
  const res4 = stage(d, 'Encoder.2', blocks, merge(d, 'FAM1', d.start('feat_extract.2.main.0', [res2], 2), z4));
  const skip2 = fuse(d, 'AFFs.1', [d.pick(res1, 2), res2, d.upsample(res4, 2)]);
  const skip1 = fuse(d, 'AFFs.0', [res1, d.upsample(res2, 2), d.upsample(res4, 4)]);
  let z = stage(d, 'Decoder.0', blocks, res4);
  z = stage(d, 'Decoder.1', blocks, d.start('Convs.0.main.0', [d.transpose('feat_extract.3.main.0', z), skip2], 1));
  z = stage(d, 'Decoder.2', blocks, d.start('Convs.1.main.0', [d.transpose('feat_extract.4.main.0', z), skip1], 1));
  d.residual('feat_extract.5.main.0', z);
}

/** @template T @param {Dialect<T>} d @param {string} module @param {T} image */
function shallow(d, module, image) {
  let z = image;
  for (let index = 0; index < 4; index += 1) z = d.conv(`${module}.main.${index}.main.0`, [z], true);
  return d.conv(`${module}.conv.main.0`, [image, z], false);
}

/** @template T @param {Dialect<T>} d @param {string} name @param {number} blocks @param {T} input */
function stage(d, name, blocks, input) {
  let z = input;
  for (let block = 0; block < blocks; block += 1) {
    const key = `${name}.layers.${block}.main`;
    z = d.addTo(`${key}.1.main.0`, d.conv(`${key}.0.main.0`, [z], true), z);
  }
  return z;
}

/** @template T @param {Dialect<T>} d @param {string} module @param {T} z @param {T} context */
const merge = (d, module, z, context) =>
  d.addTo(`${module}.merge.main.0`, d.multiply(`${module}.merge.main.0`, z, context), z);

/** @template T @param {Dialect<T>} d @param {string} module @param {T[]} sources */
const fuse = (d, module, sources) =>
  d.conv(`${module}.conv.1.main.0`, [d.conv(`${module}.conv.0.main.0`, sources, true)], false);

/** The numbers of a model file, by key. */
export class Numbers {
  #tensors;

  /** @param {Readonly<Record<string, NativeTensor>>} tensors */
  constructor(tensors) {
    this.#tensors = tensors;
  }

  /** @param {string} key */
  #find(key) {
    const tensor = this.#tensors[key];
    if (!tensor) throw new Error(`the model has no ${key}`);
    return tensor;
  }

  /** A copy, aligned for any element. @param {string} key */
  #bytes(key) {
    return Uint8Array.from(this.#find(key).data).buffer;
  }

  /** @param {string} key */
  shape(key) {
    return this.#find(key).shape;
  }

  /** @param {string} key */
  codes(key) {
    return new Int8Array(this.#bytes(key));
  }

  /** @param {string} key */
  floats(key) {
    return new Float32Array(this.#bytes(key));
  }

  /** @param {string} key */
  ints(key) {
    return new Int32Array(this.#bytes(key));
  }

  /** @param {string} key of a tensor with one float */
  float(key) {
    return /** @type {number} */ (this.floats(key)[0]);
  }

  /** @param {string} key of a tensor with one integer */
  int(key) {
    return /** @type {number} */ (this.ints(key)[0]);
  }
}
