import { StateError } from '../../runtime/errors.js';
import { Pauses } from '../../runtime/pauses.js';
import { expected, requireInteger } from '../../runtime/validate.js';
import { SAMPLE_ARRAYS } from '../frame.js';
import { metadataBytes } from '../metadata/image-metadata.js';
import { moveFromLast } from './alpha-place.js';
import { predictBlock } from './write-blocks.js';
import type { Block, TiffSamples } from './write-blocks.js';
import { alphaBandOf, deflateBound, gridOf, mayExceedClassic } from './write-description.js';
import type { TiffDescription, TiffGrid } from './write-description.js';
import { fileHeader, placeDirectories, storageFields } from './write-directory.js';
import type { BlockList } from './write-directory.js';
import { integerRuleOf } from '../integers.js';
import type { IntegerRule } from '../integers.js';
import { maskGridOf, maskOf } from './write-mask.js';
import { BlockQueue, WRITTEN_BYTES } from './write-queue.js';
import { checkDescription, checkState, listCount } from './write-state.js';
import type { TiffWriterState } from './write-state.js';
import type { ByteSink } from '../write-sink.js';

/** How a TIFF is written. */
export interface TiffWriterOptions {
  /** Strips or tiles that are compressed at a time; 1 by default. */
  readonly threads?: number | undefined;
  /** Effort of zlib, 1 to 9; 4 by default: 6 takes twice the time for 3 % less. */
  readonly level?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_LEVEL = 4;
/** Whatever the size: states of zlib, and what the C library keeps of blocks that are freed, as measured. */
const FIXED_BYTES = 8e6;

/** Bytes that a writer holds at most beside what it is given: independent of the height of the picture. */
export function tiffWriterBytes(description: TiffDescription, threads = 1): number {
  const grid = gridOf(description);
  const { width, height, channels, depth, metadata = {}, hasMask = false } = description;
  const pixelBytes = channels * (depth / 8) + (hasMask ? 1 : 0);
  const rowsBytes = Math.min(grid.height, height) * width * pixelBytes;
  const blocks = grid.across * grid.down * listCount(description, grid);
  // One block is prepared while others are compressed; blocks are listed, and their lists written with the metadata.
  const listBytes = 3 * 24 * blocks + 3 * metadataBytes(metadata);
  const blockBytes = (threads + 1) * (grid.bytes + deflateBound(grid.bytes));
  return Math.ceil(FIXED_BYTES + WRITTEN_BYTES + rowsBytes + blockBytes + listBytes);
}

/** Rows of a picture with those of its mask. */
export interface MaskedRows {
  readonly samples: TiffSamples;
  /** One byte per pixel, 0 where it is missing; null: it has none. */
  readonly mask: Uint8Array | null;
}

/** Writes a TIFF from top to bottom, in little memory: one row of strips or tiles, and what is being compressed. */
export class TiffWriter {
  readonly description: TiffDescription;
  readonly grid: TiffGrid;
  readonly isBig: boolean;
  readonly #sink: ByteSink;
  readonly #signal: AbortSignal | undefined;
  readonly #pauses: Pauses;
  readonly #queue: BlockQueue;
  readonly #signed: IntegerRule | null;
  /** Rows that do not fill a row of blocks yet; made when it is needed. */
  #rows: MaskedRows | null = null;
  #filled = 0;
  #nextRow: number;

  private constructor(
    sink: ByteSink,
    description: TiffDescription,
    { threads = 1, level = DEFAULT_LEVEL, signal }: TiffWriterOptions,
    from?: TiffWriterState,
  ) {
    this.description = description;
    this.grid = gridOf(description);
    this.#signed = integerRuleOf('tiff', description, description.metadata ?? {});
    this.isBig = description.isBig ?? mayExceedClassic(description, 2 * metadataBytes(description.metadata ?? {}));
    this.#sink = sink;
    this.#signal = signal;
    this.#pauses = new Pauses(signal);
    this.#nextRow = from?.nextRow ?? 0;
    const lists = Array.from({ length: listCount(description, this.grid) }, () => []);
    const nothing = { position: fileHeader(0, this.isBig).length, offsets: lists, byteCounts: lists };
    this.#queue = new BlockQueue(sink, from ?? nothing, { blockBytes: this.grid.bytes, threads, level });
  }

  /** A writer of a new file; nothing is written yet. Throws ArgumentError for a description that makes no sense. */
  static create(sink: ByteSink, description: TiffDescription, options: TiffWriterOptions = {}): TiffWriter {
    checkDescription(description);
    return new TiffWriter(sink, description, options);
  }

