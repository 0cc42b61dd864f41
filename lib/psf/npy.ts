import { ImageError } from '../runtime/errors.js';

/** A two-dimensional array of numbers, row by row. */
export interface Matrix {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

const MAGIC = '\x93NUMPY';
const MAX_HEADER_BYTES = 4096;

/** Readers of one element at a byte offset, by NumPy's name of the type. */
const ELEMENTS: Readonly<
  Record<string, { readonly bytes: number; readonly read: (view: DataView, offset: number) => number }>
> = {
  '|u1': { bytes: 1, read: (view, offset) => view.getUint8(offset) },
  '<u2': { bytes: 2, read: (view, offset) => view.getUint16(offset, true) },
  '<f4': { bytes: 4, read: (view, offset) => view.getFloat32(offset, true) },
  '<f8': { bytes: 8, read: (view, offset) => view.getFloat64(offset, true) },
};

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
 * Reads a NumPy file (version 1 to 3) of one matrix, or of four axes as {@link formatNpy} writes a grid of them. Throws
 * ImageError.
 */
export function parseNpy(bytes: Uint8Array, maxSide: number): Matrix | MatrixGrid {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthBytes = bytes[MAGIC.length] === 1 ? 2 : 4;
  const start = MAGIC.length + 2 + lengthBytes;
  if (bytes.length < start) throw invalid('its header is truncated');
  const headerBytes = lengthBytes === 2 ? view.getUint16(start - 2, true) : view.getUint32(start - 4, true);
  if (headerBytes > MAX_HEADER_BYTES || bytes.length < start + headerBytes) throw invalid('its header is truncated');
  const { element, shape, isColumnMajor } = parseHeader(
    Buffer.from(bytes.subarray(start, start + headerBytes)).toString('latin1'),
  );
  if (Math.max(...shape) > maxSide || Math.min(...shape) < 1)
    throw invalid(`it has ${shape.join('x')} elements, each side must be 1 to ${maxSide}`);
  const offset = start + headerBytes;
  const count = shape.reduce((product, side) => product * side, 1);
  if (bytes.length !== offset + count * element.bytes) {
    throw invalid(`it has ${bytes.length - offset} bytes of data where its header says ${count * element.bytes}`);
  }
  const [height, width] = shape.slice(-2) as [number, number];
  const size = width * height;
  const matrices = Array.from(
    { length: count / size },
    (_, node): Matrix => ({
      width,
      height,
      data: Float64Array.from({ length: size }, (_value, index) => {
        const position = isColumnMajor ? (index % width) * height + Math.floor(index / width) : index;
        return element.read(view, offset + (node * size + position) * element.bytes);
      }),
    }),
  );
  if (shape.length === 2) return matrices[0]!;
  if (isColumnMajor) throw invalid('a grid of matrices is to be stored row by row');
  return { columns: shape[1]!, rows: shape[0]!, matrices };
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

/** The header is a Python dictionary with these three keys. */
function parseHeader(header: string): {
  element: (typeof ELEMENTS)[string];
  shape: readonly number[];
  isColumnMajor: boolean;
} {
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? 'none';
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape':\s*\(((?:\d{1,9},\s*){1,3}\d{1,9})\s*,?\s*\)/.exec(header)?.[1]?.split(',').map(Number);
  const element = Object.hasOwn(ELEMENTS, type) ? ELEMENTS[type] : undefined;
  if (!element) throw invalid(`its type ${type} is none of ${Object.keys(ELEMENTS).join(', ')}`);
  if (!shape || ![2, 4].includes(shape.length) || !order) throw invalid('it does not hold a matrix, or a grid of them');
  return { element, shape, isColumnMajor: order === 'True' };
}
