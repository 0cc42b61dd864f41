import { ImageError } from '../runtime/errors.js';
import { elementType } from './npy-types.js';
import type { ElementType } from './npy-types.js';

/** A two-dimensional array of numbers, row by row. */
export interface Matrix {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

const MAGIC = '\x93NUMPY';
const MAX_HEADER_BYTES = 4096;
/** Weights of all matrices: a field of kernels has fewer. */
const MAX_WEIGHTS = 2 ** 21;

/** Whether a file begins as NumPy's. */
export function isNpy(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/** Matrices of one size at the nodes of a grid, row by row of nodes. */
export interface MatrixGrid {
  readonly columns: number;
  readonly rows: number;
  readonly matrices: readonly Matrix[];
}

/**
 * Reads a NumPy file (version 1 to 3) of integers or floats, in either byte order, by rows or columns: one matrix, also
 * with a further axis of length 1 before or behind it, or four axes as {@link formatNpy} writes a grid of matrices.
 * Throws ImageError.
 */
export function parseNpy(bytes: Uint8Array, maxSide: number): Matrix | MatrixGrid {
  const version = bytes[MAGIC.length]!;
  if (version < 1 || version > 3)
    throw unsupported(`its version ${version} is none of 1 to 3; save it with numpy.save`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthBytes = version === 1 ? 2 : 4;
  const start = MAGIC.length + 2 + lengthBytes;
  if (bytes.length < start) throw invalid('its header is truncated');
  const headerBytes = lengthBytes === 2 ? view.getUint16(start - 2, true) : view.getUint32(start - 4, true);
  if (headerBytes > MAX_HEADER_BYTES || bytes.length < start + headerBytes) throw invalid('its header is truncated');
  const header = parseHeader(Buffer.from(bytes.subarray(start, start + headerBytes)).toString('utf8'));
  const { element, shape, isColumnMajor } = header;
  if (Math.max(...shape) > maxSide || Math.min(...shape) < 1)
    throw invalid(
      `it has ${shape.join('x')} elements, each side must be 1 to ${maxSide}; save the part that has weight`,
    );
  const offset = start + headerBytes;
  const count = shape.reduce((product, side) => product * side, 1);
  if (bytes.length !== offset + count * element.bytes)
    throw invalid(`it has ${bytes.length - offset} bytes of data where its header says ${count * element.bytes}`);
  if (count > MAX_WEIGHTS) throw invalid(`it has ${count} weights, at most ${MAX_WEIGHTS} are possible`);
  const values = Float64Array.from({ length: count }, (_, index) => element.read(view, offset + index * element.bytes));
  return toMatrices(shape, isColumnMajor ? toRowMajor(values, shape) : values);
}

/** From the first axis running fastest to the last. */
function toRowMajor(values: Float64Array, shape: readonly number[]): Float64Array {
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, side) => product * side, 1));
  return values.map((_, index) => {
    let [rest, position] = [index, 0];
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      position += (rest % shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return values[position]!;
  });
}

/** Two axes are a matrix, four a grid of matrices; of three axes, the first or the last must say nothing. */
function toMatrices(shape: readonly number[], values: Float64Array): Matrix | MatrixGrid {
  const [height, width] = sidesOf(shape);
  if (shape.length < 4) return { width, height, data: values };
  const size = width * height;
  const [rows, columns] = [shape[0]!, shape[1]!];
  const matrices = Array.from({ length: rows * columns }, (_, node) => ({
    width,
    height,
    data: values.slice(node * size, (node + 1) * size),
  }));
  return { columns, rows, matrices };
}

function sidesOf(shape: readonly number[]): readonly [height: number, width: number] {
  const said = `its shape is (${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const remedy = 'save a matrix of rows and columns: kernel.reshape(rows, columns)';
  if (shape.length === 2 || shape.length === 4) return shape.slice(-2) as [number, number];
  const [first, last] = [shape[0], shape.at(-1)];
  if (shape.length === 3 && (first === 1) !== (last === 1))
    return (first === 1 ? shape.slice(1) : shape.slice(0, 2)) as [number, number];
  const reason = shape.length === 3 ? 'which holds several matrices, or one in two ways' : 'which is no matrix';
  throw unsupported(`${said}, ${reason}; ${remedy}`);
}

/**
 * A matrix, or a grid of them as four axes (rows and columns of nodes, then of a matrix), as a NumPy file of float64,
 * version 1.
 */
export function formatNpy(content: Matrix | MatrixGrid): Uint8Array {
  const matrices = 'matrices' in content ? content.matrices : [content];
  const { width, height } = matrices[0]!;
  const shape = 'matrices' in content ? [content.rows, content.columns, height, width] : [height, width];
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  // The data begins at a multiple of 64, after a line's end.
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  const values = Buffer.alloc(8 * width * height * matrices.length);
  matrices.forEach(({ data }, node) => {
    data.forEach((value, index) => {
      values.writeDoubleLE(value, 8 * (node * width * height + index));
    });
  });
  return Buffer.concat([Buffer.from(`${MAGIC}\x01\x00`, 'latin1'), length, Buffer.from(padded), values]);
}

function invalid(reason: string): ImageError {
  return new ImageError('IMAGE_INVALID', `not a NumPy file that can be read: ${reason}`);
}

function unsupported(reason: string): ImageError {
  return new ImageError('IMAGE_UNSUPPORTED', `not a NumPy file that can be read: ${reason}`);
}

/** The header is a Python dictionary with these three keys. */
function parseHeader(header: string): {
  element: ElementType;
  shape: readonly number[];
  isColumnMajor: boolean;
} {
  if (/'descr':\s*\[/.test(header))
    throw unsupported("its elements are structures; save one of their fields, kernel['name'].astype('float64')");
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape':\s*\(((?:\d{1,9}\s*,\s*)*(?:\d{1,9})?)\s*\)/.exec(header)?.[1];
  if (type === undefined || order === undefined || shape === undefined)
    throw invalid('its header does not say type, order and shape');
  const sides = shape.split(',').map((side) => side.trim());
  return {
    element: elementType(type),
    shape: sides.filter((side) => side !== '').map(Number),
    isColumnMajor: order === 'True',
  };
}
