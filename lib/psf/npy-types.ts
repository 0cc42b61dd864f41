import { halfToNumber } from '../math/half.js';
import { ImageError } from '../runtime/errors.js';
import { wholeNumber } from './whole-number.js';

/** How one element of a NumPy array is read, at a byte offset. */
export interface ElementType {
  readonly bytes: number;
  readonly read: (view: DataView, offset: number) => number;
}

/** By NumPy's kind and size; the byte order comes before them in a file. */
const ELEMENTS: Readonly<Record<string, (isLittle: boolean) => ElementType['read']>> = {
  b1: () => (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1),
  i1: () => (view, offset) => view.getInt8(offset),
  u1: () => (view, offset) => view.getUint8(offset),
  i2: (isLittle) => (view, offset) => view.getInt16(offset, isLittle),
  u2: (isLittle) => (view, offset) => view.getUint16(offset, isLittle),
  i4: (isLittle) => (view, offset) => view.getInt32(offset, isLittle),
  u4: (isLittle) => (view, offset) => view.getUint32(offset, isLittle),
  i8: (isLittle) => (view, offset) => wholeNumber(view.getBigInt64(offset, isLittle)),
  u8: (isLittle) => (view, offset) => wholeNumber(view.getBigUint64(offset, isLittle)),
  f2: (isLittle) => (view, offset) => halfToNumber(view.getUint16(offset, isLittle)),
  f4: (isLittle) => (view, offset) => view.getFloat32(offset, isLittle),
  f8: (isLittle) => (view, offset) => view.getFloat64(offset, isLittle),
};

/** Kinds of which no type is read, and what to do. */
const OTHER_KINDS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  c: ['complex numbers', 'save the kernel in the spatial domain, kernel.real'],
  f: ['floats of that size', "save kernel.astype('float64')"],
  O: ['pickled Python objects', "save kernel.astype('float64')"],
  M: ['dates', 'save the kernel'],
  m: ['durations', 'save the kernel'],
  S: ['text', "save kernel.astype('float64')"],
  U: ['text', "save kernel.astype('float64')"],
  V: ['raw bytes', "save kernel.astype('float64')"],
};

/** The element type that a header calls `descr`, such as `<f4`. Throws ImageError where it is not read. */
export function elementType(descr: string): ElementType {
  const match = /^([<>|=]?)([a-zA-Z])(\d*)/.exec(descr);
  const name = match ? `${match[2]}${match[3]}` : descr;
  // `=` is the byte order of the writing machine: no file has it, and none of those in use is big-endian.
  if (match && Object.hasOwn(ELEMENTS, name))
    return { bytes: Number(match[3]), read: ELEMENTS[name]!(match[1] !== '>') };
  const [what, remedy] = OTHER_KINDS[match?.[2] ?? ''] ?? ['elements of an unknown type', "save it as 'float64'"];
  throw new ImageError('IMAGE_UNSUPPORTED', `a NumPy file of type ${descr} is not read: it holds ${what}; ${remedy}`);
}
