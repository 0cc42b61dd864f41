/** A NumPy file of version 1 with a matrix. */
export function encodeNpy(
  width: number,
  height: number,
  data: Float64Array | Float32Array,
  order: 'C' | 'F' = 'C',
): Uint8Array {
  const type = data instanceof Float64Array ? '<f8' : '<f4';
  const isColumnMajor = order === 'F' ? 'True' : 'False';
  const text = `{'descr': '${type}', 'fortran_order': ${isColumnMajor}, 'shape': (${height}, ${width}), }`;
  const header = Buffer.from(`${text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 11)}\n`);
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([start, header, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}
