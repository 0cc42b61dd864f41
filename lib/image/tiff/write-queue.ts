import { UNCOLLECTED_BYTES, garbage } from '../../runtime/garbage.js';
import { compress } from './write-blocks.js';
import type { ByteSink } from '../write-sink.js';

/** Compressed blocks that are written may wait for the collector: it takes little time beside compressing as much. */
export const WRITTEN_BYTES = 4e6;

/** Where blocks were written, in plain numbers. */
export interface WrittenBlocks {
  /** Where the next block goes, in bytes. */
  readonly position: number;
  /** Of each block that is written, in lists: one for each plane of samples, and one more for a mask. */
  readonly offsets: readonly (readonly number[])[];
  readonly byteCounts: readonly (readonly number[])[];
}

/** How blocks are compressed. */
export interface QueueOptions {
  /** Bytes of the largest block. */
  readonly blockBytes: number;
  /** Blocks that are compressed at a time. */
  readonly threads: number;
  /** Effort of zlib, 1 to 9. */
  readonly level: number;
}

/** A block on its way to the file. */
interface Pending {
  readonly list: number;
  /** Where its bytes are; free again once it is compressed. */
  readonly room: Uint8Array;
  readonly bytes: Promise<Buffer>;
}

/** Compresses some blocks at a time, and writes them one behind the other in the order in which they were given. */
export class BlockQueue {
  readonly #sink: ByteSink;
  readonly #options: QueueOptions;
  readonly #pending: Pending[] = [];
  /** Rooms of blocks that are compressed. */
  readonly #rooms: Uint8Array[] = [];
  readonly #offsets: number[][];
  readonly #byteCounts: number[][];
  #position: number;

  constructor(sink: ByteSink, { position, offsets, byteCounts }: WrittenBlocks, options: QueueOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#position = position;
    this.#offsets = copyLists(offsets);
    this.#byteCounts = copyLists(byteCounts);
  }

  /**
   * Takes a block. Rejects with the sink's error.
   * @param list in which its place is noted @param make fills a room with its bytes, and returns those that it has
   */
  async add(list: number, make: (room: Uint8Array) => Uint8Array): Promise<void> {
    const { blockBytes, threads, level } = this.#options;
    const room = this.#rooms.pop() ?? new Uint8Array(blockBytes);
    const bytes = make(room);
    while (this.#pending.length >= threads) await this.#writeOldest();
    const compressed = compress(bytes, level);
    // An error is told where the block is awaited; until then it is nobody's fault.
    compressed.catch(() => {});
    this.#pending.push({ list, room, bytes: compressed });
  }

  /** Where all blocks are, once they are in the sink. Rejects as `add`. */
  async drain(): Promise<WrittenBlocks> {
    while (this.#pending.length > 0) await this.#writeOldest();
    return {
      position: this.#position,
      offsets: copyLists(this.#offsets),
      byteCounts: copyLists(this.#byteCounts),
    };
  }

  async #writeOldest(): Promise<void> {
    const { list, room, bytes } = this.#pending.shift()!;
    const block = await bytes;
    this.#rooms.push(room);
    await this.#sink.write(block, this.#position);
    this.#offsets[list]!.push(this.#position);
    this.#byteCounts[list]!.push(block.length);
    this.#position += block.length;
    garbage.add(block.buffer.byteLength);
    garbage.settle(() => {}, WRITTEN_BYTES - UNCOLLECTED_BYTES);
  }
}

const copyLists = (lists: WrittenBlocks['offsets']): number[][] => lists.map((list) => [...list]);
