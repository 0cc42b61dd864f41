import type { ReadBytes } from '../files/byte-source.js';
import { damaged, unsupported } from '../image/codec/inspection.js';
import type { Directory } from '../image/tiff/directory.js';
import { blockBytes, blockRowBytes, nameOf, readBlocks, storedRows } from '../image/tiff/layout.js';
import type { Layout } from '../image/tiff/layout.js';
import { joinFloats, undoOf } from '../image/tiff/predictor.js';
import { unpackSamples } from '../image/tiff/samples.js';
import { unpackerOf } from '../image/tiff/unpack.js';
import { halfToNumber } from '../math/half.js';
import { wholeNumber } from './whole-number.js';

/** Larger strips or tiles belong to no kernel. */
const MOST_BLOCK_BYTES = 2 ** 26;
/** Bits of the widest samples, which no frame has. */
const WIDEST = 64;
/** Predictors: differences of neighbours, and those of the bytes of floats. */
const [HORIZONTAL, FLOATS] = [2, 3];

/** Samples of some rows, interleaved, as numbers. */
type Numbers = ArrayLike<number>;

/** Makes numbers of samples in the byte order of this machine, by SampleFormat (TIFF 6.0, section 19) and bits. */
const READERS: Readonly<Record<string, (buffer: ArrayBuffer) => Numbers>> = {
  '1:8': (buffer) => new Uint8Array(buffer),
  '1:16': (buffer) => new Uint16Array(buffer),
  '1:32': (buffer) => new Uint32Array(buffer),
  '1:64': (buffer) => Array.from(new BigUint64Array(buffer), wholeNumber),
  '2:8': (buffer) => new Int8Array(buffer),
  '2:16': (buffer) => new Int16Array(buffer),
  '2:32': (buffer) => new Int32Array(buffer),
  '2:64': (buffer) => Array.from(new BigInt64Array(buffer), wholeNumber),
  '3:16': (buffer) => Array.from(new Uint16Array(buffer), halfToNumber),
  '3:32': (buffer) => new Float32Array(buffer),
  '3:64': (buffer) => new Float64Array(buffer),
};

/** Bits of unsigned integers that lie in rows without gaps: those of masks and of sensors. */
const MOST_PACKED_BITS = 15;

/** Whether samples of a format and a number of bits are read. */
export function isReadable(format: number, bits: number): boolean {
  return Object.hasOwn(READERS, `${format}:${bits}`) || isPacked(format, bits);
}

/** Whether such samples lie in rows without gaps. */
export function isPacked(format: number, bits: number): boolean {
  return format === 1 && bits >= 1 && bits !== 8 && bits <= MOST_PACKED_BITS;
}

/** Reads all samples of a picture, in double precision. Rejects with ImageProblem. @param format of its samples */
export async function readNumbers(
  read: ReadBytes,
  directory: Directory,
  layout: Layout,
  format: number,
  signal: AbortSignal,
): Promise<Float64Array> {
  const { width, height, bands, bits, across, down, isPlanar } = layout;
  if (blockBytes(layout) > MOST_BLOCK_BYTES)
    throw unsupported(`one of its ${nameOf(layout)}s has ${blockBytes(layout)} bytes`, 'write it in smaller ones');
  const { offsets, sizes } = await readBlocks(directory, layout);
  const [unpack, undo] = [unpackerOf(layout), undoer(layout, directory.file.isLittle)];
  const output = new Float64Array(width * height * bands);
  for (let index = 0; index < (isPlanar ? bands : 1) * down * across; index += 1) {
    // A hole: its samples are 0.
    if (sizes[index] === 0) continue;
    const row = Math.floor(index / across) % down;
    const bytes = await unpack(await read(offsets[index]!, sizes[index]!), signal);
    const stored = storedRows(layout, row) * blockRowBytes(layout);
    if (bytes.length < stored)
      throw damaged(`its ${nameOf(layout)} ${index + 1} has ${bytes.length} of ${stored} bytes`);
    // A copy, which begins where numbers may begin.
    const own = new Uint8Array(stored);
    own.set(bytes.subarray(0, stored));
    undo(own);
    const numbers = isPacked(format, bits)
      ? unpackSamples(own, layout.blockWidth * layout.blockBands, bits)
      : READERS[`${format}:${bits}`]!(own.buffer);
    place(numbers, layout, index, output);
  }
  return output;
}

/** What undoes byte order and predictor. */
function undoer(layout: Layout, isLittle: boolean): (rows: Uint8Array) => void {
  const { bits, predictor, blockBands } = layout;
  if (bits < WIDEST) return undoOf(layout, isLittle);
  const rowBytes = blockRowBytes(layout);
  if (predictor > FLOATS)
    throw unsupported(`its predictor ${predictor} does not go with its samples`, 'write it without a predictor');
  if (predictor === FLOATS) return (rows) => joinFloats(rows, rowBytes, WIDEST / 8, blockBands);
  return (rows) => {
    if (!isLittle) Buffer.from(rows.buffer, rows.byteOffset, rows.length).swap64();
    if (predictor === HORIZONTAL) addRows(new BigUint64Array(rows.buffer), rowBytes / (WIDEST / 8), blockBands);
  };
}

/** Adds to each sample the one of the pixel on its left. */
function addRows(samples: BigUint64Array, rowLength: number, bands: number): void {
  for (let row = 0; row < samples.length; row += rowLength)
    for (let at = row + bands; at < row + rowLength; at += 1) samples[at] = samples[at]! + samples[at - bands]!;
}

/** Copies a strip or tile into the picture. */
function place(numbers: Numbers, layout: Layout, index: number, output: Float64Array): void {
  const { width, height, bands, across, down, blockWidth, blockHeight, blockBands } = layout;
  const [left, blockRow] = [(index % across) * blockWidth, Math.floor(index / across) % down];
  const band = Math.floor(index / (across * down));
  const columns = Math.min(blockWidth, width - left);
  const rows = Math.min(storedRows(layout, blockRow), height - blockRow * blockHeight);
  for (let row = 0; row < rows; row += 1) {
    const to = ((blockRow * blockHeight + row) * width + left) * bands + band;
    for (let sample = 0; sample < columns * blockBands; sample += 1) {
      const at = to + Math.floor(sample / blockBands) * bands + (sample % blockBands);
      output[at] = numbers[row * blockWidth * blockBands + sample]!;
    }
  }
}
