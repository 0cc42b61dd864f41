import { StateError } from '../../runtime/errors.js';
import { UNCOLLECTED_BYTES, garbage } from '../../runtime/garbage.js';
import { Pauses } from '../../runtime/pauses.js';
import { expected, requireInteger } from '../../runtime/validate.js';
import { SAMPLE_ARRAYS } from '../frame.js';
import { metadataBytes } from '../metadata/image-metadata.js';
import { compress, predictBlock } from './write-blocks.js';
import type { TiffSamples } from './write-blocks.js';
import { deflateBound, gridOf, mayExceedClassic } from './write-description.js';
import type { TiffDescription, TiffGrid } from './write-description.js';
import { fileHeader, placeDirectory, storageFields } from './write-directory.js';
import type { TiffSink } from './write-sink.js';

/** How a TIFF is written. */
export interface TiffWriterOptions {
  /** Strips or tiles that are compressed at a time; 1 by default. */
  readonly threads?: number | undefined;
  /** Effort of zlib, 1 to 9; 4 by default: 6 takes twice the time for 3 % less. */
  readonly level?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a writer has written, for another that goes on: plain numbers, to be kept as JSON. */
export interface TiffWriterState {
  /** The row to go on with: the first that is in no finished strip or row of tiles. */
  readonly nextRow: number;
  /** Where the next strip or tile goes, in bytes. */
  readonly position: number;
  /** Of each strip or tile that is written, one list a plane. */
  readonly offsets: readonly (readonly number[])[];
  readonly byteCounts: readonly (readonly number[])[];
}

const DEFAULT_LEVEL = 4;
/** Compressed blocks that are written may wait for the collector: it takes little time beside compressing as much. */
const WRITTEN_BYTES = 4e6;
/** Whatever the size: states of zlib, and what the C library keeps of blocks that are freed, as measured. */
const FIXED_BYTES = 8e6;

/** Bytes that a writer holds at most beside what it is given: independent of the height of the picture. */
export function tiffWriterBytes(description: TiffDescription, threads = 1): number {
  const grid = gridOf(description);
  const { width, height, channels, depth, metadata = {} } = description;
  const rowsBytes = Math.min(grid.height, height) * width * channels * (depth / 8);
  const blocks = grid.across * grid.down * grid.planes;
  // One block is prepared while others are compressed; blocks are listed, and their lists written with the metadata.
  const listBytes = 3 * 24 * blocks + 3 * metadataBytes(metadata);
  const blockBytes = (threads + 1) * (grid.bytes + deflateBound(grid.bytes));
  return Math.ceil(FIXED_BYTES + WRITTEN_BYTES + rowsBytes + blockBytes + listBytes);
}

/** A block on its way to the file. */
interface Pending {
  readonly plane: number;
  /** Where its samples are; free again once it is compressed. */
  readonly room: Uint8Array;
  readonly bytes: Promise<Buffer>;
}

/** Writes a TIFF from top to bottom, in little memory: one row of strips or tiles, and what is being compressed. */
export class TiffWriter {
  readonly description: TiffDescription;
  readonly grid: TiffGrid;
  readonly isBig: boolean;
  readonly #sink: TiffSink;
  readonly #options: TiffWriterOptions;
  readonly #pauses: Pauses;
  readonly #offsets: number[][];
  readonly #byteCounts: number[][];
  /** Compressed, or about to be, in the order of the file. */
  readonly #pending: Pending[] = [];
  /** Rooms of blocks that are compressed. */
  readonly #rooms: Uint8Array[] = [];
  /** Rows that do not fill a row of blocks yet; made when it is needed. */
  #rows: TiffSamples | null = null;
  #filled = 0;
  #nextRow: number;
  #position: number;

  private constructor(
    sink: TiffSink,
    description: TiffDescription,
    options: TiffWriterOptions,
    from?: TiffWriterState,
  ) {
    this.description = description;
    this.grid = gridOf(description);
    this.isBig = description.isBig ?? mayExceedClassic(this.grid, 2 * metadataBytes(description.metadata ?? {}));
    this.#sink = sink;
    this.#options = options;
    this.#pauses = new Pauses(options.signal);
    const { planes } = this.grid;
    const copy = (lists: TiffWriterState['offsets'] | undefined): number[][] =>
      lists ? lists.map((list) => [...list]) : Array.from({ length: planes }, () => []);
    this.#offsets = copy(from?.offsets);
    this.#byteCounts = copy(from?.byteCounts);
    this.#nextRow = from?.nextRow ?? 0;
    this.#position = from?.position ?? fileHeader(0, this.isBig).length;
  }

  /** A writer of a new file; nothing is written yet. Throws ArgumentError for a description that makes no sense. */
  static create(sink: TiffSink, description: TiffDescription, options: TiffWriterOptions = {}): TiffWriter {
    checkDescription(description);
    return new TiffWriter(sink, description, options);
  }

  /**
   * A writer that goes on where another has been, with the row `state.nextRow`. The description must be the same, and
   * the sink must hold what was written up to `state.position`. Throws ArgumentError where the state does not fit.
   */
  static resume(
    sink: TiffSink,
    description: TiffDescription,
    state: TiffWriterState,
    options: TiffWriterOptions = {},
  ): TiffWriter {
    checkDescription(description);
    checkState(gridOf(description), description, state);
    return new TiffWriter(sink, description, options, state);
  }

  /** The row that is expected next, from 0. */
  get nextRow(): number {
    return this.#nextRow + this.#filled;
  }

