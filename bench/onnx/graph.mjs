import { DataType, encodeModel } from './proto.mjs';

/** @import { Attribute, Constant, Node, Port } from './proto.mjs' */

/** Collects the nodes of an ONNX graph; every method returns the name of the tensor it makes. */
export class Graph {
  /** @type {Node[]} */
  #nodes = [];
  /** @type {Map<string, Constant>} */
  #constants = new Map();
  /** @type {Port[]} */
  #inputs = [];
  /** @type {Port[]} */
  #outputs = [];

  /** @param {string} name @param {number} type @param {readonly (number | string)[]} dims */
  input(name, type, dims) {
    this.#inputs.push({ name, type, dims });
    return name;
  }

  /**
   * Makes a tensor an output under a name of its own.
   * @param {string} tensor
   * @param {string} name
   * @param {number} type
   */
  output(tensor, name, type) {
    this.#nodes.push({ op: 'Identity', inputs: [tensor], output: name, attributes: {} });
    this.#outputs.push({ name, type, dims: ['n', `${name}.1`, `${name}.2`, `${name}.3`] });
  }

  /** @param {string} op @param {readonly string[]} inputs @param {Readonly<Record<string, Attribute>>} [attributes] */
  add(op, inputs, attributes = {}) {
    const output = `${op}_${this.#nodes.length}`;
    this.#nodes.push({ op, inputs, output, attributes });
    return output;
  }

  /**
   * @param {readonly number[]} dims
   * @param {Float32Array | Int8Array | Uint8Array | Int16Array | Int32Array | BigInt64Array} values
   */
  constant(dims, values) {
    const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const name = `constant_${this.#constants.size}`;
    this.#constants.set(name, { name, type: typeOf(values), dims, data });
    return name;
  }

  /** @param {number} value */
  scalar(value) {
    return this.constant([], Float32Array.of(value));
  }

  /** @param {readonly number[]} values */
  indices(values) {
    return this.constant([values.length], BigInt64Array.from(values, BigInt));
  }

  /** Every step-th row and column, from 0 on. @param {string} tensor @param {number} step */
  pick(tensor, step) {
    return this.add('Slice', [
      tensor,
      this.indices([0, 0]),
      this.indices([2 ** 31, 2 ** 31]),
      this.indices([2, 3]),
      this.indices([step, step]),
    ]);
  }

  /** Nearest neighbour: row r reads row floor(r / factor). @param {string} tensor @param {number} factor */
  upsample(tensor, factor) {
    return this.add('Resize', [tensor, '', this.constant([4], Float32Array.of(1, 1, factor, factor))], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
  }

  /** @param {readonly string[]} tensors along channels */
  concat(tensors) {
    return tensors.length === 1 ? /** @type {string} */ (tensors[0]) : this.add('Concat', tensors, { axis: 1 });
  }

  /** @returns {Uint8Array} */
  encode() {
    return encodeModel({
      nodes: this.#nodes,
      constants: [...this.#constants.values()],
      inputs: this.#inputs,
      outputs: this.#outputs,
    });
  }
}

/** @param {ArrayBufferView} values */
function typeOf(values) {
  if (values instanceof Float32Array) return DataType.FLOAT;
  if (values instanceof Int8Array) return DataType.INT8;
  if (values instanceof Uint8Array) return DataType.UINT8;
  if (values instanceof Int16Array) return DataType.INT16;
  return values instanceof Int32Array ? DataType.INT32 : DataType.INT64;
}
