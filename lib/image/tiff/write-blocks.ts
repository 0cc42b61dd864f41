import { deflate } from 'node:zlib';
import type { Samples } from '../../runtime/native/binding.js';
import { toInteger } from '../integers.js';
import type { IntegerRule } from '../integers.js';
import { deflateBound } from './write-description.js';
import type { TiffGrid } from './write-description.js';

/** Samples of any type that is written. */
export type TiffSamples = Samples | Float32Array;

/** One strip or tile of some rows. */
export interface Block {
  readonly grid: TiffGrid;
  /** Interleaved rows, all that the block has of the picture. */
  readonly rows: TiffSamples;
  readonly rowCount: number;
  /** Of the picture. */
  readonly imageWidth: number;
  readonly channels: number;
  /** First column of the block. */
  readonly left: number;
  /** First channel of the block. */
  readonly channel: number;
  /** How floats become signed integers; null: samples stay as they are. */
  readonly signed: IntegerRule | null;
}

/**
 * Bytes of a block before they are deflated, as predictor 2 (integers, TIFF 6.0 section 14) or 3 (floats, Adobe's
 * technical note 3) has them. Pixels beyond the picture are like the last of their row, or 0.
 * @param room of `grid.bytes` or more, in which they are made
 */
export function predictBlock(block: Block, room: Uint8Array): Uint8Array {
  const { grid, rowCount } = block;
  // The last strip ends with the picture; tiles are all alike.
  const length = grid.isTiled ? grid.bytes : (grid.bytes / grid.height) * rowCount;
  const packed = room.subarray(0, length);
  if (grid.isTiled) packed.fill(0);
  if (block.signed) {
    const { buffer, byteOffset } = packed;
    const target = grid.sampleType === 'int8' ? new Int8Array(buffer, byteOffset, length) : null;
    predictSigned(block, block.signed, target ?? new Int16Array(buffer, byteOffset, length / 2));
  } else if (block.rows instanceof Float32Array) {
    predictFloats(block, block.rows, packed);
  } else if (block.rows instanceof Uint16Array) {
    predictIntegers(block, new Uint16Array(packed.buffer, packed.byteOffset, length / 2));
  } else predictIntegers(block, packed);
  return packed;
}

function predictIntegers({ grid, rows, rowCount, ...block }: Block, target: Samples): void {
  const { imageWidth, channels, left, channel } = block;
  const pixels = Math.min(grid.width, imageWidth - left);
  // Interleaved bands are read one after the other, one band alone with steps over the others.
  const step = grid.samples === channels ? 1 : channels;
  const count = pixels * grid.samples;
  for (let row = 0; row < rowCount; row += 1) {
    const to = row * grid.width * grid.samples;
    let from = (row * imageWidth + left) * channels + channel;
    for (let index = 0; index < grid.samples; index += 1, from += step) target[to + index] = rows[from]!;
    for (let index = grid.samples; index < count; index += 1, from += step)
      target[to + index] = rows[from]! - rows[from - channels]!;
  }
}

function predictSigned(
  { grid, rows, rowCount, ...block }: Block,
  rule: IntegerRule,
  target: Int8Array | Int16Array,
): void {
  const { imageWidth, channels, left, channel } = block;
  const pixels = Math.min(grid.width, imageWidth - left);
  for (let row = 0; row < rowCount; row += 1) {
    const first = (row * imageWidth + left) * channels + channel;
    for (let band = 0; band < grid.samples; band += 1) {
      let [before, to] = [0, row * grid.width * grid.samples + band];
      for (let pixel = 0; pixel < pixels; pixel += 1, to += grid.samples) {
        const value = toInteger(rows[first + pixel * channels + band]!, rule);
        target[to] = value - before;
        before = value;
      }
    }
  }
}

function predictFloats({ grid, rowCount, ...block }: Block, rows: Float32Array, target: Uint8Array): void {
  const { imageWidth, channels, left, channel } = block;
  const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
  const step = 4 * (grid.samples === channels ? 1 : channels);
  const count = Math.min(grid.width, imageWidth - left) * grid.samples;
  const perRow = grid.width * grid.samples;
  for (let row = 0; row < rowCount; row += 1) {
    const to = 4 * row * perRow;
    const from = 4 * ((row * imageWidth + left) * channels + channel);
    // The most significant bytes of the row come first, then the next ones.
    for (let plane = 0; plane < 4; plane += 1)
      for (let index = 0, at = from + 3 - plane; index < count; index += 1, at += step)
        target[to + plane * perRow + index] = bytes[at]!;
    for (let at = to + 4 * perRow - 1; at >= to + grid.samples; at -= 1) target[at]! -= target[at - grid.samples]!;
  }
}

/** The bytes deflated, on a thread of Node's pool. */
export function compress(bytes: Uint8Array, level: number): Promise<Buffer> {
  // In one piece: pieces would be copied together in the end.
  const options = { level, chunkSize: Math.max(64, deflateBound(bytes.length)) };
  return new Promise((resolve, reject) => {
    deflate(bytes, options, (error, result) => (error ? reject(error) : resolve(result)));
  });
}