  /**
   * Takes rows of interleaved samples, from top to bottom, any number at a time. They may be changed when it has
   * settled. Rejects with ArgumentError for samples of another type or number, the sink's error, or the signal's
   * reason; the writer cannot be used any more then.
   */
  async writeRows(samples: TiffSamples, count: number): Promise<void> {
    const { width, height, channels, depth } = this.description;
    const rowSamples = width * channels;
    requireInteger('count', count, 1, height - this.nextRow);
    if (!(samples instanceof SAMPLE_ARRAYS[depth]) || samples.length !== count * rowSamples)
      throw expected(`${count * rowSamples} samples of ${depth} bits`, 'samples', samples.length);
    for (let done = 0; done < count; ) {
      const wanted = Math.min(this.grid.height, height - this.#nextRow);
      const taken = Math.min(wanted - this.#filled, count - done);
      const rows = samples.subarray(done * rowSamples, (done + taken) * rowSamples);
      if (taken === wanted) await this.#writeBlocks(rows, wanted);
      else await this.#keepRows(rows, wanted);
      done += taken;
    }
  }

  async #keepRows(rows: TiffSamples, wanted: number): Promise<void> {
    const { width, channels, depth } = this.description;
    this.#rows ??= new SAMPLE_ARRAYS[depth](this.grid.height * width * channels);
    this.#rows.set(rows, this.#filled * width * channels);
    this.#filled += rows.length / (width * channels);
    if (this.#filled < wanted) return;
    this.#filled = 0;
    await this.#writeBlocks(this.#rows, wanted);
  }

  /** Compresses all blocks of some rows. */
  async #writeBlocks(rows: TiffSamples, rowCount: number): Promise<void> {
    const { grid } = this;
    const { width: imageWidth, channels } = this.description;
    const { threads = 1, level = DEFAULT_LEVEL, signal } = this.#options;
    for (let plane = 0; plane < grid.planes; plane += 1) {
      for (let column = 0; column < grid.across; column += 1) {
        signal?.throwIfAborted();
        if (this.#pauses.isDue) await this.#pauses.take();
        const left = column * grid.width;
        const room = this.#rooms.pop() ?? new Uint8Array(grid.bytes);
        const bytes = predictBlock({ grid, rows, rowCount, imageWidth, channels, left, channel: plane }, room);
        while (this.#pending.length >= threads) await this.#writeOldest();
        const compressed = compress(bytes, level);
        // An error is told where the block is awaited; until then it is nobody's fault.
        compressed.catch(() => {});
        this.#pending.push({ plane, room, bytes: compressed });
      }
    }
    this.#nextRow += rowCount;
  }

  async #writeOldest(): Promise<void> {
    const { plane, room, bytes } = this.#pending.shift()!;
    const block = await bytes;
    this.#rooms.push(room);
    await this.#sink.write(block, this.#position);
    this.#offsets[plane]!.push(this.#position);
    this.#byteCounts[plane]!.push(block.length);
    this.#position += block.length;
    garbage.add(block.buffer.byteLength);
    garbage.settle(() => {}, WRITTEN_BYTES - UNCOLLECTED_BYTES);
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0) await this.#writeOldest();
  }

  /** What is written so far, once all of it is in the sink. Rejects as `writeRows`. */
  async state(): Promise<TiffWriterState> {
    await this.#drain();
    return {
      nextRow: this.#nextRow,
      position: this.#position,
      offsets: this.#offsets.map((list) => [...list]),
      byteCounts: this.#byteCounts.map((list) => [...list]),
    };
  }

  /**
   * Writes what describes the picture, and the header last of all. Resolves to the bytes of the file. Rejects with
   * StateError where rows are missing, the sink's error, or the signal's reason.
   */
  async finish(): Promise<number> {
    const { description, grid, isBig } = this;
    if (this.nextRow < description.height)
      throw new StateError(`Rows ${this.nextRow + 1} to ${description.height} are missing: write them first`);
    await this.#drain();
    const start = this.#position + (this.#position % 2);
    const blocks = { offsets: this.#offsets.flat(), byteCounts: this.#byteCounts.flat() };
    const fields = storageFields(description, grid, blocks, isBig);
    const directory = placeDirectory(fields, description.metadata, start, isBig);
    this.#options.signal?.throwIfAborted();
    await this.#sink.write(directory.bytes, start);
    await this.#sink.write(fileHeader(directory.start, isBig), 0);
    return start + directory.bytes.length;
  }
}

function checkDescription({ width, height, channels, tileSize }: TiffDescription): void {
  requireInteger('width', width, 1, 2 ** 31 - 1);
  requireInteger('height', height, 1, 2 ** 31 - 1);
  requireInteger('channels', channels, 1, 16);
  if (tileSize === undefined) return;
  requireInteger('tileSize', tileSize, 16, 4096);
  if (tileSize % 16 !== 0) throw expected('multiple of 16', 'tileSize', tileSize);
}

/** Throws ArgumentError unless the state lists all blocks up to its row. */
function checkState(grid: TiffGrid, { height }: TiffDescription, state: TiffWriterState): void {
  const { nextRow, position, offsets, byteCounts } = state;
  requireInteger('nextRow of the state', nextRow, 0, height);
  requireInteger('position of the state', position, 8, Number.MAX_SAFE_INTEGER);
  const isBetween = nextRow % grid.height !== 0 && nextRow !== height;
  const count = Math.ceil(nextRow / grid.height) * grid.across;
  const isWhole = (lists: TiffWriterState['offsets']): boolean =>
    lists.length === grid.planes && lists.every((list) => list.length === count);
  if (isBetween || !isWhole(offsets) || !isWhole(byteCounts))
    throw expected(`${count} blocks in each of ${grid.planes} planes`, 'the state of a TIFF writer', nextRow);
}
