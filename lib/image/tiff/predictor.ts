import { unsupported } from '../codec/inspection.js';
import type { Layout } from './layout.js';
import { blockRowBytes } from './layout.js';
import { SAMPLE_BYTES } from './samples.js';

/** None; differences of neighbours (TIFF 6.0, section 14); those of the bytes of floats (Adobe, Technical Note 3). */
const [NONE, HORIZONTAL, FLOATS] = [1, 2, 3];

/** Makes the samples of some whole rows, in the byte order of this machine, of what is stored. In place. */
export type UndoRows = (rows: Uint8Array) => void;

/** What undoes byte order and predictor of a layout. Throws ImageProblem for a predictor that is not read. */
export function undoOf(layout: Layout, isLittle: boolean): UndoRows {
  const { predictor, sampleType, blockBands } = layout;
  const size = SAMPLE_BYTES[sampleType];
  const rowBytes = blockRowBytes(layout);
  const swap: UndoRows = isLittle || size === 1 ? () => {} : (rows) => swapSamples(rows, size);
  if (predictor === NONE) return swap;
  if (predictor === HORIZONTAL && sampleType !== 'packed')
    return (rows) => {
      swap(rows);
      addRows(asNumbers(rows, size), rowBytes / size, blockBands);
    };
  // The bytes of floats stand from the highest on, whatever the order of the file.
  if (predictor === FLOATS && (sampleType === 'float32' || sampleType === 'float16'))
    return (rows) => joinFloats(rows, rowBytes, size, blockBands);
  throw unsupported(`its predictor ${predictor} does not go with its samples`, 'write it without a predictor');
}

function swapSamples(rows: Uint8Array, size: number): void {
  const bytes = Buffer.from(rows.buffer, rows.byteOffset, rows.length);
  if (size === 2) bytes.swap16();
  else bytes.swap32();
}

function asNumbers({ buffer, byteOffset, length }: Uint8Array, size: number): Uint8Array | Uint16Array | Uint32Array {
  if (size === 1) return new Uint8Array(buffer, byteOffset, length);
  if (size === 2) return new Uint16Array(buffer, byteOffset, length / 2);
  return new Uint32Array(buffer, byteOffset, length / 4);
}

/** Adds to each sample the one of the pixel on its left. */
function addRows(samples: Uint8Array | Uint16Array | Uint32Array, rowLength: number, bands: number): void {
  for (let row = 0; row < samples.length; row += rowLength)
    for (let at = row + bands; at < row + rowLength; at += 1) samples[at] = samples[at]! + samples[at - bands]!;
}

/** Undoes, in place, rows of differences of bytes: all the highest of a row, then the next, and so on. */
export function joinFloats(rows: Uint8Array, rowBytes: number, size: number, bands: number): void {
  const apart = new Uint8Array(rowBytes);
  const count = rowBytes / size;
  for (let start = 0; start < rows.length; start += rowBytes) {
    const row = rows.subarray(start, start + rowBytes);
    for (let at = bands; at < rowBytes; at += 1) row[at] = row[at]! + row[at - bands]!;
    apart.set(row);
    for (let byte = 0; byte < size; byte += 1) {
      const plane = (size - 1 - byte) * count;
      for (let index = 0; index < count; index += 1) row[index * size + byte] = apart[plane + index]!;
    }
  }
}
