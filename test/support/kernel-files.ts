/** What a NumPy file says of its array. */
export interface NpyHeader {
  /** The type in Python, quoted: `'<f8'`. */
  readonly descr: string;
  readonly shape: readonly number[];
  readonly order?: 'C' | 'F';
  readonly version?: 1 | 2 | 3;
}

/** A NumPy file of any type and version; `data` are the bytes of its elements (numpy.lib.format). */
export function npyFile({ descr, shape, order = 'C', version = 1 }: NpyHeader, data: Uint8Array): Buffer {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': ${descr}, 'fortran_order': ${order === 'F' ? 'True' : 'False'}, 'shape': (${sides}), }`;
  const lengthBytes = version === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  const header = Buffer.from(`${text.padEnd(Math.ceil((start + text.length + 1) / 64) * 64 - start - 1)}\n`);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntLE(header.length, 0, lengthBytes);
  return Buffer.concat([Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0]), length, header, data]);
}

/** Writes a number at a byte offset. */
type Put = (view: DataView, offset: number, value: number | bigint, isLittle: boolean) => void;

/** Types of numbers: their bytes, and how one is written. */
export const NUMBERS: Readonly<Record<string, { readonly bytes: number; readonly put: Put }>> = {
  u1: { bytes: 1, put: (view, offset, value) => view.setUint8(offset, Number(value)) },
  i1: { bytes: 1, put: (view, offset, value) => view.setInt8(offset, Number(value)) },
  u2: { bytes: 2, put: (view, offset, value, isLittle) => view.setUint16(offset, Number(value), isLittle) },
  i2: { bytes: 2, put: (view, offset, value, isLittle) => view.setInt16(offset, Number(value), isLittle) },
  u4: { bytes: 4, put: (view, offset, value, isLittle) => view.setUint32(offset, Number(value), isLittle) },
  i4: { bytes: 4, put: (view, offset, value, isLittle) => view.setInt32(offset, Number(value), isLittle) },
  u8: { bytes: 8, put: (view, offset, value, isLittle) => view.setBigUint64(offset, BigInt(value), isLittle) },
  i8: { bytes: 8, put: (view, offset, value, isLittle) => view.setBigInt64(offset, BigInt(value), isLittle) },
  f2: { bytes: 2, put: (view, offset, value, isLittle) => view.setUint16(offset, toHalf(Number(value)), isLittle) },
  f4: { bytes: 4, put: (view, offset, value, isLittle) => view.setFloat32(offset, Number(value), isLittle) },
  f8: { bytes: 8, put: (view, offset, value, isLittle) => view.setFloat64(offset, Number(value), isLittle) },
};

/** Numbers as bytes of a type. */
export function numberBytes(type: string, values: readonly (number | bigint)[], isLittle: boolean): Buffer {
  const { bytes, put } = NUMBERS[type]!;
  const data = Buffer.alloc(bytes * values.length);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  values.forEach((value, index) => {
    put(view, index * bytes, value, isLittle);
  });
  return data;
}

/** A small whole number in binary16, exactly. */
function toHalf(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) | ((value / 2 ** exponent - 1) * 1024);
}

/** How a TIFF stores a matrix. */
export interface TiffLayout {
  readonly width: number;
  readonly height: number;
  /** Of {@link NUMBERS}. */
  readonly type: string;
  readonly isLittle?: boolean;
  /** 1 or 2. */
  readonly bands?: number;
  /** Further entries: tag and its one value. */
  readonly tags?: readonly (readonly [tag: number, value: number])[];
  /** Bytes of the strip as they are stored; by default those of the numbers. */
  readonly data?: Buffer;
  /** Pages, all the same. */
  readonly pages?: number;
}

/** SampleFormat of TIFF 6.0 by the first letter of a type. */
const FORMATS: Readonly<Record<string, number>> = { u: 1, i: 2, f: 3 };

/** Tags that have a value for each band. */
const PER_BAND = [258, 339];

/** A TIFF of one strip, not compressed (TIFF 6.0). */
export function tiffFile(layout: TiffLayout, values: readonly number[]): Buffer {
  const { width, height, type, isLittle = true, bands = 1, tags = [], pages = 1 } = layout;
  const { bytes } = NUMBERS[type]!;
  const { data = numberBytes(type, values, isLittle) } = layout;
  const entries = new Map([
    ...([
      [256, width],
      [257, height],
      [258, 8 * bytes],
      [259, 1],
      [262, 1],
      [273, 8],
      [277, bands],
      [278, height],
      [279, data.length],
      [339, FORMATS[type[0]!]!],
    ] as const),
    ...tags,
  ]);
  const directory = Buffer.alloc(6 + 12 * entries.size);
  const view = new DataView(directory.buffer, directory.byteOffset, directory.length);
  view.setUint16(0, entries.size, isLittle);
  [...entries]
    .sort(([a], [b]) => a - b)
    .forEach(([tag, value], index) => {
      const count = PER_BAND.includes(tag) ? bands : 1;
      view.setUint16(2 + 12 * index, tag, isLittle);
      view.setUint16(4 + 12 * index, count === 2 ? 3 : 4, isLittle);
      view.setUint32(6 + 12 * index, count, isLittle);
      if (count === 1) view.setUint32(10 + 12 * index, value, isLittle);
      else for (const at of [10, 12]) view.setUint16(at + 12 * index, value, isLittle);
    });
  const header = Buffer.from(isLittle ? 'II*\0\0\0\0\0' : 'MM\0*\0\0\0\0', 'latin1');
  const start = 8 + data.length + (data.length % 2);
  new DataView(header.buffer, header.byteOffset).setUint32(4, start, isLittle);
  const directories = Array.from({ length: pages }, (_, page) => {
    const next = page + 1 < pages ? start + (page + 1) * directory.length : 0;
    view.setUint32(2 + 12 * entries.size, next, isLittle);
    return Buffer.from(directory);
  });
  return Buffer.concat([header, data, Buffer.alloc(data.length % 2), ...directories]);
}
