import { ImageError } from '../../errors.js';

/** A two-dimensional array of numbers, row by row. */
export interface Matrix {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

const MAGIC = '\x93NUMPY';
const MAX_HEADER_BYTES = 4096;

/** Readers of one element at a byte offset, by NumPy's name of the type. */
const ELEMENTS: Readonly<Record<string, { readonly bytes: number; readonly read: (view: DataView, offset: number) => number }>> = {
  '|u1': { bytes: 1, read: (view, offset) => view.getUint8(offset) },
  '<u2': { bytes: 2, read: (view, offset) => view.getUint16(offset, true) },
  '<f4': { bytes: 4, read: (view, offset) => view.getFloat32(offset, true) },
  '<f8': { bytes: 8, read: (view, offset) => view.getFloat64(offset, true) },
};

export function isNpy(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/** Reads a NumPy file (version 1 to 3) with a matrix of no more than `maxSide` rows or columns. Throws ImageError. */
export function parseNpy(bytes: Uint8Array, maxSide: number): Matrix {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthBytes = bytes[MAGIC.length] === 1 ? 2 : 4;
  const start = MAGIC.length + 2 + lengthBytes;
  if (bytes.length < start) throw invalid('its header is truncated');
  const headerBytes = lengthBytes === 2 ? view.getUint16(start - 2, true) : view.getUint32(start - 4, true);
  if (headerBytes > MAX_HEADER_BYTES || bytes.length < start + headerBytes) throw invalid('its header is truncated');
  const { element, shape, isColumnMajor } = parseHeader(Buffer.from(bytes.subarray(start, start + headerBytes)).toString('latin1'));
  const [height, width] = shape;
  if (Math.max(...shape) > maxSide || Math.min(...shape) < 1) throw invalid(`it has ${height}x${width} elements, each side must be 1 to ${maxSide}`);
  const offset = start + headerBytes;
  if (bytes.length !== offset + width * height * element.bytes) {
    throw invalid(`it has ${bytes.length - offset} bytes of data where its header says ${width * height * element.bytes}`);
  }
  const data = Float64Array.from({ length: width * height }, (_, index) => {
    const position = isColumnMajor ? (index % width) * height + Math.floor(index / width) : index;
    return element.read(view, offset + position * element.bytes);
  });
  return { width, height, data };
}

/** A matrix as a NumPy file of float64, version 1. */
export function formatNpy({ width, height, data }: Matrix): Uint8Array {
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${height}, ${width}), }`;
  // The data begins at a multiple of 64, after a line's end.
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  const values = Buffer.alloc(8 * data.length);
  data.forEach((value, index) => values.writeDoubleLE(value, 8 * index));
  return Buffer.concat([Buffer.from(`${MAGIC}\x01\x00`, 'latin1'), length, Buffer.from(padded), values]);
}

function invalid(reason: string): ImageError {
  return new ImageError('IMAGE_INVALID', `not a NumPy file that can be read: ${reason}`);
}

/** The header is a Python dictionary with these three keys. */
function parseHeader(header: string): { element: (typeof ELEMENTS)[string]; shape: [number, number]; isColumnMajor: boolean } {
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? 'none';
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape':\s*\((\d{1,9}),\s*(\d{1,9})\s*,?\s*\)/.exec(header);
  const element = Object.hasOwn(ELEMENTS, type) ? ELEMENTS[type] : undefined;
  if (!element) throw invalid(`its type ${type} is none of ${Object.keys(ELEMENTS).join(', ')}`);
  if (!shape || !order) throw invalid('it does not hold a matrix');
  return { element, shape: [Number(shape[1]), Number(shape[2])], isColumnMajor: order === 'True' };
}