  /**
   * A writer that goes on where another has been, with the row `state.nextRow`. The description must be the same, and
   * the sink must hold what was written up to `state.position`. Throws ArgumentError where the state does not fit.
   */
  static resume(
    sink: ByteSink,
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
   * @param mask one byte per pixel, 0 where it is missing, for a picture that has one
   */
  async writeRows(samples: TiffSamples, count: number, mask: Uint8Array | null = null): Promise<void> {
    const { width, height, channels } = this.description;
    requireInteger('count', count, 1, height - this.nextRow);
    this.#requireRows({ samples, mask }, count);
    for (let done = 0; done < count; ) {
      const wanted = Math.min(this.grid.height, height - this.#nextRow);
      const taken = Math.min(wanted - this.#filled, count - done);
      const rows = {
        samples: samples.subarray(done * width * channels, (done + taken) * width * channels),
        mask: mask?.subarray(done * width, (done + taken) * width) ?? null,
      };
      if (taken === wanted && !this.#isMoved) await this.#writeBlocks(rows, wanted);
      else await this.#keepRows(rows, taken, wanted);
      done += taken;
    }
  }

  #requireRows({ samples, mask }: MaskedRows, count: number): void {
    const { width, channels, depth, hasMask = false } = this.description;
    const needed = count * width * channels;
    if (!(samples instanceof SAMPLE_ARRAYS[depth]) || samples.length !== needed)
      throw expected(`${needed} samples of ${depth} bits`, 'samples', samples.length);
    const maskBytes = hasMask ? count * width : 0;
    if ((mask?.length ?? 0) !== maskBytes) throw expected(`${maskBytes} bytes`, 'mask', mask?.length ?? null);
  }

  async #keepRows({ samples, mask }: MaskedRows, count: number, wanted: number): Promise<void> {
    const { width, channels, depth } = this.description;
    this.#rows ??= {
      samples: new SAMPLE_ARRAYS[depth](this.grid.height * width * channels),
      mask: mask && new Uint8Array(this.grid.height * width),
    };
    this.#rows.samples.set(samples, this.#filled * width * channels);
    if (mask) this.#rows.mask!.set(mask, this.#filled * width);
    this.#filled += count;
    if (this.#filled < wanted) return;
    this.#filled = 0;
    const whole = this.#rows.samples.subarray(0, wanted * width * channels);
    if (this.#isMoved) await moveFromLast({ samples: whole, channels }, alphaBandOf(this.description), this.#pauses);
    await this.#writeBlocks(this.#rows, wanted);
  }

  /** Whether alpha has another place in the file than in memory. */
  get #isMoved(): boolean {
    return alphaBandOf(this.description) < this.description.channels - 1;
  }

  /** Compresses all blocks of some rows. */
  async #writeBlocks({ samples, mask }: MaskedRows, rowCount: number): Promise<void> {
    const { grid } = this;
    const { width: imageWidth, channels } = this.description;
    const part = { rows: samples, rowCount, imageWidth };
    for (let plane = 0; plane < grid.planes; plane += 1)
      await this.#addBlocks(plane, { ...part, grid, channels, channel: plane, signed: this.#signed });
    if (mask)
      await this.#addBlocks(grid.planes, {
        ...part,
        rows: mask,
        grid: maskGridOf(grid),
        channels: 1,
        channel: 0,
        signed: null,
      });
    this.#nextRow += rowCount;
  }

  /** Compresses blocks side by side. @param list in which their places are noted */
  async #addBlocks(list: number, row: Omit<Block, 'left'>): Promise<void> {
    const { across, width } = row.grid;
    for (let column = 0; column < across; column += 1) {
      this.#signal?.throwIfAborted();
      if (this.#pauses.isDue) await this.#pauses.take();
      await this.#queue.add(list, (room) => predictBlock({ ...row, left: column * width }, room));
    }
  }

  /** What is written so far, once all of it is in the sink. Rejects as `writeRows`. */
  async state(): Promise<TiffWriterState> {
    return { nextRow: this.#nextRow, ...(await this.#queue.drain()) };
  }

  /**
   * Writes what describes the picture, and the header last of all. Resolves to the bytes of the file. Rejects with
   * StateError where rows are missing, the sink's error, or the signal's reason.
   */
  async finish(): Promise<number> {
    const { description, grid, isBig } = this;
    if (this.nextRow < description.height)
      throw new StateError(`Rows ${this.nextRow + 1} to ${description.height} are missing: write them first`);
    const { position, offsets, byteCounts } = await this.#queue.drain();
    const start = position + (position % 2);
    const listsOf = (from: number, to: number): BlockList => ({
      offsets: offsets.slice(from, to).flat(),
      byteCounts: byteCounts.slice(from, to).flat(),
    });
    const storages = [storageFields(description, grid, listsOf(0, grid.planes), isBig)];
    if (description.hasMask)
      storages.push(storageFields(maskOf(description), maskGridOf(grid), listsOf(grid.planes, grid.planes + 1), isBig));
    const directory = placeDirectories(storages, description.metadata, start, isBig);
    this.#signal?.throwIfAborted();
    await this.#sink.write(directory.bytes, start);
    await this.#sink.write(fileHeader(directory.start, isBig), 0);
    return start + directory.bytes.length;
  }
}
