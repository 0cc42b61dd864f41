// As much of the protobuf wire format and of onnx.proto as a graph of named nodes needs.

/** Element types of onnx.proto, TensorProto.DataType. */
export const DataType = /** @type {const} */ ({ FLOAT: 1, UINT8: 2, INT8: 3, INT16: 5, INT32: 6, INT64: 7 });

/** AttributeProto.AttributeType. */
const AttributeType = { INT: 2, STRING: 3, INTS: 7 };

/** The first release of the format with opset 21, which brought int16 to QuantizeLinear. */
const IR_VERSION = 10;
const OPSET = 21;

/**
 * @typedef {{ name: string, type: number, dims: readonly number[], data: Uint8Array }} Constant raw little-endian data
 */
/** @typedef {number | string | readonly number[]} Attribute */
/**
 * @typedef {{ op: string, inputs: readonly string[], output: string, attributes: Readonly<Record<string, Attribute>> }}
 * Node
 */
/**
 * @typedef {{ name: string, type: number, dims: readonly (number | string)[] }} Port a string names a dimension that is
 * free
 */

/** @param {number} value not negative @returns {Buffer} */
function varint(value) {
  const bytes = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  return Buffer.from([...bytes, value]);
}

/** A negative int64 takes ten bytes. @param {number} value @returns {Buffer} */
function int64(value) {
  if (value >= 0) return varint(value);
  const bytes = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

/** @param {number} field @param {number} value */
const integer = (field, value) => Buffer.concat([varint(field << 3), int64(value)]);

/** @param {number} field @param {Uint8Array | string} value */
function bytes(field, value) {
  const data = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint((field << 3) | 2), varint(data.length), data]);
}

/** @param {number} field @param {...Uint8Array} parts */
const message = (field, ...parts) => bytes(field, Buffer.concat(parts));

/** @param {string} name @param {Attribute} value */
function attribute(name, value) {
  const [kind, ...parts] =
    typeof value === 'number'
      ? [AttributeType.INT, integer(3, value)]
      : typeof value === 'string'
        ? [AttributeType.STRING, bytes(4, value)]
        : [AttributeType.INTS, ...value.map((item) => integer(8, item))];
  return message(5, bytes(1, name), ...parts, integer(20, kind));
}

/** @param {Node} node */
const encodeNode = ({ op, inputs, output, attributes }) =>
  message(
    1,
    ...inputs.map((input) => bytes(1, input)),
    bytes(2, output),
    bytes(3, output),
    bytes(4, op),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  );

/** @param {Constant} constant */
const encodeConstant = ({ name, type, dims, data }) =>
  message(5, ...dims.map((size) => integer(1, size)), integer(2, type), bytes(8, name), bytes(9, data));

/** @param {number} field @param {Port} port */
const encodePort = (field, { name, type, dims }) =>
  message(
    field,
    bytes(1, name),
    message(
      2,
      message(
        1,
        integer(1, type),
        message(2, ...dims.map((size) => message(1, typeof size === 'number' ? integer(1, size) : bytes(2, size)))),
      ),
    ),
  );

/**
 * A whole ONNX file.
 * @param {{ nodes: readonly Node[], constants: readonly Constant[], inputs: readonly Port[], outputs: readonly Port[]
 * }} graph
 * @returns {Uint8Array}
 */
export const encodeModel = ({ nodes, constants, inputs, outputs }) =>
  Buffer.concat([
    integer(1, IR_VERSION),
    message(
      7,
      ...nodes.map(encodeNode),
      bytes(2, 'mimo-unet'),
      ...constants.map(encodeConstant),
      ...inputs.map((port) => encodePort(11, port)),
      ...outputs.map((port) => encodePort(12, port)),
    ),
    message(8, bytes(1, ''), integer(2, OPSET)),
  ]);
