import { StateError } from '../../runtime/errors.js';
import { Pauses } from '../../runtime/pauses.js';
import { requireInteger } from '../../runtime/validate.js';
import type { AnyFrame, AnyFrameSize } from '../frame.js';
import { MemorySpool } from '../write-sink.js';
import type { ByteSink } from '../write-sink.js';
import { addWords, fillChecksums, hasChecksums } from './checksum.js';
import { BLOCK_BYTES, CARD_BYTES, toBlocks } from './header.js';
import { toInteger } from '../integers.js';
import type { IntegerRule } from '../integers.js';
import { encodeHeader, storageOf } from './make-header.js';
import type { FitsStorage } from './types.js';

/** Samples that are turned at a time; a row where it has more. */
const CHUNK_SAMPLES = 2 ** 18;
/** Chunks that are written may wait for the collector. */
const CHUNKS_HELD = 4;

/** A picture that is written as FITS. */
export interface FitsDescription {
  readonly size: AnyFrameSize;
  /** Of the header that it had. */
  readonly cards: readonly Buffer[];
  /** The sample that stands for a missing one, which integers say as BLANK; null: none. */
  readonly nodata: number | null;
  /** How samples become integers of another type; null: they do not. */
  readonly rule: IntegerRule | null;
}

/** What a writer has written, for another that goes on: plain numbers, to be kept as JSON. */
export interface FitsWriterState {
  readonly nextRow: number;
  /** Bytes of the file that hold what was written. */
  readonly position: number;
  /** Of all words of the data so far, in ones' complement. */
  readonly sum: number;
}

/** Bytes that a writer holds at most beside what it is given. */
export function fitsWriterBytes({ size: { width, depth }, cards }: Pick<FitsDescription, 'size' | 'cards'>): number {
  const chunkBytes = Math.max(width, CHUNK_SAMPLES) * (depth / 8);
  return CHUNKS_HELD * chunkBytes + 4 * (cards.length * CARD_BYTES + BLOCK_BYTES);
}

/**
 * Writes a FITS file with one image from top to bottom: rows of a band go to their place in its plane. Cards are kept
 * as {@link encodeHeader} says, and checksums made anew where there were any.
 */
export class FitsWriter {
  readonly #sink: ByteSink;
  readonly #picture: FitsDescription;
  readonly #size: AnyFrameSize;
  readonly #header: Buffer;
  readonly #pauses: Pauses;
  #nextRow: number;
  #sum: number;

  /** @param from what an earlier writer of the same picture has written; nothing by default */
  constructor(sink: ByteSink, picture: FitsDescription, signal?: AbortSignal, from?: FitsWriterState) {
    const { size } = picture;
    this.#sink = sink;
    this.#picture = picture;
    this.#size = size;
    this.#header = encodeHeader(picture);
    this.#pauses = new Pauses(signal);
    this.#nextRow = requireInteger('nextRow of the state', from?.nextRow ?? 0, 0, size.height);
    this.#sum = from?.sum ?? 0;
  }

  /** Takes rows of interleaved samples, from top to bottom. Rejects with the sink's error, or the signal's reason. */
  async writeRows(samples: AnyFrame['data'], count: number): Promise<void> {
    const { width, height, channels } = this.#size;
    requireInteger('count', count, 1, height - this.#nextRow);
    const rowsAtOnce = Math.max(1, Math.floor(CHUNK_SAMPLES / width));
    for (let band = 0; band < channels; band += 1) {
      for (let row = 0; row < count; row += rowsAtOnce) {
        if (this.#pauses.isDue) await this.#pauses.take();
        const rows = Math.min(rowsAtOnce, count - row);
        const part = samples.subarray(row * width * channels, (row + rows) * width * channels);
        const bytes = encodeBand(part, band, this.#picture);
        const position = this.#positionOf(band, this.#nextRow + row);
        this.#sum = addWords(bytes, this.#sum, position % 4);
        await this.#sink.write(bytes, position);
      }
    }
    this.#nextRow += count;
  }

  /** Where a row of a band begins. */
  #positionOf(band: number, row: number): number {
    const { width, height } = this.#size;
    const bytes = Math.abs(storageOf(this.#picture).bitpix) / 8;
    return this.#header.length + (band * height + row) * width * bytes;
  }

  get state(): FitsWriterState {
    const lastBand = this.#size.channels - 1;
    return { nextRow: this.#nextRow, position: this.#positionOf(lastBand, this.#nextRow), sum: this.#sum };
  }

  /** Writes the header, and what fills the last block. Rejects with StateError where rows are missing, or as above. */
  async finish(): Promise<void> {
    const { height } = this.#size;
    if (this.#nextRow < height)
      throw new StateError(`Rows ${this.#nextRow + 1} to ${height} are missing: write them first`);
    const end = this.state.position;
    if (toBlocks(end) > end) await this.#sink.write(Buffer.alloc(toBlocks(end) - end), end);
    if (hasChecksums(this.#header)) fillChecksums(this.#header, this.#sum);
    await this.#sink.write(this.#header, 0);
  }
}

/** Samples of one band of some rows as big-endian numbers. */
function encodeBand(samples: AnyFrame['data'], band: number, picture: FitsDescription): Buffer {
  const { size, rule } = picture;
  const { channels } = size;
  const { bitpix, zero } = storageOf(picture);
  const count = samples.length / channels;
  const bytes = Buffer.alloc(count * (Math.abs(bitpix) / 8));
  const target = arrayOver(bytes, bitpix, count);
  for (let pixel = 0, at = band; pixel < count; pixel += 1, at += channels)
    target[pixel] = (rule ? toInteger(samples[at]!, rule) : samples[at]!) - zero;
  if (bitpix === 16) bytes.swap16();
  else if (bitpix !== 8) bytes.swap32();
  return bytes;
}

function arrayOver(
  bytes: Buffer,
  bitpix: FitsStorage['bitpix'],
  length: number,
): Uint8Array | Int16Array | Int32Array | Float32Array {
  const buffer = bytes.buffer as ArrayBuffer;
  switch (bitpix) {
    case 8:
      return new Uint8Array(buffer, bytes.byteOffset, length);
    case 16:
      return new Int16Array(buffer, bytes.byteOffset, length);
    case 32:
      return new Int32Array(buffer, bytes.byteOffset, length);
    case -32:
      return new Float32Array(buffer, bytes.byteOffset, length);
  }
}

/** A whole FITS file in memory. Rejects as {@link FitsWriter.writeRows}. */
export async function encodeFits(frame: AnyFrame, cards: readonly Buffer[], nodata: number | null): Promise<Buffer> {
  const spool = new MemorySpool();
  const writer = new FitsWriter(spool, { size: frame, cards, nodata, rule: null });
  await writer.writeRows(frame.data, frame.height);
  await writer.finish();
  return spool.toBuffer();
}
